// The tables of reference values themselves; what is held against them is in the other files.
#include "reference_check.hpp"

namespace wengert::test {

namespace {
const char* const how = "; run scripts/regenerate";
}  // namespace

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(the_table_is_that_of_the_primitives) {
  std::size_t at = 0;
  for (const Primitive* p : elementwise_primitives()) {
    for (std::size_t i = 0; i < p->point_count; ++i, ++at) {
      BOOST_REQUIRE_MESSAGE(at < std::size(reference_points), p->name << " is not in the table" << how);
      const ReferencePoint& row = reference_points[at];
      std::array<double, 3> x{};
      int order = 0;
      p->point(i, x.data(), order);
      BOOST_REQUIRE_MESSAGE(
          row.primitive == p->name && row.formula == p->reference && row.at == x && row.order == order,
          "the table has other points or another formula of " << p->name << how);
    }
  }
  BOOST_REQUIRE_MESSAGE(at == std::size(reference_points), "the table has a primitive more" << how);
}

BOOST_AUTO_TEST_CASE(the_digits_are_those_of_the_numbers) {
  for (const ReferenceValue& value : reference_values) {
    BOOST_TEST(std::strtod(value.digits, nullptr) == value.high);
    BOOST_TEST(std::abs(value.low) <= std::abs(value.high) * 0x1p-53);
  }
}

BOOST_AUTO_TEST_CASE(the_samples_lie_in_the_domain_of_their_primitive) {
  for (const Primitive* p : elementwise_primitives()) {
    const std::vector<Reference> samples = samples_of(p->name, p->differentiable);
    BOOST_TEST(samples.size() >= 100u, p->name << " has too few samples" << how);
    for (const Reference& sample : samples) {
      bool inside = false;
      for (std::size_t b = 0; b < p->box_count && !inside; ++b) {
        std::array<ops::Interval, 3> box{};
        p->box(b, box.data());
        inside = true;
        for (std::size_t k = 0; k < static_cast<std::size_t>(p->arity); ++k)
          inside = inside && box[k].low <= sample.at[k] && sample.at[k] <= box[k].high;
      }
      BOOST_TEST(inside, p->name << " has a sample outside of its domain" << how);
    }
  }
}

// An error planted in a reference is found.
BOOST_AUTO_TEST_CASE(the_comparison_can_fail) {
  std::vector<Reference> samples = samples_of("sin", 1);
  BOOST_REQUIRE(!samples.empty());
  std::array<double, 5> worst{};
  constexpr Bounds anything{{1e300, 1e300, 1e300, 1e300, 1e300}};
  check_subsets<ops::Sin, 1, true>(samples[0], anything, worst);
  BOOST_TEST(worst[4] < 1e-12);
  samples[0].values[{4, 0, 0}] *= 1 + 1e-9L;
  check_subsets<ops::Sin, 1, true>(samples[0], anything, worst);
  BOOST_TEST(worst[4] > 0.9e-9);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
