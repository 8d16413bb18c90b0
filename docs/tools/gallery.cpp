// The pictures of docs/gallery.md: each function is one, and the page shows its body.
#include <cmath>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/diff.hpp"
#include "wengert/autodiff/transform/draw.hpp"

using namespace wengert;
using graph::Theme;

namespace {

/// Without links: who reads the page has no program before him.
void keep(const graph::Drawing& drawing, const std::string& name, Theme theme = Theme::light) {
  save(drawing, "gallery_" + name + ".svg", {.theme = theme, .link = ""});
}

/// f(x, y) = x·y + sin(x), the first page of every lecture.
void first(const std::string& name, const DrawOptions& options, Theme theme = Theme::light) {
  Recording r;
  Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  Scalar f = x * y + sin(x);
  r.name(f, "f");
  keep(draw(f, {x, y}, options), "first_" + name, theme);
}

/// The lecture's 2-2-2 network.
struct Network {
  Recording r;
  std::vector<Scalar> i = r.variables(std::vector{0.05, 0.10}, "i");
  std::vector<Scalar> w = r.variables(std::vector{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55}, "w");
  Scalar b1 = r.variable(0.35, "b1"), b2 = r.variable(0.60, "b2"), loss;
  std::vector<Scalar> h, o;

  std::vector<Scalar> layer(const char* name, const std::vector<Scalar>& in, std::size_t first, const Scalar& bias) {
    const auto scope = r.scope(name);
    std::vector<Scalar> out;
    for (std::size_t k = 0; k < 2; ++k) {
      out.push_back(sigmoid(w[first + 2 * k] * in[0] + w[first + 2 * k + 1] * in[1] + bias));
      r.name(out.back(), std::string(1, name[0]) + std::to_string(k + 1));
    }
    return out;
  }
  Network() {
    h = layer("hidden", i, 0, b1);
    o = layer("output", h, 4, b2);
    const auto scope = r.scope("loss");
    loss = 0.5 * pow(0.01 - o[0], 2) + 0.5 * pow(0.99 - o[1], 2);
    r.name(loss, "L");
  }
};

void network() {
  Network n;
  keep(draw(n.loss, n.w, {.view = View::forward}), "network");
  keep(draw(n.loss, n.w, {.view = View::forward, .statements = true}), "statements");
  keep(draw(n.loss, {n.w[4]}, {.simplified = true, .paths_only = true}), "path");
  keep(draw(n.loss, {n.w[4]}, {.around = n.o[0], .distance = 1}), "around");
}

void simplification() {
  Recording r;
  Scalar x = r.variable(3.0, "x");
  Scalar f = pow(x, 2) - 1.0 / x;
  r.name(f, "f");
  keep(draw_simplification(f, {x}), "simplification");
}

void second() {
  Recording r;
  Scalar x = r.variable(3.0, "x");
  Scalar f = pow(x, 3);
  r.name(f, "f");
  Scalar slope = gradient(f, x);
  r.name(slope, "f'");
  keep(draw(slope, {x}, {.simplified = true}), "second");
}

void recurrence() {
  Recording r;
  Scalar w = r.variable(0.5, "w"), u = r.variable(0.8, "u"), b = r.variable(0.1, "b"), h = r.variable(0.0, "h");
  std::vector<Scalar> x = r.variables(std::vector<double>(12, 0.3), "x");
  for (std::size_t k = 0; k < x.size(); ++k) {
    const auto scope = r.scope("step " + std::to_string(k));
    h = tanh(w * x[k] + u * h + b);
    r.name(h, "h." + std::to_string(k));
  }
  Scalar loss = pow(h - 1.0, 2);
  r.name(loss, "loss");
  keep(draw(loss, {w, u, b}, {.drawing = {.repetitions = true}, .view = View::forward}), "recurrence");
}

void layers() {
  Recording r({.locations = false});
  std::vector<Scalar> v = r.variables(std::vector<double>(3, 0.3), "x");
  for (int l = 0; l < 24; ++l) {
    const auto scope = r.scope("layer " + std::to_string(l));
    std::vector<Scalar> next;
    for (int i = 0; i < 3; ++i) {
      Scalar net = 0.1 * i;
      for (int j = 0; j < 3; ++j) net = net + (0.2 * (i - j) + 0.1) * v[static_cast<std::size_t>(j)];
      next.push_back(tanh(net));
    }
    v = next;
  }
  Scalar y = v[0] * v[1] + v[2];
  r.name(y, "y");
  keep(draw(y, {}), "layers");
}

void million() {
  Recording r({.locations = false});
  Scalar c = r.variable(0.2, "c"), z = r.variable(0.0, "z");
  for (int k = 0; k < 1'000'000; ++k) z = z * z + c;
  r.name(z, "z.end");
  keep(draw(z, {c}), "million");
}

Array filled(const Shape& shape, double first, double step) {
  std::vector<double> elements;
  for (std::int64_t k = 0; k < shape.size(); ++k) elements.push_back(first + step * static_cast<double>(k));
  return Array::from(elements, shape);
}

void tensors() {
  Recording r;
  Tensor W = r.variable(filled({4, 3}, -0.5, 0.11), "W"), b = r.variable(filled({4}, 0.1, 0.05), "b");
  Tensor x = r.variable(filled({8, 3}, -0.9, 0.1), "x"), y = r.variable(filled({8, 4}, -10, 0.7), "y");
  Tensor h, loss;
  {
    const auto scope = r.scope("layer");
    h = tanh(matmul(x, transpose(W)) + b);
    r.name(h, "h");
  }
  loss = mean(square(h - y));
  r.name(loss, "loss");
  keep(draw(loss, {W, b}), "tensors");
}

void not_a_number() {
  Recording r;
  Scalar x = r.variable(2.0, "x"), y = r.variable(-1.0, "y");
  Scalar s = sqrt(x + 3.0 * y);
  Scalar f = s * x + exp(y);
  r.name(s, "s");
  r.name(f, "f");
  keep(draw(f, {x, y}, {.view = View::forward}), "nan");
}

void birth() {
  Recording r;
  Scalar x = r.variable(2.0, "x"), y = r.variable(1.0, "y");
  Scalar s = x - 3.0 * y;
  Scalar u = sqrt(s) * x;
  Scalar f = exp(u) + sin(x) * y;
  r.name(s, "s");
  r.name(u, "u");
  r.name(f, "f");
  keep(draw(*first_non_finite(f, {x, y})), "birth");
}

void difference() {
  const auto f = [](Recording& r, bool smooth) {
    Scalar x = r.variable(0.5, "x"), w = r.variable(-2.0, "w");
    Scalar u = w * x;
    Scalar h = smooth ? Scalar(softplus(u)) : Scalar(relu(u));
    Scalar loss = pow(h - 1.0, 2);
    r.name(u, "u");
    r.name(loss, "loss");
    return loss;
  };
  Recording before, after;
  keep(draw(diff(f(before, false), f(after, true))), "diff");
}

}  // namespace

int main() {
  first("forward", {.view = View::forward});
  first("gradient", {.view = View::gradient});
  first("both", {.drawing = {.legend = true}});
  first("dark", {}, Theme::dark);
  first("print", {}, Theme::print);
  network();
  simplification();
  second();
  recurrence();
  layers();
  million();
  tensors();
  not_a_number();
  birth();
  difference();
}
