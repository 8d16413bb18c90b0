#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto circular_records = records_of(ops::CircularPrimitives{});
}  // namespace wengert::detail
