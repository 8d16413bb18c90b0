// expect: this struct has a double that does not become a Scalar
// Nobody could tell whether its derivative is wanted: it would silently be left out.
#include <tuple>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

template <class T>
struct Spring {
  T stiffness{};
#ifdef WENGERT_SHOULD_FAIL
  double length{};
#else
  T length{};
#endif
  static auto members(auto& self) { return std::tie(self.stiffness, self.length); }
};

double f(const Spring<double>& spring) {
  return grad([](const Spring<Scalar>& s) { return Scalar(s.stiffness * s.length); })(spring).stiffness;
}
