// A user of nn: a layer with its random numbers.
#include "wengert/nn/nn.hpp"

bool nn_works() {
  wengert::nn::Random random(1);
  const wengert::nn::Sequential network(wengert::nn::Linear(3, 2, random), wengert::nn::Linear(2, 1, random));
  return network(wengert::ones(wengert::Shape{5, 3}, wengert::Dtype::f32)).shape() == wengert::Shape{5, 1};
}
