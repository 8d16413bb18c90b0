// The errors of the vector functions over many more arguments than the core tests have time for: every 17th f32 there
// is; 10⁴ random f64 in each binade, and a million in those from 2^-12 to 2^11. Seven minutes of processor time.
#include <boost/test/unit_test.hpp>

#include "wengert/tests/tensor/vector_oracle.hpp"

using namespace wengert::kernels;
using namespace wengert::test;

namespace {

template <class T, class Arguments>
void check(const VectorAccuracy& a, double stated, Arguments arguments) {
  const auto worst = worst_errors<T>(a.function, arguments);
  const auto levels = vector_levels();
  for (std::size_t k = 0; k < worst.size(); ++k) {
    BOOST_TEST(worst[k].ulp <= stated, levels[k].name << " " << a.name << " f" << 8 * sizeof(T) << ": " << worst[k].ulp
                                                      << " at " << worst[k].at);
    BOOST_TEST_MESSAGE(levels[k].name << " " << a.name << " f" << 8 * sizeof(T) << ": " << worst[k].ulp << " at "
                                      << worst[k].at);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vector_functions)

BOOST_AUTO_TEST_CASE(f32_errors_are_at_most_the_stated_ones) {
  for (const VectorAccuracy& a : vector_accuracy) check<float>(a, a.f32, EveryFloat{.stride = 17});
}

BOOST_AUTO_TEST_CASE(f64_errors_are_at_most_the_stated_ones) {
  for (const VectorAccuracy& a : vector_accuracy)
    check<double>(a, a.f64, EachBinade{.per_binade = 10000, .dense = 100, .random = std::mt19937_64(1)});
}

BOOST_AUTO_TEST_SUITE_END()
