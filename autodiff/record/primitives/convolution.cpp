#include "wengert/autodiff/record/convolution.hpp"

#include "wengert/autodiff/record/pooling.hpp"
#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto convolution_records =
    records_of(ops::Join<ops::ConvolutionPrimitives, ops::PoolingPrimitives>{});
}  // namespace wengert::detail
