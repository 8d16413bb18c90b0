#include "wengert/autodiff/record/primitives/records.hpp"

namespace wengert::detail {
extern constinit const auto exponential_records = records_of(ops::ExponentialPrimitives{});
}  // namespace wengert::detail
