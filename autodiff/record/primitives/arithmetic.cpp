#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto arithmetic_records = records_of(ops::ArithmeticPrimitives{});
}  // namespace wengert::detail
