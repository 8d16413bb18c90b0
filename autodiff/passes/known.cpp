#include "wengert/autodiff/passes/known.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::passes {

namespace {

// In the order of Known.
constexpr std::array<std::string_view, 46> names{"",
                                                 "abs",
                                                 "add",
                                                 "broadcast",
                                                 "concatenate",
                                                 "convert",
                                                 "div",
                                                 "exp",
                                                 "expm1",
                                                 "gather",
                                                 "greater",
                                                 "hypot",
                                                 "integer_pow",
                                                 "log",
                                                 "log1p",
                                                 "log_sigmoid",
                                                 "log_softmax",
                                                 "logical_not",
                                                 "logsumexp",
                                                 "matmul",
                                                 "max",
                                                 "min",
                                                 "mul",
                                                 "neg",
                                                 "norm",
                                                 "permute",
                                                 "pow",
                                                 "reciprocal",
                                                 "relu",
                                                 "reshape",
                                                 "scale",
                                                 "scatter_add_along",
                                                 "sigmoid",
                                                 "slice",
                                                 "softmax",
                                                 "softplus",
                                                 "sqrt",
                                                 "square",
                                                 "stack",
                                                 "sub",
                                                 "sum",
                                                 "take_along",
                                                 "tanh",
                                                 "to_scalar",
                                                 "to_tensor",
                                                 "where"};
static_assert(static_cast<std::size_t>(Known::where) + 1 == names.size());

struct Table {
  std::vector<Known> known;  // by operation id
  std::array<graph::OperationId, names.size()> ids{};
};

const Table& table() {
  static const Table made = [] {
    register_primitives();
    Table t;
    for (std::size_t k = 1; k < names.size(); ++k) {
      static_cast<void>(graph::find_operation(names[k], &t.ids[k]));
      const std::size_t index = graph::index_of(t.ids[k]);
      if (t.known.size() <= index) t.known.resize(index + 1, Known::other);
      t.known[index] = static_cast<Known>(k);
    }
    return t;
  }();
  return made;
}

}  // namespace

Known known(graph::OperationId operation) noexcept {
  const std::vector<Known>& by_id = table().known;
  const std::size_t index = graph::index_of(operation);
  return index < by_id.size() ? by_id[index] : Known::other;
}

graph::OperationId id_of(Known operation) noexcept { return table().ids[static_cast<std::size_t>(operation)]; }

}  // namespace wengert::passes
