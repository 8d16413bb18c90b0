// The problems: sizes are those of shared tables of such measurements, numbers come from a generator of our own.
#include <cmath>
#include <numeric>

#include "wengert/benchmarks/race/workload.hpp"
#include "wengert/benchmarks/tensors/problem.hpp"

namespace tensors_benchmark {
namespace {

using race::Numbers;

class Maker {
 public:
  explicit Maker(std::string name) : numbers_(23) { problem_.name = std::move(name); }

  Block uniform(std::string name, std::vector<std::int64_t> shape, double bound, double middle = 0) {
    const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    Block block{std::move(name), std::move(shape), std::vector<float>(static_cast<std::size_t>(count))};
    for (float& value : block.values) value = static_cast<float>(numbers_.uniform(middle - bound, middle + bound));
    return block;
  }
  void parameter(std::string name, std::vector<std::int64_t> shape, double bound, double middle = 0) {
    problem_.parameters.push_back(uniform(std::move(name), std::move(shape), bound, middle));
  }
  void input(std::string name, std::vector<std::int64_t> shape, double bound) {
    problem_.inputs.push_back(uniform(std::move(name), std::move(shape), bound));
  }
  /// A linear layer or convolution, uniform in ±1/√fan.
  void layer(const std::string& name, std::vector<std::int64_t> shape) {
    const std::int64_t fan = std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
    const double bound = 1 / std::sqrt(static_cast<double>(fan));
    const std::int64_t out = shape[0];
    parameter(name + ".weight", std::move(shape), bound);
    parameter(name + ".bias", {out}, bound);
  }
  void labels(std::int64_t count, std::int64_t classes) {
    for (std::int64_t k = 0; k < count; ++k)
      problem_.labels.push_back(static_cast<std::int64_t>(numbers_.uniform(0, static_cast<double>(classes))));
  }
  /// The rate is such that what a step changes stands out of the rounding of the parameters.
  Problem trained(float rate) {
    problem_.rate = rate;
    return std::move(problem_);
  }
  Problem differentiated() { return std::move(problem_); }

 private:
  Problem problem_;
  Numbers numbers_;
};

Problem mlp(const std::string& name, std::int64_t batch) {
  Maker make(name);
  make.layer("0", {256, 784});
  make.layer("2", {128, 256});
  make.layer("4", {10, 128});
  make.input("x", {batch, 784}, 1);
  make.labels(batch, 10);
  return make.trained(1e-2F);
}

/// LeNet-5 with rectifiers and maximum pooling.
Problem lenet(const std::string& name, std::int64_t batch) {
  Maker make(name);
  make.layer("0", {6, 1, 5, 5});
  make.layer("3", {16, 6, 5, 5});
  make.layer("7", {120, 400});
  make.layer("9", {84, 120});
  make.layer("11", {10, 84});
  make.input("x", {batch, 1, 28, 28}, 1);
  make.labels(batch, 10);
  return make.trained(1e-2F);
}

Problem lstm() {
  Maker make("lstm");
  const double bound = 1 / std::sqrt(128.0);
  make.parameter("weight_ih_l0", {512, 64}, bound);
  make.parameter("weight_hh_l0", {512, 128}, bound);
  make.parameter("bias_ih_l0", {512}, bound);
  make.parameter("bias_hh_l0", {512}, bound);
  make.input("x", {32, 32, 64}, 1);  // steps, batch, features
  make.input("target", {32, 32, 128}, 1);
  return make.trained(1.0F);
}

Problem transformer() {
  Maker make("transformer");
  make.parameter("self_attn.in_proj_weight", {384, 128}, std::sqrt(6.0 / 512));
  make.parameter("self_attn.in_proj_bias", {384}, 0.05);
  make.layer("self_attn.out_proj", {128, 128});
  make.layer("linear1", {512, 128});
  make.layer("linear2", {128, 512});
  make.parameter("norm1.weight", {128}, 0.1, 1);
  make.parameter("norm1.bias", {128}, 0.1);
  make.parameter("norm2.weight", {128}, 0.1, 1);
  make.parameter("norm2.bias", {128}, 0.1);
  make.input("x", {8, 64, 128}, 1);  // batch, length, width
  make.input("target", {8, 64, 128}, 1);
  return make.trained(0.1F);
}

}  // namespace

std::vector<std::string> problem_names() {
  return {"chain",    "mlp_1", "mlp_32",      "mlp_64",      "mlp_512", "lenet_1",
          "lenet_64", "lstm",  "transformer", "elementwise", "softmax"};
}

Problem problem_of(const std::string& name) {
  if (name == "mlp_1") return mlp(name, 1);
  if (name == "mlp_32") return mlp(name, 32);
  if (name == "mlp_64") return mlp(name, 64);
  if (name == "mlp_512") return mlp(name, 512);
  if (name == "lenet_1") return lenet(name, 1);
  if (name == "lenet_64") return lenet(name, 64);
  if (name == "lstm") return lstm();
  if (name == "transformer") return transformer();
  Maker make(name);
  if (name == "chain") {
    make.parameter("v", {4}, 1);
    make.input("a", {4}, 1);
    make.input("b", {4}, 1);
    return make.differentiated();
  }
  if (name == "elementwise") {
    for (const char* const operand : {"a", "b", "c", "d"}) make.parameter(operand, {1'000'000}, 1);
    return make.differentiated();
  }
  if (name == "softmax") {
    make.parameter("logits", {4096, 1000}, 3);
    make.labels(4096, 1000);
    return make.differentiated();
  }
  throw std::out_of_range("no problem is called " + name);
}

}  // namespace tensors_benchmark
