// Printing: handles, arrays, types and shapes to streams, and to fmt (and spdlog) or std::format where those are there.
//
//     #include "wengert/autodiff/record/format.hpp"
//     std::cout << loss << " " << weights << "\n";          // 0.25 f64[2,2]{1, 2, 3, 4}
//     spdlog::info("loss {:.3f}, {}", loss, weights);       // fmt's headers come first
//
// A header of its own, so that who prints nothing pays for no stream. A Scalar prints as its value and takes the
// formats of a double; a Tensor and an Array as type and elements, shortened. What is printed has left the recording.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <version>

#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/graph/array.hpp"
#include "wengert/graph/types.hpp"
#if defined(__cpp_lib_format)
#  include <format>
#endif

namespace wengert {

inline std::ostream& operator<<(std::ostream& to, const Scalar& x) { return to << x.value(); }
inline std::ostream& operator<<(std::ostream& to, const Tensor& x) { return to << to_string(x.value()); }
inline std::ostream& operator<<(std::ostream& to, const Array& x) { return to << to_string(x); }
inline std::ostream& operator<<(std::ostream& to, const Shape& x) { return to << to_string(x); }
inline std::ostream& operator<<(std::ostream& to, const Type& x) { return to << to_string(x); }
inline std::ostream& operator<<(std::ostream& to, Dtype x) { return to << to_string(x); }

namespace detail {
/// The text of what is not a number.
[[nodiscard]] inline std::string format_text(const Tensor& x) { return to_string(x.value()); }
template <class T>
[[nodiscard]] std::string format_text(const T& x) {
  return std::string(to_string(x));
}
}  // namespace detail

}  // namespace wengert

// fmt is here if its headers came before this one.
#if defined(FMT_VERSION)
template <>
struct fmt::formatter<wengert::Scalar> : fmt::formatter<double> {
  template <class Context>
  auto format(const wengert::Scalar& x, Context& context) const {
    return fmt::formatter<double>::format(x.value(), context);
  }
};
namespace wengert::detail {
template <class T>
struct FmtText : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& x, Context& context) const {
    return fmt::formatter<std::string_view>::format(format_text(x), context);
  }
};
}  // namespace wengert::detail
template <>
struct fmt::formatter<wengert::Tensor> : wengert::detail::FmtText<wengert::Tensor> {};
template <>
struct fmt::formatter<wengert::Array> : wengert::detail::FmtText<wengert::Array> {};
template <>
struct fmt::formatter<wengert::Shape> : wengert::detail::FmtText<wengert::Shape> {};
template <>
struct fmt::formatter<wengert::Type> : wengert::detail::FmtText<wengert::Type> {};
template <>
struct fmt::formatter<wengert::Dtype> : wengert::detail::FmtText<wengert::Dtype> {};
#endif

#if defined(__cpp_lib_format)
template <>
struct std::formatter<wengert::Scalar> : std::formatter<double> {
  template <class Context>
  auto format(const wengert::Scalar& x, Context& context) const {
    return std::formatter<double>::format(x.value(), context);
  }
};
namespace wengert::detail {
template <class T>
struct StdText : std::formatter<std::string_view> {
  template <class Context>
  auto format(const T& x, Context& context) const {
    return std::formatter<std::string_view>::format(format_text(x), context);
  }
};
}  // namespace wengert::detail
template <>
struct std::formatter<wengert::Tensor> : wengert::detail::StdText<wengert::Tensor> {};
template <>
struct std::formatter<wengert::Array> : wengert::detail::StdText<wengert::Array> {};
template <>
struct std::formatter<wengert::Shape> : wengert::detail::StdText<wengert::Shape> {};
template <>
struct std::formatter<wengert::Type> : wengert::detail::StdText<wengert::Type> {};
template <>
struct std::formatter<wengert::Dtype> : wengert::detail::StdText<wengert::Dtype> {};
#endif
