#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto special_records = records_of(ops::SpecialPrimitives{});
}  // namespace wengert::detail
