// The functions with inputs to call them with.
#include "wengert/benchmarks/off/functions.hpp"

#include <type_traits>

#include "wengert/benchmarks/off/off.hpp"
#include "wengert/benchmarks/race/workload.hpp"

namespace off {
namespace {

double result = 0.0;

/// Calls that the compiler may not leave out or merge; the same code for both functions of a pair.
template <class... Arguments>
Run repeated(double (*function)(Arguments...), std::type_identity_t<Arguments>... arguments) {
  return [=](std::size_t times) {
    for (; times > 0; --times) {
      result = function(arguments...);
      asm volatile("" : : "g"(&result) : "memory");
    }
  };
}

const std::vector<double> numbers = race::Numbers(12).uniforms(1000, -1.0, 1.0);

const Register polynomial("polynomial", []() -> Pair {
  return {.group = "functions",
          .operations = 10,
          .plain = repeated(off_by_hand_polynomial, numbers[9], numbers.data()),
          .with = repeated(off_generic_polynomial, numbers[9], numbers.data())};
});
const Register neuron("neuron", []() -> Pair {
  return {.group = "functions",
          .operations = 20,
          .plain = repeated(off_by_hand_neuron, numbers.data(), &numbers[8], numbers[20]),
          .with = repeated(off_generic_neuron, numbers.data(), &numbers[8], numbers[20])};
});
const Register rosenbrock("rosenbrock", []() -> Pair {
  return {.group = "functions",
          .operations = 8 * 999,
          .plain = repeated(off_by_hand_rosenbrock, numbers.data(), numbers.size()),
          .with = repeated(off_generic_rosenbrock, numbers.data(), numbers.size())};
});

}  // namespace
}  // namespace off
