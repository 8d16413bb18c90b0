// Adjoints as they are added up; see kernels.hpp.
#include "wengert/autodiff/ops/kernels.hpp"

#include <string>

#include "wengert/graph/error.hpp"

namespace wengert::kernels {

namespace {

void check_type(const Type& wanted, const Type& given, std::string_view operation) {
  if (wanted == given) return;
  throw InternalError{{.operation = std::string(operation),
                       .operands = {to_string(wanted), to_string(given)},
                       .problem = "the rule contributed " + to_string(given) + " to an adjoint",
                       .expected = to_string(wanted) + ", the type of the operand"}};
}

}  // namespace

void Accumulator::add(const Array& contribution, std::string_view operation) {
  if (WENGERT_HOLDS("accumulator: nothing there yet", !any_)) return assign(contribution);
  const Type type = sum_.type();  // a copy: writable() may free the array that it is of
  check_type(type, contribution.type(), operation);
  if (sum_.is_uniform() && contribution.is_uniform()) {
    with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
      sum_ = Array::uniform_of<T>(
          type.shape, sum_.stored<T>()[0] + WENGERT_NUMBER("accumulator: one for all", contribution.stored<T>()[0]));
    });
    return;
  }
  with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
    T* const to = writable(type, operation).mutable_data<T>().data();
    const std::int64_t size = type.shape.size();
    Column<T> from(contribution);
    for (std::int64_t begin = 0; begin < size; begin += tile) {
      const std::int64_t count = std::min(tile, size - begin);
      add_to(from.at(begin, count), to + begin, WENGERT_INDEX("accumulator: tile", count));
    }
  });
}

Array& Accumulator::writable(const Type& type, std::string_view operation) {
  if (!any_) {
    assign(Array::zeros(type));
    return sum_;
  }
  check_type(sum_.type(), type, operation);
  if (sum_.is_uniform()) {
    sum_ = sum_.dense();
  } else if (WENGERT_HOLDS("accumulator: held by others", !sum_.unique())) {
    Array copy = Array::uninitialised(type);
    with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
      const auto from = sum_.data<T>();
      std::copy(from.begin(), from.end(), copy.mutable_data<T>().begin());
    });
    sum_ = std::move(copy);
  }
  return sum_;
}

}  // namespace wengert::kernels
