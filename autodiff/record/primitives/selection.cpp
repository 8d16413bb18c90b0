#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto selection_records = records_of(ops::SelectionPrimitives{});
}  // namespace wengert::detail
