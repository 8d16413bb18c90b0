// A user's program: what it needs must come with linking wengert::nn, and nothing more. The matrix product reaches into
// the private dependencies of the static libraries.
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"

#ifdef CONSUMER_WITH_EIGEN
bool eigen_works();
#else
static bool eigen_works() { return true; }
#endif

#ifdef CONSUMER_WITH_NN
bool nn_works();
#else
static bool nn_works() { return true; }
#endif

int main() {
  wengert::Recording recording;
  const wengert::Scalar x = recording.variable(2.0, "x");
  const wengert::Scalar y = sin(x) * x + 1.0;
  const double slope = wengert::backward(y)[x];
  std::printf("%.17g\n", slope);
  const wengert::Tensor square = wengert::ones(wengert::Shape{40, 40});
  const double product = element(matmul(square, square), {0, 0}).value();
  return slope > 0.0770 && slope < 0.0771 /* sin 2 + 2 cos 2 = 0.07700375... */ && product == 40 && eigen_works() &&
                 nn_works()
             ? 0
             : 1;
}
