#include "wengert/autodiff/record/linear_algebra.hpp"

#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto linear_algebra_records = records_of(ops::LinearAlgebraPrimitives{});
}  // namespace wengert::detail
