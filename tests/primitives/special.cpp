#include "reference_check.hpp"

namespace wengert::test {

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(of_special) { check_family<ops::SpecialPrimitives>({}); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
