// expect: wengert cannot differentiate by an argument of this type
// What is no structure of numbers is left out by choosing the other arguments.
#include <string>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(double x, const std::string& name) {
  const auto g = [](const auto& u, const std::string& text) { return Scalar(u * static_cast<double>(text.size())); };
#ifdef WENGERT_SHOULD_FAIL
  return std::get<0>(grad(g)(x, name));
#else
  return grad<0>(g)(x, name);
#endif
}
