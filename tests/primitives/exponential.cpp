#include "reference_check.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(of_exponential) {
  check_family<ops::ExponentialPrimitives>({
      // The derivative is y · (1 - y): accurate relative to 1, the size of the function.
      {"sigmoid", {{3.0, 4.0, 1e-12, 1e-10, 1e-8}, 1.0, 1}},
      // Their first derivatives are sigmoids.
      {"softplus", {{3.0, 4.0, 1e-12, 1e-10, 1e-8}, 1.0, 2}},
      {"log_sigmoid", {{3.0, 4.0, 1e-12, 1e-10, 1e-8}, 1.0, 2}},
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
