// Every primitive of tensors that is not elementwise. Reading order: structural_contract.hpp (what one is), then any
// struct of the files below.
#pragma once

#include "wengert/autodiff/ops/convolution.hpp"
#include "wengert/autodiff/ops/indexing.hpp"
#include "wengert/autodiff/ops/linear_algebra.hpp"
#include "wengert/autodiff/ops/moving.hpp"
#include "wengert/autodiff/ops/pooling.hpp"
#include "wengert/autodiff/ops/products.hpp"
#include "wengert/autodiff/ops/reductions.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

/// Every structural primitive of the library; each belongs to the list of its file.
using StructuralPrimitives = Join<MovingPrimitives, IndexingPrimitives, ReducingPrimitives, ProductPrimitives,
                                  ConvolutionPrimitives, PoolingPrimitives, LinearAlgebraPrimitives>;

}  // namespace wengert::ops
