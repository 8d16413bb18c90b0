/// Writes the pages that the browser tests open:
///
///     theatre_pages <folder>
///
/// hostile.html   names that would act if they were taken for markup
/// thousand.html  a chain of about a thousand boxes
/// steps.html     a recurrent loop in scopes: repeats, and folds
/// many.html      more boxes than the page shows at once
/// tensors.html   tensors, small and large
/// deep.html      a million nodes: drawn folded, not walked through
/// elementwise.html, operations.html, operations_f32.html    every primitive that the page is to compute by itself
/// stops.html     operations that it does not compute, beside others
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/ops/structural.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/autodiff/record/primitive.hpp"
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

/// A truth value that depends on a variable.
Eager truth_of(Recording& r, double value) {
  const std::array<Eager, 2> x{Eager(r.variable(value)), Eager(0.5)};
  return PrimitiveOf<ops::Greater>::record.record(x.data());
}

/// Every elementwise primitive at the points where it is checked.
void elementwise_page(const std::string& path) {
  Recording r;
  Scalar total = 0.0;
  double weight = 0.5;
  for (const Primitive* p : elementwise_primitives()) {
    for (std::size_t k = 0; k < p->point_count; ++k) {
      std::array<double, 3> at{};
      int order = 0;
      p->point(k, at.data(), order);
      std::vector<Eager> x;
      for (std::size_t n = 0; n < static_cast<std::size_t>(p->arity); ++n) {
        const bool constant = (p->constant_operands >> n & 1U) != 0, truth = (p->truth_operands >> n & 1U) != 0;
        x.push_back(constant ? Eager(at[n]) : truth ? truth_of(r, at[n]) : Eager(r.variable(at[n])));
      }
      Eager y = p->record(x.data());
      if (p->truth) {
        const std::array<Eager, 3> choice{y, Eager(1.5), Eager(r.variable(-0.5))};
        y = PrimitiveOf<ops::Where>::record.record(choice.data());
      }
      total = total + weight * y.scalar();
      weight = weight > 1 ? weight - 0.97 : weight + 0.11;
    }
  }
  show(total, path);
}

/// Every operation of tensors but those of linear algebra, at its samples in f64, or at the others.
void operations_page(const std::string& path, bool narrow) {
  Recording r;
  std::mt19937 random(7);
  const auto elements = [&](const Shape& shape, auto&& element) {
    std::vector<decltype(element())> all(static_cast<std::size_t>(shape.size()));
    std::generate(all.begin(), all.end(), element);
    return tensor(all, shape);
  };
  // Some are 0: of a cotangent those count.
  const auto real = [&] { return random() % 7 == 0 ? 0.0 : std::uniform_real_distribution<double>(-1.5, 1.5)(random); };
  Scalar total = 0.0;
  ops::StructuralPrimitives::for_each([&]<class P> {
    if (ops::LinearAlgebraPrimitives::contains<P> && !std::is_same_v<P, ops::Triangle>) return;
    for (const ops::Sample& sample : P::samples()) {
      const bool has_narrow = std::any_of(sample.operands.begin(), sample.operands.end(),
                                          [](const Type& type) { return type.dtype == Dtype::f32; });
      if (has_narrow != narrow) continue;
      std::vector<Tensor> x;
      for (const Type& type : sample.operands) {
        if (is_real(type.dtype)) {
          x.push_back(r.variable(convert(elements(type.shape, real), type.dtype)));
        } else {
          x.push_back(elements(type.shape, [&] { return static_cast<std::int64_t>(random() % sample.positions); }));
        }
      }
      const Tensor y =
          detail::record_tensor(PrimitiveOf<P>::record, x, sample.attribute, std::source_location::current());
      if (y.is_constant() || y.size() == 0 || y.size() > 1000) continue;
      total = total + to_scalar(sum(convert(y, Dtype::f64) * elements(y.shape(), real)));
    }
  });
  show(total, path);
}

/// loss = c·(Σ (A⁻¹)² + Σ sin b) + c·Σ big²: the page does not compute an inverse, and big has more elements than it
/// carries.
void stops_page(const std::string& path) {
  Recording r;
  const Tensor a = r.variable(tensor({2.0, 0.5, -0.3, 1.5}, Shape{2, 2}), "A");
  const Tensor b = r.variable(tensor({0.4, -1.0, 0.7}, Shape{3}), "b");
  const Tensor big = r.variable(full(Shape{60, 50}, 0.25), "big");
  const Scalar c = r.variable(2.0, "c");
  const Tensor inverted = inverse(a);
  r.name(inverted, "inverted");
  const Tensor squares = sum(inverted * inverted);
  r.name(squares, "squares");
  const Tensor waves = sum(sin(b));
  r.name(waves, "waves");
  const Scalar loss = to_scalar(squares + waves) * c + to_scalar(sum(big * big)) * c;
  r.name(loss, "loss");
  show(loss, path);
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
  elementwise_page(folder + "elementwise.html");
  operations_page(folder + "operations.html", false);
  operations_page(folder + "operations_f32.html", true);
  stops_page(folder + "stops.html");
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
