// Losses of tensors: what they are, what their gradients are, and what they do at the edges.
#include <cstdio>
#include <vector>

#include "wengert/nn/nn.hpp"

using namespace wengert;

namespace {

void print(const char* what, const Tensor& x) {
  std::printf("%-34s", what);
  for (const double value : x.to_vector()) std::printf(" %8.4f", value + 0.0);
  std::printf("\n");
}

Tensor labels(std::vector<std::int64_t> values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  return tensor(values, shape);
}

}  // namespace

int main() {
  // Three samples of four classes; the labels are classes.
  const Tensor scores = tensor({2, 1, 0, -1, 0, 3, 0, 0, 1, 1, 1, 1}, Shape{3, 4});
  Recording r;
  const Tensor z = r.variable(scores, "z");
  const Tensor y = labels({0, 1, 2});

  const Tensor loss = nn::cross_entropy(z, y);
  print("cross entropy", loss);
  print("its gradient, sample 0", slice_along(backward(loss)[z], 0, 0, 1));
  print("softmax less one-hot, by 3", (softmax(slice_along(scores, 0, 0, 1)) - tensor({1, 0, 0, 0})) / 3.0);

  print("of each sample", nn::cross_entropy(z, y, {.reduction = nn::Reduction::none}));
  print("smoothed", nn::cross_entropy(z, y, {.smoothing = 0.1}));
  print("classes weighted", nn::cross_entropy(z, y, {.weights = tensor({1, 1, 5, 1})}));
  print("sample 2 ignored", nn::cross_entropy(z, labels({0, 1, -100})));

  // Two classes. Logits may be as large as they like.
  const Tensor logits = r.variable(tensor({0.5, -1000, 1000}), "logits"), truth = tensor({1, 0, 0});
  const Tensor binary = nn::binary_cross_entropy_with_logits(logits, truth, {.reduction = nn::Reduction::sum});
  print("binary, of logits up to 1000", binary);
  print("its gradient", backward(binary)[logits]);

  // Regression. The lecture's ½ cancels the 2 of the derivative.
  const Tensor o = r.variable(tensor({0.75, 0.25, 4.0}), "o"), t = tensor({0.5, 0.5, 0.5});
  const Tensor half = nn::half_squared_error(o, t), huber = nn::huber(o, t, 1.0, nn::Reduction::sum);
  print("gradient of half_squared_error", backward(half)[o]);
  print("gradient of huber", backward(huber)[o]);

  // Mistakes are told where they were made.
  try {
    (void)nn::mean_squared_error(o, reshape(t, Shape{3, 1}));
  } catch (const ShapeError& error) {
    std::printf("%s\n", error.detail().problem.c_str());
  }
  try {
    (void)nn::cross_entropy(z, labels({0, 4, 2}));
  } catch (const DomainError& error) {
    std::printf("%s\n", error.detail().problem.c_str());
  }
}
