#include "wengert/nn/data/files/elements.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace wengert::nn::detail {
namespace {

/// Calls `f` with the C++ type of a form, as it is written and as it is kept.
template <class F>
void with_types(const ElementForm& form, const F& f) {
  const auto is = [&](char kind, std::size_t bytes) { return form.kind == kind && form.bytes == bytes; };
  const auto call = [&]<class From, class To>(std::type_identity<From> from, std::type_identity<To> to) {
    f(from, to);
  };
  using Byte = std::type_identity<std::uint8_t>;
  using I32 = std::type_identity<std::int32_t>;
  using I64 = std::type_identity<std::int64_t>;
  if (is('f', 4)) call(std::type_identity<float>{}, std::type_identity<float>{});
  if (is('f', 8)) call(std::type_identity<double>{}, std::type_identity<double>{});
  if (is('b', 1)) call(Byte{}, std::type_identity<bool>{});
  if (is('u', 1)) call(Byte{}, I32{});
  if (is('u', 2)) call(std::type_identity<std::uint16_t>{}, I32{});
  if (is('u', 4)) call(std::type_identity<std::uint32_t>{}, I64{});
  if (is('i', 1)) call(std::type_identity<std::int8_t>{}, I32{});
  if (is('i', 2)) call(std::type_identity<std::int16_t>{}, I32{});
  if (is('i', 4)) call(I32{}, I32{});
  if (is('i', 8)) call(I64{}, I64{});
}

template <class T>
T number_at(const char* place, bool swapped) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), place, sizeof(T));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

/// Calls `f` with the position in the file of each element in row-major order, where the first axis is the fastest.
template <class F>
void for_each_turned(const Shape& shape, const F& f) {
  std::array<std::size_t, Shape::max_rank> step{}, extent{}, position{};
  std::size_t product = 1;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    extent[axis] = static_cast<std::size_t>(shape[axis]);
    step[axis] = product;
    product *= extent[axis];
  }
  std::size_t from = 0;
  for (std::size_t k = 0; k < product; ++k) {
    f(from);
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      from += step[axis];
      if (++position[axis] < extent[axis]) break;
      from -= step[axis] * extent[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace

bool is_known(const ElementForm& form) noexcept {
  bool known = false;
  with_types(form, [&](auto, auto) { known = true; });
  return known;
}

Dtype dtype_of_form(const ElementForm& form) noexcept {
  Dtype dtype = Dtype::f64;
  with_types(form,
             [&]<class From, class To>(std::type_identity<From>, std::type_identity<To>) { dtype = dtype_of<To>(); });
  return dtype;
}

Array read_elements(const ElementForm& form, const Shape& shape, bool first_axis_fastest, std::string_view bytes,
                    std::size_t offset, const Source& source) {
  Array array = Array::uninitialised({dtype_of_form(form), shape}, source.where);
  const bool swapped = form.big_endian == (std::endian::native == std::endian::little);
  with_types(form, [&]<class From, class To>(std::type_identity<From>, std::type_identity<To>) {
    To* to = array.mutable_data<To>().data();
    const auto read = [&](std::size_t from) {
      const From value = number_at<From>(bytes.data() + from * sizeof(From), swapped);
      if constexpr (std::is_same_v<To, bool>) {
        if (value > 1) source.refuse(offset + from, "elements", "a boolean is neither 0 nor 1");
        *to++ = value == 1;
      } else {
        *to++ = static_cast<To>(value);  // NOLINT(bugprone-signed-char-misuse): -1 stays -1
      }
    };
    if (first_axis_fastest && shape.rank() > 1) {
      for_each_turned(shape, read);
    } else {
      for (std::size_t k = 0, count = static_cast<std::size_t>(shape.size()); k < count; ++k) read(k);
    }
  });
  return array;
}

std::uint64_t little_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[k]);
  return value;
}

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace wengert::nn::detail
