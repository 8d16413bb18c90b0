#include "reference_check.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(of_powers) {
  check_family<ops::PowerPrimitives>({
      // p - 1 is rounded before it becomes an exponent: 4.8 ULP.
      {"pow", {{3.0, 5.5, 1e-12, 1e-10, 1e-8}}},
      // The C library's cbrt is wrong by 2.2 ULP, and its square stands in the derivative: 5.6 ULP.
      {"cbrt", {{3.0, 6.0, 1e-12, 1e-10, 1e-8}}},
      // Second derivatives are differences; relative to 1 / hypot they cancel where one operand is much the smaller.
      {"hypot", {{3.0, 4.0, 1e-12, 1e-10, 1e-8}, 1.0, 2}},
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
