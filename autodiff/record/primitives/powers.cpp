#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto powers_records = records_of(ops::PowerPrimitives{});
}  // namespace wengert::detail
