/// Texts, hashes and refusals of element types and shapes; see types.hpp.
#include "wengert/graph/types.hpp"

#include "wengert/graph/error.hpp"

namespace wengert {

std::string_view to_string(Dtype dtype) noexcept {
  switch (dtype) {
    case Dtype::f32:
      return "f32";
    case Dtype::f64:
      return "f64";
    case Dtype::i32:
      return "i32";
    case Dtype::i64:
      return "i64";
    case Dtype::boolean:
      return "bool";
  }
  return "?";
}

bool parse_dtype(std::string_view text, Dtype& dtype) noexcept {
  for (const Dtype candidate : {Dtype::f32, Dtype::f64, Dtype::i32, Dtype::i64, Dtype::boolean}) {
    if (text == to_string(candidate)) {
      dtype = candidate;
      return true;
    }
  }
  return false;
}

namespace {

std::string join(std::span<const std::int64_t> extents) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (axis != 0) {
      text += ',';
    }
    text += std::to_string(extents[axis]);
  }
  text += ']';
  return text;
}

}  // namespace

void Shape::refuse(std::span<const std::int64_t> extents, std::source_location where) {
  if (extents.size() > max_rank) {
    throw ShapeError{{.operation = "Shape",
                      .problem = "rank " + std::to_string(extents.size()),
                      .expected = "rank at most 8",
                      .where = where}};
  }
  const std::string text = join(extents);
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (extents[axis] < 0) {
      throw ShapeError{{.operation = "Shape",
                        .operands = {text},
                        .problem = "extent " + std::to_string(axis) + " of " + text + " is negative",
                        .expected = "extents >= 0",
                        .where = where}};
    }
  }
  throw ShapeError{{.operation = "Shape",
                    .operands = {text},
                    .problem = text + " has more than 2^63 - 1 elements",
                    .expected = "a product of extents (0 counted as 1) that fits in 63 bits",
                    .where = where}};
}

std::string to_string(const Shape& shape) { return join(shape.extents()); }

std::size_t hash_value(const Shape& shape) noexcept {
  std::uint64_t hash = mix_hash(0, shape.rank());
  for (const std::int64_t extent : shape) {
    hash = mix_hash(hash, static_cast<std::uint64_t>(extent));
  }
  return static_cast<std::size_t>(hash);
}

std::string to_string(const Type& type) {
  std::string text{to_string(type.dtype)};
  if (type.shape.rank() != 0) {
    text += to_string(type.shape);
  }
  return text;
}

std::size_t hash_value(const Type& type) noexcept {
  return static_cast<std::size_t>(mix_hash(hash_value(type.shape), static_cast<std::uint64_t>(type.dtype)));
}

std::size_t byte_size(const Type& type, std::source_location where) {
  const std::size_t width = size_of(type.dtype);
  const auto count = static_cast<std::size_t>(type.shape.size());
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, width, &bytes) || bytes > static_cast<std::size_t>(INT64_MAX)) {
    throw CapacityError{{.operation = "array",
                         .operands = {to_string(type)},
                         .problem = to_string(type) + " takes more than 2^63 - 1 bytes",
                         .where = where}};
  }
  return bytes;
}

}  // namespace wengert
