// Handles: values of a recording, one or several, Scalars or tensors, as functions on whole lists of them take them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/recording.hpp"

namespace wengert {

/// A list of values, made where a function takes one: of a Scalar or a Tensor, or a vector, array or span of either.
/// Refers to the tensors it was made of.
class Handles {
 public:
  Handles(const Scalar& x) : list_{x} {}  // NOLINT: whatever is a list of values converts
  Handles(const Tensor& x) : list_{x} {}  // NOLINT
  template <class X>
    requires std::constructible_from<detail::AnyHandle, const X&>
  Handles(std::span<const X> x) : list_(x.begin(), x.end()) {}  // NOLINT
  template <class X>
    requires std::constructible_from<detail::AnyHandle, const X&>
  Handles(const std::vector<X>& x) : list_(x.begin(), x.end()) {}  // NOLINT
  template <class X, std::size_t N>
    requires std::constructible_from<detail::AnyHandle, const X&>
  Handles(const std::array<X, N>& x) : list_(x.begin(), x.end()) {}  // NOLINT
  /// An expression would be recorded anew: store it in a Scalar first.
  template <detail::CompositeExpression E>
  Handles(const E&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
  [[nodiscard]] const detail::AnyHandle& operator[](std::size_t k) const noexcept { return list_[k]; }
  [[nodiscard]] const detail::AnyHandle* begin() const noexcept { return list_.data(); }
  [[nodiscard]] const detail::AnyHandle* end() const noexcept { return list_.data() + list_.size(); }
  [[nodiscard]] operator std::span<const detail::AnyHandle>() const noexcept { return list_; }  // NOLINT
  /// Numbers in all of them: a tensor has as many as elements.
  [[nodiscard]] std::size_t elements() const noexcept {
    std::size_t count = 0;
    for (const detail::AnyHandle& x : list_) count += elements_of(x);
    return count;
  }
  [[nodiscard]] static std::size_t elements_of(const detail::AnyHandle& x) noexcept {
    return x.tensor == nullptr ? 1 : static_cast<std::size_t>(x.tensor->size());
  }

 private:
  std::vector<detail::AnyHandle> list_;
};

}  // namespace wengert
