/// What a value is: element type (Dtype), extents (Shape), and both together (Type).
///
/// Shapes live inline (no allocation) and cannot be malformed: rank, signs and the product of the extents
/// are checked when a shape is made, so nobody who holds one needs to check again.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace wengert {

/// Element types. A boolean is stored as one byte, 0 or 1.
enum class Dtype : std::uint8_t { f32, f64, i32, i64, boolean };

/// "f32", "f64", "i32", "i64", "bool".
[[nodiscard]] std::string_view to_string(Dtype dtype) noexcept;
/// The dtype whose text is `text`; false when there is none.
[[nodiscard]] bool parse_dtype(std::string_view text, Dtype& dtype) noexcept;

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(Dtype dtype) noexcept {
  switch (dtype) {
    case Dtype::f32:
    case Dtype::i32:
      return 4;
    case Dtype::f64:
    case Dtype::i64:
      return 8;
    case Dtype::boolean:
      return 1;
  }
  return 0;
}

/// True for f32 and f64, the types that have derivatives.
[[nodiscard]] constexpr bool is_real(Dtype dtype) noexcept { return dtype == Dtype::f32 || dtype == Dtype::f64; }

/// C++ types that are elements of arrays.
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> ||
                  std::same_as<T, std::int64_t> || std::same_as<T, bool>;

/// The dtype of a C++ element type.
template <Element T>
[[nodiscard]] constexpr Dtype dtype_of() noexcept {
  if constexpr (std::same_as<T, float>) {
    return Dtype::f32;
  } else if constexpr (std::same_as<T, double>) {
    return Dtype::f64;
  } else if constexpr (std::same_as<T, std::int32_t>) {
    return Dtype::i32;
  } else if constexpr (std::same_as<T, std::int64_t>) {
    return Dtype::i64;
  } else {
    return Dtype::boolean;
  }
}

/// Calls `f(std::type_identity<T>{})` with the C++ type of `dtype`; returns what it returns.
template <class F>
constexpr decltype(auto) with_element_type(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::f32:
      return f(std::type_identity<float>{});
    case Dtype::i32:
      return f(std::type_identity<std::int32_t>{});
    case Dtype::i64:
      return f(std::type_identity<std::int64_t>{});
    case Dtype::boolean:
      return f(std::type_identity<bool>{});
    case Dtype::f64:
      break;
  }
  return f(std::type_identity<double>{});
}

/// Extents of a value, outermost first; row-major. Rank 0 is a scalar and differs from Shape{1}.
///
/// Invariants: rank at most 8; every extent >= 0 (0 is legal: an empty array); the product of the extents,
/// with every 0 counted as 1, fits in 63 bits, so element counts and strides cannot overflow.
class Shape {
 public:
  static constexpr std::size_t max_rank = 8;

  /// Rank 0.
  constexpr Shape() noexcept = default;
  /// Throws ShapeError on a rank above 8, a negative extent, or too many elements.
  constexpr Shape(std::initializer_list<std::int64_t> extents,
                  std::source_location where = std::source_location::current())
      : Shape(std::span<const std::int64_t>(extents.begin(), extents.size()), where) {}
  /// The same for extents known at run time only.
  constexpr explicit Shape(std::span<const std::int64_t> extents,
                           std::source_location where = std::source_location::current()) {
    if (extents.size() > max_rank) {
      refuse(extents, where);
    }
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      const std::int64_t extent = extents[axis];
      const std::int64_t factor = extent == 0 ? 1 : extent;
      if (extent < 0 || padded_size_ > INT64_MAX / factor) {
        refuse(extents, where);
      }
      padded_size_ *= factor;
      empty_ = empty_ || extent == 0;
      extents_[axis] = extent;
    }
    rank_ = static_cast<std::uint8_t>(extents.size());
  }

  [[nodiscard]] constexpr std::size_t rank() const noexcept { return rank_; }
  /// Number of elements: the product of the extents; 1 for rank 0.
  [[nodiscard]] constexpr std::int64_t size() const noexcept { return empty_ ? 0 : padded_size_; }
  /// Extent of an axis; `axis < rank()`.
  [[nodiscard]] constexpr std::int64_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
  [[nodiscard]] constexpr std::span<const std::int64_t> extents() const noexcept { return {extents_.data(), rank_}; }
  [[nodiscard]] constexpr const std::int64_t* begin() const noexcept { return extents_.data(); }
  [[nodiscard]] constexpr const std::int64_t* end() const noexcept { return extents_.data() + rank_; }

  friend constexpr bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) {
      return false;
    }
    for (std::size_t axis = 0; axis < a.rank_; ++axis) {
      if (a.extents_[axis] != b.extents_[axis]) {
        return false;
      }
    }
    return true;
  }

 private:
  [[noreturn]] static void refuse(std::span<const std::int64_t> extents, std::source_location where);

  std::array<std::int64_t, max_rank> extents_{};
  std::int64_t padded_size_ = 1;  // product of the extents, every 0 counted as 1
  std::uint8_t rank_ = 0;
  bool empty_ = false;
};

/// "[2,3]"; "[]" for rank 0.
[[nodiscard]] std::string to_string(const Shape& shape);
[[nodiscard]] std::size_t hash_value(const Shape& shape) noexcept;

/// Element type and shape.
struct Type {
  Dtype dtype = Dtype::f64;
  Shape shape{};

  friend constexpr bool operator==(const Type&, const Type&) noexcept = default;
};

/// "f64[2,3]"; rank 0 is "f64".
[[nodiscard]] std::string to_string(const Type& type);
[[nodiscard]] std::size_t hash_value(const Type& type) noexcept;

/// Bytes that a dense array of this type takes. Throws CapacityError when they do not fit in 63 bits.
[[nodiscard]] std::size_t byte_size(const Type& type, std::source_location where = {});

/// Mixes `value` into `seed` (64-bit finaliser of SplitMix64: Steele, Lea, Flood 2014).
[[nodiscard]] constexpr std::uint64_t mix_hash(std::uint64_t seed, std::uint64_t value) noexcept {
  std::uint64_t z = seed + 0x9e3779b97f4a7c15ULL + value;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace wengert

template <>
struct std::hash<wengert::Shape> {
  std::size_t operator()(const wengert::Shape& shape) const noexcept { return hash_value(shape); }
};
template <>
struct std::hash<wengert::Type> {
  std::size_t operator()(const wengert::Type& type) const noexcept { return hash_value(type); }
};
