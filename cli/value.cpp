#include "wengert/cli/value.hpp"

namespace wengert::cli {
namespace {

Tensor real(const Tensor& x) { return x.dtype() == Dtype::f64 ? x : convert(x, Dtype::f64); }

}  // namespace

Value::Value(const Tensor& array) {
  if (array.rank() > 0) {
    tensor_ = array;
    kind_ = Kind::array;
  } else {
    scalar_ = to_scalar(real(array));
  }
}

Value Value::truth(const Scalar& outcome) {
  Value result(outcome);
  result.kind_ = Kind::truth;
  return result;
}

Scalar Value::number() const {
  if (kind_ != Kind::truth || scalar_.is_constant()) return scalar_;
  return apply<ops::Where>(scalar_, 1.0, 0.0);
}

Scalar Value::condition() const {
  if (kind_ == Kind::truth) return scalar_;
  if (scalar_.is_constant()) return Scalar(scalar_.value() != 0.0 ? 1.0 : 0.0);
  return apply<ops::NotEqual>(scalar_, 0.0);
}

Tensor Value::array() const { return is_array() ? real(tensor_) : to_tensor(number()); }

Tensor Value::mask() const {
  if (is_array() && tensor_.dtype() == Dtype::boolean) return tensor_;
  return array() != 0.0;
}

Array Value::elements() const {
  if (!is_array()) return Array::scalar(scalar_.value());
  return real(Tensor(tensor_.value())).value().dense();
}

void Value::name_in(Recording& recording, std::string_view name) const {
  if (is_array())
    recording.name(tensor_, name);
  else
    recording.name(scalar_, name);
}

std::string Value::description() const { return is_array() ? "an array of shape " + to_string(shape()) : "a number"; }

void check_elements(std::string_view operation, double count) {
  if (count <= static_cast<double>(most_elements)) return;
  throw CapacityError{{.operation = std::string(operation),
                       .problem = "the result would have more than 100 million elements",
                       .expected = "smaller arrays"}};
}

}  // namespace wengert::cli
