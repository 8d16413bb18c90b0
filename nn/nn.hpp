// The facade of nn: what user code includes. Everything here is a composition of primitives; none of it has a
// derivative of its own.
//
//     parameters, state, lifted, adjoints_of …        nn/module/parameters.hpp
//     Pass: training or evaluation                    nn/module/pass.hpp
//     Sequential, Residual; AnyModule, Layers         nn/module/sequential.hpp, nn/module/any.hpp
//     Linear, Conv2d, BatchNorm, Dropout, LSTM …      nn/layers/
//     MultiheadAttention, TransformerEncoder          nn/layers/attention.hpp
//     ReLU, GELU, PReLU …                             nn/layers/activations.hpp
//     gelu, layer_norm, dropout … of tensors          nn/functions/
//     cross_entropy, huber … of tensors; ctc_loss     nn/functions/losses.hpp, ctc.hpp
//     SGD, Adam …, clip_norm, schedules, minimise     nn/optim/
//     fit, evaluate, accuracy …                       nn/train/fit.hpp, metrics.hpp
//     report_of, html_of; training states             nn/train/report.hpp, checkpoint.hpp
//     summarise, check_health                         nn/train/summary.hpp, health.hpp
//     Random, initialise::xavier_uniform …            nn/random/random.hpp, initialise.hpp
//     Dataset, Loader                                 nn/data/dataset.hpp, loader.hpp
//     flipped_at_random …, parabola, two_moons …      nn/data/transforms.hpp, generators.hpp
//     read_idx, read_npy, read_npz, read_csv …        nn/data/files/
//     write_safetensors, write_atomically …           nn/data/files/
//
// Networks of Scalars, neuron by neuron:
//
//     weighted_sum, neuron, layer                     nn/neuron.hpp
//     activation::sigmoid, tanh, relu, heaviside …    nn/activation.hpp
//     half_squared_error, mean_squared_error          nn/loss.hpp
#pragma once

#include "wengert/nn/activation.hpp"
#include "wengert/nn/data/dataset.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/csv.hpp"
#include "wengert/nn/data/files/format_error.hpp"
#include "wengert/nn/data/files/idx.hpp"
#include "wengert/nn/data/files/npy.hpp"
#include "wengert/nn/data/files/safetensors.hpp"
#include "wengert/nn/data/generators.hpp"
#include "wengert/nn/data/loader.hpp"
#include "wengert/nn/data/transforms.hpp"
#include "wengert/nn/functions/activations.hpp"
#include "wengert/nn/functions/attention.hpp"
#include "wengert/nn/functions/ctc.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/layers/activations.hpp"
#include "wengert/nn/layers/attention.hpp"
#include "wengert/nn/layers/convolution.hpp"
#include "wengert/nn/layers/dropout.hpp"
#include "wengert/nn/layers/embedding.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/normalisation.hpp"
#include "wengert/nn/layers/pooling.hpp"
#include "wengert/nn/layers/recurrent.hpp"
#include "wengert/nn/layers/reshaping.hpp"
#include "wengert/nn/loss.hpp"
#include "wengert/nn/module/any.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"
#include "wengert/nn/module/sequential.hpp"
#include "wengert/nn/neuron.hpp"
#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/clip.hpp"
#include "wengert/nn/optim/lbfgs.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/schedule.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/nn/random/initialise.hpp"
#include "wengert/nn/random/random.hpp"
#include "wengert/nn/train/checkpoint.hpp"
#include "wengert/nn/train/fit.hpp"
#include "wengert/nn/train/report.hpp"
#include "wengert/nn/train/summary.hpp"
