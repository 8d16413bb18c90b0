// Every primitive in a program: value, gradient and gradient of the gradient have the bits of immediate mode, as
// recorded and after the exact passes, at the operands of the recording and at others.
#include <boost/test/unit_test.hpp>
#include <limits>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/tests/tensor/differentiated.hpp"
#include "wengert/tests/tensor/points.hpp"
#include "wengert/tests/tensor/structural_cases.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// Elements that differ by more than `tolerance`, relative to 1 and to the largest of the tensor; NaN equals NaN.
std::size_t differences(const Array& a, const Array& b, double tolerance) {
  if (!(a.type() == b.type())) return static_cast<std::size_t>(-1);
  std::size_t count = 0;
  double size = 1.0;
  for (std::int64_t i = 0; i < b.size(); ++i)
    if (std::isfinite(b.element(i))) size = std::max(size, std::abs(b.element(i)));
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.element(i), y = b.element(i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    if (!(std::abs(x - y) <= tolerance * size)) ++count;
  }
  return count;
}

/// Programs of f recorded at `a`, run at `a` and `b`, against f recorded there.
template <class F>
void check(const F& f, const std::vector<Tensor>& a, const std::vector<Tensor>& b, unsigned seed, bool all_passes) {
  const Differentiated at_a(f, a, seed), at_b(f, b, seed);
  struct Variant {
    const char* name;
    ProgramOptions options;
    double tolerance;
  };
  const bool f32 = std::ranges::any_of(a, [](const Tensor& t) { return t.dtype() == Dtype::f32; });
  std::vector<Variant> variants{{"as recorded", {.passes = false}, 0.0}, {"exact passes", {.exact = true}, 0.0}};
  if (all_passes) variants.push_back({"all passes", {}, f32 ? 1e-4 : 1e-10});
  for (const Variant& variant : variants) {
    const Program p(at_a.r, at_a.x, at_a.outputs, variant.options);
    Program::Workspace w(p);
    for (const auto& [operands, wanted] : {std::pair{&a, &at_a}, std::pair{&b, &at_b}}) {
      for (std::size_t k = 0; k < operands->size(); ++k) w.set(k, (*operands)[k]);
      p.run(w);
      for (std::size_t k = 0; k < wanted->outputs.size(); ++k) {
        const Array got = w.get(k).value();
        BOOST_TEST(differences(got, wanted->outputs[k].value(), variant.tolerance) == 0u,
                   variant.name << ", output " << k);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(primitives_in_programs)

BOOST_AUTO_TEST_CASE(structural_primitives) {
  for (const StructuralCase& c : structural_cases(10)) {
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> a = sample_operands(c.sample, random), b = sample_operands(c.sample, random);
      check([&](const std::vector<Tensor>& x) { return c(x); }, a, b, c.seed, !c.decomposes);
    }
  }
}

BOOST_AUTO_TEST_CASE(elementwise_primitives_at_their_points) {
  for (const Primitive* p : elementwise_primitives()) {
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      BOOST_TEST_CONTEXT(p->name << " in " << to_string(dtype)) {
        // Several tiles, and an odd rest.
        const std::vector<Tensor> a = operands_of(*p, 301 / p->point_count + 1, dtype);
        std::vector<Tensor> b;
        for (const Tensor& x : a) b.push_back(reverse(x, {0}));
        check(
            [&](const std::vector<Tensor>& x) {
              return detail::record_tensor(*p, x, {}, std::source_location::current());
            },
            a, b, 3, false);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
