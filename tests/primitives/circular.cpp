#include "reference_check.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(of_circular) {
  check_family<ops::CircularPrimitives>({
      // The derivative is 1 - y²: accurate relative to 1, the size of the function.
      {"tanh", {{3.0, 4.0, 1e-12, 1e-10, 1e-8}, 1.0, 1}},
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
