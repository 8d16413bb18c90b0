// The facade of nn: what user code includes. Everything here is a composition of primitives; none of it has a
// derivative of its own.
//
//     weighted_sum, neuron, layer                     nn/neuron.hpp
//     activation::sigmoid, tanh, relu, heaviside …    nn/activation.hpp
//     Random                                          nn/random/random.hpp
//     half_squared_error, mean_squared_error          nn/loss.hpp
#pragma once

#include "wengert/nn/activation.hpp"
#include "wengert/nn/loss.hpp"
#include "wengert/nn/neuron.hpp"
#include "wengert/nn/random/random.hpp"
