/// Array: the numbers of a tensor. Type, and a shared, reference-counted, 64-byte aligned, row-major buffer.
///
/// An array is one pointer. Copying it shares the buffer; what is shared is never written. Who makes an array
/// fills it while nobody else holds it:
///
///     Array a = Array::uninitialised({Dtype::f64, Shape{2, 3}});
///     for (double& x : a.mutable_data<double>()) x = 0.5;      // throws InternalError once `a` is shared
///
/// A *uniform* array of two or more elements stores one element that stands for all of them: what broadcasting a
/// single number yields, at no cost. `data<T>()` wants one stored element per element and refuses a uniform
/// array; code that can use a stride of 0 asks for `stored<T>()` and `stride()` instead.
///
/// An *unknown* array has a type and no elements: what stands for a value while a program is traced from types alone.
/// Whoever asks for its elements gets UnknownValue.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <utility>

#include "wengert/graph/types.hpp"

namespace wengert {

namespace detail {

/// First bytes of an array's allocation; the elements follow it, or lie in the allocation of `owner`.
struct ArrayHeader {
  std::atomic<std::uint64_t> references{1};
  ArrayHeader* owner = nullptr;  // whose elements these are, when not ours (a reshaped array); one reference held
  std::byte* elements = nullptr;
  void* allocation = nullptr;  // where the allocation begins: up to `alignment` bytes before the header
  std::uint32_t small = 0;     // bytes of it, if it is a small block
  bool uniform = false;
  bool unknown = false;  // there are no elements
  bool adopted = false;  // the elements are somebody else's; behind the header lies a std::shared_ptr that keeps them
  Type type{};
};

/// The type of an array that was default-constructed.
inline constexpr Type no_elements{Dtype::f64, Shape{0}};

}  // namespace detail

class Array {
 public:
  /// f64[0]; allocates nothing.
  Array() noexcept = default;
  Array(const Array& other) noexcept;
  Array(Array&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Array& operator=(Array other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Array() {
    if (header_ != nullptr) release(header_);
  }

  /// @name Making one. All throw CapacityError when the bytes do not fit in memory. `where` is the line it names.
  /// @{

  /// Elements unspecified until written through mutable_data.
  [[nodiscard]] static Array uninitialised(const Type& type, std::source_location where = {});
  /// Every element stored, and 0 (so that it may be written).
  [[nodiscard]] static Array zeros(const Type& type, std::source_location where = {});
  /// One stored element for all. Throws ArgumentError when the dtype cannot hold `value` (2.5 as i32; 2 as bool).
  /// f32 rounds to nearest.
  [[nodiscard]] static Array uniform(const Type& type, double value, std::source_location where = {});
  /// The same for a value of the element type: exact, every bit of it.
  template <Element T>
  [[nodiscard]] static Array uniform_of(const Shape& shape, T value, std::source_location where = {}) {
    Array result = uniform(Type{dtype_of<T>(), shape}, 0.0, where);
    for (T& element : result.elements<T>()) element = value;
    return result;
  }
  /// Rank 0, f64.
  [[nodiscard]] static Array scalar(double value);
  /// A copy of `values`. Throws ShapeError unless there are `shape.size()` of them.
  [[nodiscard]] static Array from(std::span<const double> values, const Shape& shape, std::source_location where = {});
  [[nodiscard]] static Array from(std::initializer_list<double> values, const Shape& shape,
                                  std::source_location where = {});
  [[nodiscard]] static Array from(std::span<const float> values, const Shape& shape, std::source_location where = {});
  [[nodiscard]] static Array from(std::span<const std::int32_t> values, const Shape& shape,
                                  std::source_location where = {});
  [[nodiscard]] static Array from(std::span<const std::int64_t> values, const Shape& shape,
                                  std::source_location where = {});
  [[nodiscard]] static Array from(std::span<const bool> values, const Shape& shape, std::source_location where = {});
  /// The shape.size() elements at `elements`, in row-major order, which the pointer keeps alive: nothing is copied.
  /// They must not change as long as an array holds them; mutable_data() refuses them. Throws ArgumentError for a null
  /// pointer to one element or more. Their alignment is that of T, not the 64 bytes of an array's own buffer.
  template <Element T>
  [[nodiscard]] static Array adopt(const std::shared_ptr<const T>& elements, const Shape& shape,
                                   std::source_location where = {}) {
    return adopt_bytes({elements, reinterpret_cast<const std::byte*>(elements.get())}, Type{dtype_of<T>(), shape},
                       where);
  }
  /// Elements in memory that the caller owns, and keeps as long as an array of them lives: nothing is copied, and a
  /// sole holder may write them. Such arrays over the same memory do not know of each other. `memory` is 64-byte
  /// aligned.
  [[nodiscard]] static Array over(std::byte* memory, const Type& type, std::source_location where = {});
  /// No elements, only a type. Every function that reads or writes elements throws UnknownValue.
  [[nodiscard]] static Array unknown(const Type& type);
  /// @}

  [[nodiscard]] const Type& type() const noexcept { return header_ == nullptr ? detail::no_elements : header_->type; }
  [[nodiscard]] Dtype dtype() const noexcept { return type().dtype; }
  [[nodiscard]] const Shape& shape() const noexcept { return type().shape; }
  /// Number of elements (not of stored ones).
  [[nodiscard]] std::int64_t size() const noexcept { return type().shape.size(); }
  [[nodiscard]] std::size_t rank() const noexcept { return type().shape.rank(); }

  /// One stored element stands for all; never true below two elements.
  [[nodiscard]] bool is_uniform() const noexcept { return header_ != nullptr && header_->uniform; }
  /// It has a type and no elements.
  [[nodiscard]] bool is_unknown() const noexcept { return header_ != nullptr && header_->unknown; }
  /// 0 when uniform, else 1: element i is `stored<T>()[i * stride()]`.
  [[nodiscard]] std::int64_t stride() const noexcept { return is_uniform() ? 0 : 1; }

  /// All elements in row-major order. Throws DtypeError when T is not the dtype, ArgumentError when uniform.
  template <Element T>
  [[nodiscard]] std::span<const T> data() const {
    check_access(dtype_of<T>(), Access::dense);
    return elements<const T>();
  }
  /// The stored elements: one when uniform, else all. Throws DtypeError when T is not the dtype.
  template <Element T>
  [[nodiscard]] std::span<const T> stored() const {
    check_access(dtype_of<T>(), Access::stored);
    return elements<const T>();
  }
  /// The stored elements, to write. Throws as data(), and InternalError when anyone else holds the buffer.
  template <Element T>
  [[nodiscard]] std::span<T> mutable_data() {
    check_access(dtype_of<T>(), Access::writable);
    return elements<T>();
  }
  /// The stored elements as bytes; no questions asked about the dtype.
  [[nodiscard]] std::span<const std::byte> bytes() const;

  /// Element `index` in row-major order, as a double (an i64 beyond 2^53 rounds; a boolean is 0 or 1).
  /// Throws ArgumentError unless 0 <= index < size().
  [[nodiscard]] double element(std::int64_t index) const;
  /// The same for i32, i64 and boolean, exactly. Throws DtypeError for f32 and f64.
  [[nodiscard]] std::int64_t integer_element(std::int64_t index) const;

  /// The same elements in another shape, sharing the buffer. Throws ShapeError when the sizes differ.
  [[nodiscard]] Array reshaped(const Shape& shape, std::source_location where = {}) const;
  /// This array, or a copy with every element stored when this one is uniform.
  [[nodiscard]] Array dense() const;
  /// True when nobody else holds the buffer; false for adopted elements.
  [[nodiscard]] bool unique() const noexcept;

  /// Same type, same representation (uniform or not), same bits: 0.0 differs from -0.0, a NaN equals itself. An unknown
  /// array equals its copies only.
  friend bool operator==(const Array& a, const Array& b) noexcept;

 private:
  enum class Access : std::uint8_t { stored, dense, writable };

  explicit Array(detail::ArrayHeader* header) noexcept : header_(header) {}
  static detail::ArrayHeader* allocate(const Type& type, std::size_t bytes, std::source_location where);
  static void release(detail::ArrayHeader* header) noexcept;
  static Array adopt_bytes(std::shared_ptr<const std::byte> elements, const Type& type, std::source_location where);
  template <class T>
  static Array copy_of(std::span<const T> values, const Shape& shape, std::source_location where);
  void check_access(Dtype wanted, Access access) const {
    if (wanted != dtype() || access == Access::writable || (access == Access::dense && is_uniform()) || is_unknown())
        [[unlikely]] {
      check_access_slowly(wanted, access);
    }
  }
  void check_access_slowly(Dtype wanted, Access access) const;
  [[noreturn]] void refuse_unknown() const;
  [[nodiscard]] std::span<const std::byte> stored_bytes() const noexcept;
  [[nodiscard]] std::size_t stored_count() const noexcept {
    return is_uniform() ? 1 : static_cast<std::size_t>(size());
  }
  template <class T>
  [[nodiscard]] std::span<T> elements() const noexcept {
    return header_ == nullptr ? std::span<T>{} : std::span<T>{reinterpret_cast<T*>(header_->elements), stored_count()};
  }

  detail::ArrayHeader* header_ = nullptr;  // null: f64[0]
};

/// Hash that goes with ==.
[[nodiscard]] std::size_t hash_value(const Array& array) noexcept;

/// Type and elements, e.g. "f64[3]{1, 2, 3}", "f64[1000]{0, 0, 0, ...}"; a uniform one is "f64[1000]{0 ...}", an
/// unknown one "f64[3]{?}".
[[nodiscard]] std::string to_string(const Array& array, std::size_t most_elements = 8);

}  // namespace wengert
