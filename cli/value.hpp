/// Value: what expressions compute with. A number, a truth value, or an array of rank 1 or more.
///
/// The library keeps apart what an expression may mix: Scalars and tensors, real numbers and truth values. A Value is
/// turned into what an operation asks for, by the library's own primitives, so that it is recorded and drawn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::cli {

/// Arrays of more elements are refused before they are made: an expression of a few letters can ask for any size.
inline constexpr std::int64_t most_elements = 100'000'000;

/// Copying is cheap: elements are shared.
class Value {
 public:
  Value() = default;
  Value(double number) : scalar_(number) {}         // NOLINT: a number is a value
  Value(const Scalar& number) : scalar_(number) {}  // NOLINT
  /// A tensor of rank 0 becomes a number, or a truth value if it is of booleans.
  Value(const Tensor& array);  // NOLINT
  /// The outcome of a comparison: 0 or 1.
  [[nodiscard]] static Value truth(const Scalar& outcome);

  [[nodiscard]] bool is_array() const noexcept { return kind_ == Kind::array; }
  /// A number or truth value that does not depend on a variable.
  [[nodiscard]] bool is_constant_number() const noexcept { return !is_array() && scalar_.is_constant(); }

  /// As a real number; a truth value is 0 or 1. Not of an array.
  [[nodiscard]] Scalar number() const;
  /// As a truth value: every number but 0 is true. Not of an array.
  [[nodiscard]] Scalar condition() const;
  /// As an f64 array; a number has rank 0.
  [[nodiscard]] Tensor array() const;
  /// As an array of booleans; a number has rank 0.
  [[nodiscard]] Tensor mask() const;

  /// For sweeps and drawings; refers to this value.
  [[nodiscard]] wengert::detail::AnyHandle handle() const noexcept {
    return is_array() ? wengert::detail::AnyHandle(tensor_) : wengert::detail::AnyHandle(scalar_);
  }
  /// The elements, out of the recording, as f64; a number has rank 0.
  [[nodiscard]] Array elements() const;
  /// [] for a number.
  [[nodiscard]] Shape shape() const { return is_array() ? tensor_.shape() : Shape{}; }
  /// In the recording; 0 for a constant.
  [[nodiscard]] std::uint32_t id() const noexcept { return is_array() ? tensor_.id() : scalar_.id(); }
  /// Names it; not a constant.
  void name_in(Recording& recording, std::string_view name) const;
  /// For messages: "a number", "an array of shape [2,3]".
  [[nodiscard]] std::string description() const;

 private:
  enum class Kind : std::uint8_t { number, truth, array };

  Scalar scalar_{0.0};
  Tensor tensor_;
  Kind kind_ = Kind::number;
};

/// Throws CapacityError when an array of so many elements (a product of extents, as a double) is not to be made.
void check_elements(std::string_view operation, double count);

}  // namespace wengert::cli
