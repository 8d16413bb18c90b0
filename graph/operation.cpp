/// Attributes, the table of operations and the check that every application goes through; see operation.hpp.
#include "wengert/graph/operation.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

std::string digits_of(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

}  // namespace

bool identical(const Attribute& a, const Attribute& b) noexcept {
  if (a.index() != b.index()) {
    return false;
  }
  if (const double* const x = std::get_if<double>(&a)) {
    return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*std::get_if<double>(&b));
  }
  return a == b;
}

std::size_t hash_value(const Attribute& attribute) noexcept {
  struct Hasher {
    std::uint64_t operator()(std::monostate) const noexcept { return 0; }
    std::uint64_t operator()(double value) const noexcept { return std::bit_cast<std::uint64_t>(value); }
    std::uint64_t operator()(std::int64_t value) const noexcept { return static_cast<std::uint64_t>(value); }
    std::uint64_t operator()(const std::vector<std::int64_t>& values) const noexcept {
      std::uint64_t hash = values.size();
      for (const std::int64_t value : values) {
        hash = mix_hash(hash, static_cast<std::uint64_t>(value));
      }
      return hash;
    }
    std::uint64_t operator()(const Array& array) const noexcept { return hash_value(array); }
    std::uint64_t operator()(const std::string& text) const noexcept { return std::hash<std::string>{}(text); }
    std::uint64_t operator()(const std::shared_ptr<const Function>& function) const noexcept {
      return std::bit_cast<std::uintptr_t>(function.get());
    }
  };
  return static_cast<std::size_t>(mix_hash(attribute.index(), std::visit(Hasher{}, attribute)));
}

Function::~Function() = default;

std::string to_string(const Attribute& attribute) {
  struct Writer {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(double value) const { return digits_of(value); }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(const std::vector<std::int64_t>& values) const {
      std::string text = "[";
      for (const std::int64_t value : values) {
        text += (text.size() == 1 ? "" : ",") + std::to_string(value);
      }
      return text + "]";
    }
    std::string operator()(const Array& array) const { return wengert::to_string(array); }
    std::string operator()(const std::string& text) const { return '"' + text + '"'; }
    std::string operator()(const std::shared_ptr<const Function>& function) const {
      return function == nullptr ? std::string{} : function->name();
    }
  };
  return std::visit(Writer{}, attribute);
}

AttributeKind kind_of(const Attribute& attribute) noexcept {
  return static_cast<AttributeKind>(1U << attribute.index());
}

std::string to_string(AttributeKind set) {
  static constexpr std::array<std::string_view, 7> names{"none",  "real", "integer", "integers",
                                                         "array", "text", "function"};
  std::string text;
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    if (contains(set, static_cast<AttributeKind>(1U << bit))) {
      text += text.empty() ? "" : " or ";
      text += names[bit];
    }
  }
  return text;
}

namespace {

Type constant_type(std::span<const Type> /*operands*/, const Attribute& attribute) {
  if (const Array* const array = std::get_if<Array>(&attribute)) {
    return array->type();
  }
  return Type{std::holds_alternative<double>(attribute) ? Dtype::f64 : Dtype::i64, Shape{}};
}

}  // namespace

constinit const Operation variable_operation_record{
    .name = "variable", .symbol = "", .doc = "an input", .arity = 0, .pure = false};
constinit const Operation constant_operation_record{
    .name = "constant",
    .symbol = "",
    .doc = "a number or an array",
    .arity = 0,
    .attribute = AttributeKind::real | AttributeKind::integer | AttributeKind::array,
    .type_rule = &constant_type};

namespace {

/// Append-only, in pages that are made as ids reach them. Reading an entry takes no lock: an id is handed out after its
/// entry was stored.
class Table {
 public:
  Table() {
    enter(variable_operation_record);
    enter(constant_operation_record);
  }

  OperationId enter(const Operation& record) {
    {
      const std::shared_lock lock(mutex_);
      const auto known = ids_.find(record.name);
      if (known != ids_.end() && at(known->second) == &record) return known->second;
    }
    const std::unique_lock lock(mutex_);
    const std::size_t next = count_.load(std::memory_order_relaxed);
    const auto found = ids_.find(record.name);
    if (found != ids_.end()) {
      if (at(found->second) == &record) {
        return found->second;
      }
      throw ArgumentError{{.operation = "register_operation",
                           .operands = {std::string(record.name)},
                           .problem = "another operation has the name '" + std::string(record.name) + "'",
                           .hint = "names are unique in a process; put a prefix before yours, e.g. \"mine." +
                                   std::string(record.name) + "\""}};
    }
    if (next == page_size * pages_.size()) {
      throw CapacityError{{.operation = "register_operation",
                           .operands = {std::string(record.name)},
                           .problem = "65536 operations are in use"}};
    }
    const OperationId id{static_cast<std::uint16_t>(next)};
    std::atomic<Page*>& page = pages_[next / page_size];
    if (page.load(std::memory_order_relaxed) == nullptr) page.store(new Page{}, std::memory_order_release);
    ids_.emplace(record.name, id);
    (*page.load(std::memory_order_relaxed))[next % page_size].store(&record, std::memory_order_release);
    count_.store(next + 1, std::memory_order_release);
    return id;
  }

  [[nodiscard]] const Operation* at(OperationId id) const noexcept {
    const Page* const page = pages_[index_of(id) / page_size].load(std::memory_order_acquire);
    return page == nullptr ? nullptr : (*page)[index_of(id) % page_size].load(std::memory_order_acquire);
  }

  const Operation* find(std::string_view name, OperationId* id) const noexcept {
    const std::shared_lock lock(mutex_);
    const auto found = ids_.find(name);
    if (found == ids_.end()) {
      return nullptr;
    }
    if (id != nullptr) {
      *id = found->second;
    }
    return at(found->second);
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t page_size = 256;
  using Page = std::array<std::atomic<const Operation*>, page_size>;

  std::array<std::atomic<Page*>, 256> pages_{};  // none is ever freed, as the table
  std::atomic<std::size_t> count_{0};
  std::unordered_map<std::string_view, OperationId> ids_;
  mutable std::shared_mutex mutex_;
};

/// Made at first use and never destroyed, so that it outlives every user in static storage.
Table& table() {
  static Table& only = *new Table;
  return only;
}

bool well_formed(std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || !lower(name.front())) {
    return false;
  }
  for (const char c : name) {
    if (!lower(c) && !(c >= '0' && c <= '9') && c != '_' && c != '.') {
      return false;
    }
  }
  return true;
}

}  // namespace

OperationId register_operation(const Operation& operation) {
  if (!well_formed(operation.name)) {
    throw ArgumentError{{.operation = "register_operation",
                         .operands = {std::string(operation.name)},
                         .problem = "'" + std::string(operation.name) + "' is no name for an operation",
                         .expected = "[a-z][a-z0-9_.]*"}};
  }
  if (operation.type_rule == nullptr && &operation != &variable_operation_record) {
    throw ArgumentError{{.operation = "register_operation",
                         .operands = {std::string(operation.name)},
                         .problem = "'" + std::string(operation.name) + "' has no type rule",
                         .expected = "a function that gives the type of the result, or refuses the operands"}};
  }
  if (operation.arity < variadic) {
    throw ArgumentError{
        {.operation = "register_operation",
         .operands = {std::string(operation.name)},
         .problem = "'" + std::string(operation.name) + "' has arity " + std::to_string(operation.arity),
         .expected = "a number of operands, or variadic"}};
  }
  return table().enter(operation);
}

const Operation& operation(OperationId id) {
  const Operation* const found = table().at(id);
  if (found == nullptr) {
    throw InternalError{
        {.operation = "operation", .problem = "no operation has the id " + std::to_string(index_of(id))}};
  }
  return *found;
}

const Operation* find_operation(std::string_view name, OperationId* id) noexcept { return table().find(name, id); }

std::size_t operation_count() noexcept { return table().count(); }

namespace {

std::vector<std::string> texts_of(std::span<const Type> types) {
  std::vector<std::string> texts;
  texts.reserve(types.size());
  for (const Type& type : types) {
    texts.push_back(to_string(type));
  }
  return texts;
}

std::string operands_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " operand" : " operands"); }

}  // namespace

Type result_type(const Operation& operation, std::span<const Type> operands, const Attribute& attribute,
                 std::source_location where) {
  if (operation.arity != variadic && operands.size() != static_cast<std::size_t>(operation.arity)) [[unlikely]] {
    throw ArgumentError{{.operation = std::string(operation.name),
                         .operands = texts_of(operands),
                         .problem = operands_text(operands.size()),
                         .expected = operands_text(static_cast<std::size_t>(operation.arity)),
                         .where = where}};
  }
  if (!contains(operation.attribute, kind_of(attribute))) [[unlikely]] {
    throw ArgumentError{{.operation = std::string(operation.name),
                         .operands = texts_of(operands),
                         .problem = "attribute of kind " + to_string(kind_of(attribute)),
                         .expected = to_string(operation.attribute),
                         .where = where}};
  }
  if (operation.type_rule == nullptr) [[unlikely]] {
    throw InternalError{{.operation = std::string(operation.name), .problem = "no type rule", .where = where}};
  }
  try {
    return operation.type_rule(operands, attribute);
  } catch (const Error& error) {
    error.rethrow_at(where, operation.name, texts_of(operands));
  }
}

}  // namespace wengert::graph
