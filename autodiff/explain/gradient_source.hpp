// GradientSource: what a recorded gradient is the derivative of, and by what. A handle does not say it; the recording
// keeps it (GradientTie in record/stream.hpp).
#pragma once

#include <source_location>
#include <string>

#include "wengert/autodiff/record/gradient.hpp"

namespace wengert::detail {

class GradientSource {
 public:
  /// Throws StaleHandle, ForeignRecording; ArgumentError for a constant, for what no gradient() recorded, and for a
  /// value that is several gradients at once. `operation` is what errors name.
  GradientSource(const AnyHandle& gradient, const char* operation, std::source_location where);

  [[nodiscard]] AnyHandle of() const noexcept { return of_.handle(); }
  [[nodiscard]] AnyHandle by() const noexcept { return by_.handle(); }

 private:
  /// AnyHandle refers to the tensor that it is made of.
  struct Value {
    Scalar scalar{};
    Tensor tensor{};
    bool is_tensor = false;
    [[nodiscard]] AnyHandle handle() const noexcept { return is_tensor ? AnyHandle(tensor) : AnyHandle(scalar); }
  };
  [[nodiscard]] static Value value_of(const Stream& stream, Id id);

  Value of_, by_;
};

/// What a value is called: its name, or ∂L/∂w of a gradient by the names of what it belongs to, nested ones in
/// brackets; empty where there is neither.
[[nodiscard]] std::string name_of(const AnyHandle& value);

}  // namespace wengert::detail
