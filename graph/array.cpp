/// Allocation, checks and access of Array; see array.hpp.
#include "wengert/graph/array.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "wengert/graph/blocks.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/small_blocks.hpp"

namespace wengert {

using detail::ArrayHeader;

namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register
constexpr std::size_t header_bytes = (sizeof(ArrayHeader) + alignment - 1) / alignment * alignment;

[[noreturn]] void refuse_memory(const Type& type, std::size_t bytes, std::source_location where) {
  throw CapacityError{
      {.operation = "array",
       .operands = {to_string(type)},
       .problem = to_string(type) + " takes " + std::to_string(bytes) + " bytes, which are not to be had",
       .where = where}};
}

/// Writes `value` as a T at `target`; false when T cannot hold it.
template <Element T>
bool store(double value, std::byte* target) noexcept {
  T element{};
  if constexpr (std::same_as<T, bool>) {
    if (value != 0.0 && value != 1.0) {
      return false;
    }
    element = value != 0.0;
  } else if constexpr (std::integral<T>) {
    // The bounds are powers of two, hence exact as doubles; the upper one is excluded. A NaN fails both.
    const double limit = std::ldexp(1.0, static_cast<int>(8 * sizeof(T)) - 1);
    if (!(value >= -limit && value < limit) || value != std::floor(value)) {
      return false;
    }
    element = static_cast<T>(value);
  } else {
    element = static_cast<T>(value);
  }
  std::memcpy(target, &element, sizeof element);
  return true;
}

// An allocation is a small block (small_blocks.hpp), what malloc gave, or a block (blocks.hpp), marked by its lowest
// bit.
constexpr std::uintptr_t is_block = 1;
std::uintptr_t address_of(void* allocation) noexcept {
  return reinterpret_cast<std::uintptr_t>(allocation) & ~is_block;
}
void* allocate_bytes(std::size_t bytes) noexcept {
  if (bytes <= detail::largest_small_block) return detail::take_small_block(bytes);
  if (bytes < detail::least_block) return std::malloc(bytes);  // NOLINT(cppcoreguidelines-no-malloc)
  void* const block = detail::take_block(bytes);
  return block == nullptr ? nullptr : static_cast<std::byte*>(block) + is_block;
}
void free_bytes(void* allocation, std::size_t small) noexcept {
  if (small != 0) return detail::give_small_block(allocation, small);
  const auto address = reinterpret_cast<std::uintptr_t>(allocation);
  if ((address & is_block) != 0)
    detail::give_block(static_cast<std::byte*>(allocation) - is_block);
  else
    std::free(allocation);  // NOLINT(cppcoreguidelines-no-malloc): pairs with malloc
}

using Keeper = std::shared_ptr<const std::byte>;
/// Where the pointer lies that keeps adopted elements alive.
Keeper* keeper_of(ArrayHeader* header) noexcept {
  return reinterpret_cast<Keeper*>(reinterpret_cast<std::byte*>(header) + header_bytes);
}

}  // namespace

ArrayHeader* Array::allocate(const Type& type, std::size_t bytes, std::source_location where) {
  if (bytes > static_cast<std::size_t>(INT64_MAX) - header_bytes - alignment) {
    refuse_memory(type, bytes, where);
  }
  // malloc and room to align in: glibc's aligned_alloc passes its thread's cache of free blocks by, and takes several
  // times as long for small arrays.
  const std::size_t all = header_bytes + bytes + alignment - 1;
  void* const allocation = allocate_bytes(all);
  if (allocation == nullptr) {
    refuse_memory(type, bytes, where);
  }
  const auto place = (address_of(allocation) + alignment - 1) / alignment * alignment;
  void* const memory = reinterpret_cast<void*>(place);
  // Member by member: clearing the type first would take longer than all the rest.
  return new (memory) ArrayHeader{.elements = static_cast<std::byte*>(memory) + header_bytes,
                                  .allocation = allocation,
                                  .small = all <= detail::largest_small_block ? static_cast<std::uint32_t>(all) : 0,
                                  .type = type};
}

void Array::release(ArrayHeader* header) noexcept {
  // At most two rounds: an owner owns its own elements.
  while (header != nullptr && header->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    ArrayHeader* const owner = header->owner;
    void* const allocation = header->allocation;
    const std::size_t small = header->small;
    if (header->adopted) std::destroy_at(keeper_of(header));
    header->~ArrayHeader();
    free_bytes(allocation, small);
    header = owner;
  }
}

Array::Array(const Array& other) noexcept : header_(other.header_) {
  if (header_ != nullptr) {
    header_->references.fetch_add(1, std::memory_order_relaxed);
  }
}

Array Array::uninitialised(const Type& type, std::source_location where) {
  return Array{allocate(type, byte_size(type, where), where)};
}

Array Array::zeros(const Type& type, std::source_location where) {
  const std::size_t bytes = byte_size(type, where);
  Array result{allocate(type, bytes, where)};
  if (bytes != 0) {
    std::memset(result.header_->elements, 0, bytes);
  }
  return result;
}

Array Array::uniform(const Type& type, double value, std::source_location where) {
  const bool empty = type.shape.size() == 0;
  Array result{allocate(type, empty ? 0 : size_of(type.dtype), where)};
  result.header_->uniform = type.shape.size() > 1;
  if (empty) {
    return result;
  }
  const bool held = with_element_type(
      type.dtype, [&]<class T>(std::type_identity<T>) { return store<T>(value, result.header_->elements); });
  if (!held) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    throw ArgumentError{{.operation = "array",
                         .operands = {to_string(type)},
                         .problem = "the value " + std::string(digits, end) + " is not a value of " +
                                    std::string(to_string(type.dtype)),
                         .where = where}};
  }
  return result;
}

Array Array::adopt_bytes(std::shared_ptr<const std::byte> elements, const Type& type, std::source_location where) {
  if (elements == nullptr && type.shape.size() != 0) {
    throw ArgumentError{{.operation = "array",
                         .operands = {to_string(type)},
                         .problem = "no elements for " + to_string(type),
                         .where = where}};
  }
  Array result{allocate(type, sizeof(Keeper), where)};
  // Never written: mutable_data() refuses what is adopted.
  result.header_->elements = const_cast<std::byte*>(elements.get());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  std::construct_at(keeper_of(result.header_), std::move(elements));
  result.header_->adopted = true;
  return result;
}

Array Array::over(std::byte* memory, const Type& type, std::source_location where) {
  Array result{allocate(type, 0, where)};
  result.header_->elements = memory;
  return result;
}

Array Array::unknown(const Type& type) {
  Array result{allocate(type, 0, {})};
  result.header_->elements = nullptr;
  result.header_->unknown = true;
  return result;
}

Array Array::scalar(double value) { return uniform(Type{}, value); }

template <class T>
Array Array::copy_of(std::span<const T> values, const Shape& shape, std::source_location where) {
  if (values.size() != static_cast<std::size_t>(shape.size())) {
    throw ShapeError{{.operation = "array",
                      .problem = std::to_string(values.size()) + " values for shape " + to_string(shape),
                      .expected = std::to_string(shape.size()) + " values",
                      .where = where}};
  }
  Array result = uninitialised(Type{dtype_of<T>(), shape}, where);
  if (!values.empty()) {
    std::memcpy(result.header_->elements, values.data(), values.size_bytes());
  }
  return result;
}

Array Array::from(std::span<const double> values, const Shape& shape, std::source_location where) {
  return copy_of(values, shape, where);
}
Array Array::from(std::initializer_list<double> values, const Shape& shape, std::source_location where) {
  return copy_of(std::span<const double>(values.begin(), values.size()), shape, where);
}
Array Array::from(std::span<const float> values, const Shape& shape, std::source_location where) {
  return copy_of(values, shape, where);
}
Array Array::from(std::span<const std::int32_t> values, const Shape& shape, std::source_location where) {
  return copy_of(values, shape, where);
}
Array Array::from(std::span<const std::int64_t> values, const Shape& shape, std::source_location where) {
  return copy_of(values, shape, where);
}
Array Array::from(std::span<const bool> values, const Shape& shape, std::source_location where) {
  return copy_of(values, shape, where);
}

std::span<const std::byte> Array::stored_bytes() const noexcept {
  return header_ == nullptr ? std::span<const std::byte>{}
                            : std::span<const std::byte>{header_->elements, stored_count() * size_of(dtype())};
}

std::span<const std::byte> Array::bytes() const {
  if (is_unknown()) refuse_unknown();
  return stored_bytes();
}

void Array::refuse_unknown() const {
  throw UnknownValue{{.operation = "array",
                      .operands = {to_string(type())},
                      .problem = "the elements of " + to_string(type()) + " are not known: it is traced from its type",
                      .expected = "a value that is computed",
                      .hint = "trace with example values"}};
}

void Array::check_access_slowly(Dtype wanted, Access access) const {
  if (wanted != dtype()) {
    throw DtypeError{{.operation = "array",
                      .operands = {to_string(type())},
                      .problem = "elements of " + to_string(type()) + " read as " + std::string(to_string(wanted)),
                      .expected = std::string(to_string(dtype()))}};
  }
  if (is_unknown()) refuse_unknown();
  if (access != Access::stored && is_uniform()) {
    throw ArgumentError{{.operation = "array",
                         .operands = {to_string(type())},
                         .problem = to_string(type()) + " is uniform: it stores one element",
                         .hint = "use stored() with stride(), or dense()"}};
  }
  if (access == Access::writable && !unique()) {
    throw InternalError{{.operation = "array",
                         .operands = {to_string(type())},
                         .problem = "a shared " + to_string(type()) + " would be written",
                         .expected = "a sole owner"}};
  }
}

namespace {

void check_index(const Array& array, std::int64_t index) {
  if (index < 0 || index >= array.size()) {
    throw ArgumentError{{.operation = "array",
                         .operands = {to_string(array.type())},
                         .problem = "element " + std::to_string(index) + " of " + to_string(array.type()),
                         .expected = "an index from 0 to " + std::to_string(array.size() - 1)}};
  }
}

}  // namespace

double Array::element(std::int64_t index) const {
  check_index(*this, index);
  if (is_unknown()) refuse_unknown();
  const auto position = static_cast<std::size_t>(index * stride());
  return with_element_type(
      dtype(), [&]<class T>(std::type_identity<T>) { return static_cast<double>(elements<const T>()[position]); });
}

std::int64_t Array::integer_element(std::int64_t index) const {
  check_index(*this, index);
  if (is_unknown()) refuse_unknown();
  const auto position = static_cast<std::size_t>(index * stride());
  switch (dtype()) {
    case Dtype::i32:
      return elements<const std::int32_t>()[position];
    case Dtype::i64:
      return elements<const std::int64_t>()[position];
    case Dtype::boolean:
      return elements<const bool>()[position] ? 1 : 0;
    case Dtype::f32:
    case Dtype::f64:
      break;
  }
  throw DtypeError{{.operation = "array",
                    .operands = {to_string(type())},
                    .problem = "elements of " + to_string(type()) + " read as integers",
                    .expected = "i32, i64 or bool"}};
}

Array Array::reshaped(const Shape& shape, std::source_location where) const {
  if (shape.size() != size()) {
    throw ShapeError{{.operation = "reshape",
                      .operands = {to_string(type())},
                      .problem = to_string(type()) + " has " + std::to_string(size()) + " elements",
                      .expected = std::to_string(shape.size()) + " for " + to_string(shape),
                      .where = where}};
  }
  ArrayHeader* const header = allocate(Type{dtype(), shape}, 0, where);
  if (header_ != nullptr) {
    ArrayHeader* const owner = header_->owner == nullptr ? header_ : header_->owner;
    owner->references.fetch_add(1, std::memory_order_relaxed);
    header->owner = owner;
    header->elements = header_->elements;
    header->uniform = header_->uniform;
    header->unknown = header_->unknown;
  }
  return Array{header};
}

Array Array::dense() const {
  if (!is_uniform()) {
    return *this;
  }
  Array result = uninitialised(type());
  with_element_type(dtype(), [&]<class T>(std::type_identity<T>) {
    const T value = elements<const T>()[0];
    const std::span<T> target = result.elements<T>();
    std::fill(target.begin(), target.end(), value);
  });
  return result;
}

bool Array::unique() const noexcept {
  const auto sole = [](const ArrayHeader& header) {
    return !header.adopted && header.references.load(std::memory_order_acquire) == 1;
  };
  return header_ == nullptr || (sole(*header_) && (header_->owner == nullptr || sole(*header_->owner)));
}

bool operator==(const Array& a, const Array& b) noexcept {
  if (a.header_ == b.header_) {
    return true;
  }
  if (a.is_uniform() != b.is_uniform() || a.type() != b.type() || a.is_unknown() || b.is_unknown()) {
    return false;
  }
  const auto x = a.stored_bytes();
  const auto y = b.stored_bytes();
  return x.empty() || std::memcmp(x.data(), y.data(), x.size()) == 0;
}

std::size_t hash_value(const Array& array) noexcept {
  std::uint64_t hash = mix_hash(hash_value(array.type()), array.is_uniform() ? 1 : 0);
  std::span<const std::byte> bytes = array.is_unknown() ? std::span<const std::byte>{} : array.bytes();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), count);
    hash = mix_hash(hash, word);
    bytes = bytes.subspan(count);
  }
  return static_cast<std::size_t>(hash);
}

std::string to_string(const Array& array, std::size_t most_elements) {
  std::string text = to_string(array.type());
  if (array.is_unknown()) return text + "{?}";
  text += '{';
  const auto shown = array.is_uniform() ? 1 : std::min(static_cast<std::size_t>(array.size()), most_elements);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto index = static_cast<std::int64_t>(i);
    if (i != 0) {
      text += ", ";
    }
    char digits[32];
    char* const last = digits + sizeof digits;
    const char* end = nullptr;
    switch (array.dtype()) {
      case Dtype::f64:
        end = std::to_chars(digits, last, array.element(index)).ptr;
        break;
      case Dtype::f32:
        end = std::to_chars(digits, last, static_cast<float>(array.element(index))).ptr;
        break;
      default:
        end = std::to_chars(digits, last, array.integer_element(index)).ptr;
        break;
    }
    text.append(digits, static_cast<std::size_t>(end - digits));
  }
  if (array.is_uniform()) {
    text += " ...";
  } else if (shown < static_cast<std::size_t>(array.size())) {
    text += shown == 0 ? "..." : ", ...";
  }
  text += '}';
  return text;
}

}  // namespace wengert
