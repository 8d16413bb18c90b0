#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto structural_records = records_of(
    ops::Join<ops::MovingPrimitives, ops::IndexingPrimitives, ops::ReducingPrimitives, ops::ProductPrimitives>{});
}  // namespace wengert::detail
