// Looking at a graph: names, scopes, its text, and pictures of it with the gradient beside it.
//
// Writes pictures as DOT, JSON, Mermaid and TikZ; SVG and PNG too where Graphviz is installed: save(drawing,
// "network.svg"). Before it: 02_recording.cpp, 03_higher_derivatives.cpp.
#include <cstdio>
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

void describe(const char* file, const graph::Drawing& drawing) {
  save(drawing, file);
  std::printf("%s: %zu boxes, %zu arrows, %zu frames\n", file, drawing.nodes.size(), drawing.edges.size(),
              drawing.frames.size());
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
  std::printf("%s is node %u, in scope \"%s\", with value %.6f\n\n", std::string(forward.graph.name(node)).c_str(),
              node, std::string(forward.graph.scope_record(forward.graph.scope(node)).name).c_str(),
              forward.values[node]);

  // Pictures: values, adjoints and local derivatives. With weights given, the graph of the gradient beside it, tied to
  // it. The gradient is recorded for the drawing and forgotten again.
  const auto before = r.statistics().values;
  describe("network.dot", draw(loss, {}, {.drawing = {.title = "the network"}}));
  describe("statements.dot", draw(loss, {}, {.statements = true}));
  describe("gradient.dot", draw(loss, {w[4]}, {.drawing = {.legend = true}}));
  describe("path.dot", draw(loss, {w[4]}, {.simplified = true, .paths_only = true}));
  describe("surroundings.dot", draw(loss, {w[4]}, {.around = output[0], .distance = 1}));
  std::printf("the recording has grown by %d values\n", static_cast<int>(r.statistics().values - before));
}
