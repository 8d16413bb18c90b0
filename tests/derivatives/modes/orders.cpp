// Every mode to second order, on every primitive and on random programs: forward over reverse, reverse over forward,
// reverse over reverse, forward over forward, recorded and numeric, agree to rounding.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search; tests/slow/random_programs.cpp runs 10⁵.
#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include "wengert/tests/support/random_modes.hpp"
#include "wengert/tests/tensor/structural_cases.hpp"

namespace wengert::test {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void report(const Counts& counts) {
  for (const std::string& text : counts.mismatches) BOOST_ERROR(text);
  BOOST_TEST(counts.mismatch_count == 0u);
  BOOST_TEST_MESSAGE(counts.programs << " programs, " << counts.without_meaning << " without meaning");
  for (const auto& [check, times] : counts.checks) {
    const auto worst = counts.worst.find(check);
    BOOST_TEST_MESSAGE(check << ": " << times << ", at most " << (worst == counts.worst.end() ? 0.0 : worst->second)
                             << " of what is allowed");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(orders)

BOOST_AUTO_TEST_CASE(every_elementwise_primitive_at_its_sample_points) {
  Counts counts;
  std::mt19937_64 random(7);
  for (const Primitive* p : elementwise_primitives()) {
    if (p->differentiable == 0) continue;
    const auto arity = static_cast<std::size_t>(p->arity);
    std::uint64_t judged = 0;
    for (std::size_t at = 0; at < p->point_count; ++at) {
      std::array<double, 3> point{};
      int order = 0;
      p->point(at, point.data(), order);
      if (order < 2) continue;
      Recording r;
      std::vector<Scalar> x;
      std::array<Eager, 3> operands{Eager(0.0), Eager(0.0), Eager(0.0)};
      for (std::size_t k = 0; k < arity; ++k) {
        Scalar operand = point[k];
        if (!takes_truth(*p, k) && !takes_constant(*p, k)) x.push_back(operand = r.variable(point[k]));
        operands[k] = Eager(operand, std::source_location::current());
      }
      const Scalar y = p->record(operands.data()).scalar() * r.variable(0.7);
      ++counts.programs;
      const std::uint64_t before = counts.without_meaning;
      for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t j = 0; j < x.size(); ++j)
          compare_scalar_modes(r, y, x, i, j, random, counts, std::string(p->name) + " at point " + std::to_string(at));
      judged += before == counts.without_meaning ? 1u : 0u;
    }
    BOOST_TEST(judged > 0u, p->name << " was judged at no point");
  }
  report(counts);
}

BOOST_AUTO_TEST_CASE(every_structural_primitive_at_its_samples) {
  Counts counts;
  for (const StructuralCase& c : structural_cases(6)) {
    if (c.chooses) continue;
    std::mt19937 random(c.seed);
    Recording r;
    std::vector<Tensor> x, operands = sample_operands(c.sample, random), d, e;
    for (Tensor& operand : operands) {
      if (!is_real(operand.dtype())) continue;
      x.push_back(r.variable(operand));
      d.push_back(random_tensor(operand.type(), random));
      e.push_back(random_tensor(operand.type(), random));
      // So that there is a second derivative where the primitive is linear; what decomposes needs its matrix as it is.
      operand = c.decomposes ? x.back() : sin(x.back());
    }
    const Tensor y = c(operands), w = r.variable(random_tensor(y.type(), random));
    ++counts.programs;
    compare_tensor_modes(r, y, x, w, d, e, counts, c.text);
  }
  report(counts);
  BOOST_TEST(counts.programs > 100u);
  BOOST_TEST(counts.without_meaning < counts.programs / 10);
}

BOOST_AUTO_TEST_CASE(random_programs_of_scalars) {
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 1000), first = setting("WENGERT_SEED", 1);
  Counts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_scalar_modes(seed, counts);
  report(counts);
  BOOST_TEST(counts.rolled > counts.operations / 10);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 15);
}

BOOST_AUTO_TEST_CASE(random_programs_of_tensors) {
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 600), first = setting("WENGERT_SEED", 1);
  Counts counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) check_tensor_modes(seed, counts);
  report(counts);
  BOOST_TEST(counts.without_meaning + counts.without_derivative < count / 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
