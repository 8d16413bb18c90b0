// Looking at a graph: names, scopes, its text, and its drawing with the gradient beside it.
//
// Writes two files that Graphviz draws:  dot -Tsvg network.dot -o network.svg
// Before it: 02_recording.cpp, 03_higher_derivatives.cpp.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/text.hpp"

using namespace wengert;

namespace {

/// A layer of two neurons without biases. What is recorded while `scope` lives is framed in the drawing.
std::vector<Scalar> layer(Recording& r, const char* name, const std::vector<Scalar>& w, const std::vector<Scalar>& x) {
  const auto scope = r.scope(name);
  std::vector<Scalar> out;
  for (std::size_t k = 0; k < 2; ++k) {
    const Scalar net = w[2 * k] * x[0] + w[2 * k + 1] * x[1];
    out.push_back(sigmoid(net));
    r.name(out.back(), std::string(name) + "." + std::to_string(k));
  }
  return out;
}

}  // namespace

int main() {
  Recording r({.locations = false});  // the text below would hold the lines of this file
  const std::vector<Scalar> x = r.variables(std::vector{0.05, 0.10}, "x");
  const std::vector<Scalar> w = r.variables(std::vector{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55}, "w");
  const std::vector<Scalar> hidden = layer(r, "hidden", {w[0], w[1], w[2], w[3]}, x);
  const std::vector<Scalar> output = layer(r, "output", {w[4], w[5], w[6], w[7]}, hidden);
  Scalar loss;
  {
    const auto scope = r.scope("loss");
    loss = 0.5 * (pow(output[0] - 0.01, 2) + pow(output[1] - 0.99, 2));
  }
  r.name(loss, "loss");

  // The graph: primitives instead of statements. Its text form can be read back, and says what is in it.
  const Expansion forward = expand(r, {loss});
  std::printf("%s", graph::to_text(forward.graph).c_str());
  const graph::Graph again = graph::from_text(graph::to_text(forward.graph));
  std::printf("\nread back: %s\n", identical(again, forward.graph) ? "identical" : "different");

  // A node of the graph, by the handle it was recorded with.
  const graph::NodeId node = forward.node(output[1]);
  std::printf("%s is node %u, in scope \"%s\", with value %.6f\n", std::string(forward.graph.name(node)).c_str(), node,
              std::string(forward.graph.scope_record(forward.graph.scope(node)).name).c_str(), forward.values[node]);

  // The drawing: values, adjoints and local derivatives. With x given, the graph of the gradient beside it, tied to it.
  // The gradient is recorded for the drawing and forgotten again.
  const auto before = r.statistics().values;
  const std::string network = to_dot(loss, {}, {.dot = {.title = "the network"}});
  const std::string gradient =
      to_dot(loss, {w[4]}, {.dot = {.title = "and its gradient by one weight", .legend = true}});
  std::ofstream("network.dot") << network;
  std::ofstream("gradient.dot") << gradient;
  const auto frames = [](const std::string& dot) {
    std::size_t count = 0;
    for (std::size_t at = dot.find("subgraph cluster"); at != dot.npos; at = dot.find("subgraph cluster", at + 1))
      ++count;
    return count;
  };
  std::printf("network.dot: %zu frames; gradient.dot: more, %s; the recording has grown by %d values\n",
              frames(network), frames(gradient) > frames(network) ? "yes" : "no",
              static_cast<int>(r.statistics().values - before));
}
