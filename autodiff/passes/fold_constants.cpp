#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::passes {

using graph::NodeId;

namespace {

/// Bytes up to which a result of smaller operands is stored all the same: what a few numbers take.
constexpr std::size_t few_bytes = 4096;

std::size_t stored_bytes(const graph::Attribute& constant) {
  const auto* array = std::get_if<Array>(&constant);
  return array == nullptr ? sizeof(double) : array->bytes().size();
}

/// Gives a uniform result for uniform operands.
bool keeps_uniform(const graph::Operation& operation, Known what) {
  switch (what) {
    case Known::broadcast:
    case Known::reshape:
    case Known::permute:
    case Known::slice:
    case Known::convert:
      return true;
    default:
      return operation.elementwise;
  }
}

class Folder {
 public:
  Folder(const graph::Graph& graph, std::size_t small) : rebuild_(graph), old_(graph), small_(small) {}

  Rewrite run() && {
    return std::move(rebuild_).run([&](NodeId id, std::span<const NodeId> operands) {
      if (const auto value = folded(id, operands)) return rebuild_.constant(*value);
      return rebuild_.builder().add(old_.operation_id(id), operands, old_.attribute(id));
    });
  }

 private:
  /// The value of node `id`, if it can be computed now and need not be stored at length.
  std::optional<Array> folded(NodeId id, std::span<const NodeId> operands) {
    const graph::GraphBuilder& builder = rebuild_.builder();
    std::size_t bytes = small_;
    bool uniform = true;
    for (const NodeId operand : operands) {
      if (builder.operation_id(operand) != graph::constant_operation) return std::nullopt;
    }
    const graph::Operation& operation = old_.operation(id);
    if (!operation.pure || operands.empty()) return std::nullopt;
    std::size_t operand_bytes = 0;
    for (const NodeId operand : operands) {
      operand_bytes += stored_bytes(builder.attribute(operand));
      uniform = uniform && uniform_element(builder.attribute(operand)).has_value();
    }
    bytes = std::max(bytes, operand_bytes);
    const Type& type = old_.type(id);
    uniform = uniform && keeps_uniform(operation, known(old_.operation_id(id)));
    if (!uniform && byte_size(type) > bytes) return std::nullopt;
    values_.clear();
    for (const NodeId operand : operands) values_.push_back(constant_elements(builder.attribute(operand)));
    try {
      Array value = value_of(operation, values_, old_.attribute(id), type);
      if (!uniform || value.is_uniform() || value.bytes().size() <= bytes) return value;
      // A kernel that stores each element of what is uniform.
      return with_element_type(type.dtype, [&]<class T>(std::type_identity<T>) {
        return Array::uniform_of<T>(type.shape, value.stored<T>()[0]);
      });
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  Rebuild rebuild_;
  const graph::Graph& old_;
  const std::size_t small_;
  std::vector<Array> values_;
};

}  // namespace

Rewrite fold_constants(const graph::Graph& graph, std::size_t small) { return Folder(graph, small).run(); }
Rewrite fold_constants(const graph::Graph& graph) { return fold_constants(graph, few_bytes); }

}  // namespace wengert::passes
