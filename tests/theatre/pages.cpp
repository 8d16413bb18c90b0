/// Writes the pages that the browser tests open, and beside each the gradient that the engine gives:
///
///     theatre_pages <folder>
///
/// hostile.html   names that would act if they were taken for markup
/// thousand.html  a chain of about a thousand boxes
/// steps.html     a recurrent loop in scopes: repeats, and folds
/// many.html      more boxes than the page shows at once
/// tensors.html   tensors, small and large
/// deep.html      a million nodes: drawn folded, not walked through
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/transform/show.hpp"

namespace {

using namespace wengert;

const std::string hostile = "</script><img src=x onerror=alert(1)>";

void hostile_page(const std::string& path) {
  Recording r;
  const Scalar x = r.variable(2.0, hostile), y = r.variable(0.5, "<b>\"'&amp;\n\xF0\x9F\xA6\x8A \xE2\x80\xAE\\");
  const auto scope = r.scope("<svg onload=alert(2)>");
  const Scalar z = sin(x) * y;
  r.name(z, "<style>*{display:none}</style>");
  show(z, path, {x, y}, {.title = hostile + "{{data}}", .link = "javascript:alert(3)//{file}{line}"});
}

void chain(const std::string& path, int length) {
  Recording r;
  const Scalar x = r.variable(0.3, "x"), w = r.variable(0.9, "w");
  Scalar h = x;
  for (int k = 0; k < length; ++k) {
    Scalar next = h * w;
    h = sin(next);
    if (k % 50 == 0) r.name(h, "h" + std::to_string(k));
  }
  r.name(h, "loss");
  show(h, path, {x, w});
}

void steps_page(const std::string& path) {
  Recording r;
  const Scalar w = r.variable(0.7, "w"), u = r.variable(-0.4, "u"), b = r.variable(0.1, "b");
  Scalar h = r.variable(0.2, "h0");
  for (int t = 0; t < 12; ++t) {
    const Scalar x = r.variable(0.1 * t, "x" + std::to_string(t + 1));
    const auto scope = r.scope("step " + std::to_string(t + 1));
    Scalar z = w * h + u * x + b;
    h = tanh(z);
    r.name(h, "h" + std::to_string(t + 1));
  }
  Scalar loss = (h - 1.0) * (h - 1.0);
  r.name(loss, "loss");
  show(loss, path, {w, u, b}, {.title = "a recurrent loop", .passes = {passes::find("simplify")}});
}

void many_page(const std::string& path) {
  Recording r;
  const Scalar w = r.variable(0.5, "w");
  Scalar sum = w;
  for (int k = 0; k < 40; ++k) {
    const auto scope = r.scope("block " + std::to_string(k));
    Scalar h = w * (0.01 * k);
    for (int i = 0; i < 10 + k % 7; ++i) {
      if (k % 2 == 0)
        h = sin(h) * w;
      else
        h = exp(-h) + w;
    }
    sum = sum + h;
  }
  r.name(sum, "loss");
  show(sum, path, {w});
}

void tensors_page(const std::string& path) {
  Recording r;
  const Tensor x = r.variable(tensor({0.2, -0.4, 0.9, 0.1, 0.5, -0.7}, Shape{2, 3}), "x");
  const Tensor w = r.variable(tensor({0.1, 0.6, -0.3, 0.8, 0.4, -0.2}, Shape{3, 2}), "w");
  const Tensor b = r.variable(tensor({0.05, -0.1}, Shape{2}), "b");
  const Tensor big = r.variable(full(Shape{60, 50}, 0.25), "big");
  const auto scope = r.scope("layer");
  const Tensor h = tanh(matmul(x, w) + b);
  const Tensor p = softmax(h);
  r.name(p, "p");
  const Tensor loss = sum(p * p) + sum(big * big) * 1e-3;
  r.name(loss, "loss");
  show(loss, path, {w, b, big}, {.title = "a small layer"});
}

void deep_page(const std::string& path) {
  Recording r;
  const Scalar x = r.variable(0.3, "x");
  Scalar h = x;
  for (int k = 0; k < 300000; ++k) {
    Scalar next = h * 0.999;
    h = sin(next);
  }
  show(h, path, {x});
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) return 2;
  const std::string folder = std::string(arguments[1]) + "/";
  hostile_page(folder + "hostile.html");
  chain(folder + "thousand.html", 480);
  steps_page(folder + "steps.html");
  many_page(folder + "many.html");
  tensors_page(folder + "tensors.html");
  deep_page(folder + "deep.html");
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
