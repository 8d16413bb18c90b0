// The facade: what user code includes.
//
//     Recording, Scalar, value, where, sin …       record/recording.hpp, record/expression.hpp, ops/elementwise.hpp
//     Tensor, reshape, matmul, sum, gather …       record/tensor.hpp, tensor_reductions.hpp, tensor_indexing.hpp
//     conv2d, max_pool2d …                         record/convolution.hpp, record/pooling.hpp
//     backward, forward                            record/sweep.hpp
//     backward_each, forward_each                  record/vector_sweep.hpp
//     gradient, jvp                                record/gradient.hpp, record/jvp.hpp
//     jacobian, hessian, hvp, vhp                  transform/jacobian.hpp, transform/hessian.hpp
//     value_and_grad, grad                         transform/value_and_grad.hpp
//     jacobian, hessian, hvp, jvp, vjp of functions    transform/functional.hpp
//     Error and its kinds                          graph/error.hpp
//
// Left out on purpose, because not everybody pays for them: record/primitive.hpp (writing primitives of one's own),
// record/linear_algebra.hpp (solve, cholesky, eigh …), record/expand.hpp (the graph), record/log.hpp (logging),
// transform/taylor.hpp (Taylor series), transform/draw.hpp (pictures), transform/check.hpp (the gradient checker).
#pragma once

#include "wengert/autodiff/record/convolution.hpp"
#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/jvp.hpp"
#include "wengert/autodiff/record/pooling.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#include "wengert/autodiff/record/vector_sweep.hpp"
#include "wengert/autodiff/transform/functional.hpp"
#include "wengert/autodiff/transform/hessian.hpp"
#include "wengert/autodiff/transform/jacobian.hpp"
#include "wengert/autodiff/transform/value_and_grad.hpp"
#include "wengert/graph/error.hpp"
