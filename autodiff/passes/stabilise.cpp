#include "wengert/autodiff/passes/stabilise.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/patterns.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::NodeId;

namespace {

constexpr std::string_view any = "every x", overflow = "exp overflows above x = 709.8",
                           small = "loses all digits of a small x";
constexpr std::string_view entropy = "add(softplus(neg(abs(z))), add(mul(sub(1, y), relu(z)), mul(y, relu(neg(z)))))";

constexpr StabilisingRule rules[] = {
    // Sums of exponentials.
    {"logsumexp", "log(sum[a](exp(x)))", "logsumexp[a](x)", "log Σ exp x → logsumexp x", any,
     "exp overflows, or all of it underflows to log 0"},
    {"logsumexp_reshaped", "log(reshape[s](sum[a](exp(x))))", "reshape[s](logsumexp[a](x))",
     "the same where the sum keeps its axes", any, "as logsumexp"},
    {"softmax", "div(exp(x), over[a](sum[a](exp(x))))", "softmax[a](x)", "exp x / Σ exp x → softmax x", any,
     "∞/∞ or 0/0"},
    {"log_softmax", "log(softmax[a](x))", "log_softmax[a](x)", "log softmax x → log_softmax x", any,
     "log 0 where x is 746 below the largest"},
    {"log_softmax_of_sum", "sub(x, over[a](logsumexp[a](x)))", "log_softmax[a](x)", "x − logsumexp x → log_softmax x",
     any, "rounds the largest element first"},
    // Logistic functions.
    {"softplus", "log(add(1, exp(x)))", "softplus(x)", "log(1 + exp x) → softplus x", any,
     "exp overflows; 0 below x = −36.7"},
    {"softplus_of_log1p", "log1p(exp(x))", "softplus(x)", "log1p(exp x) → softplus x", any, overflow},
    {"log_sigmoid_of_softplus", "neg(softplus(neg(x)))", "log_sigmoid(x)", "−softplus(−x) → log_sigmoid x", any,
     "one operation"},
    {"sigmoid", "div(1, add(1, exp(neg(x))))", "sigmoid(x)", "1/(1 + exp(−x)) → sigmoid x", any,
     "exp overflows below x = −709.8, where the value is not 0 yet"},
    {"sigmoid_of_reciprocal", "reciprocal(add(1, exp(neg(x))))", "sigmoid(x)", "the same by reciprocal", any,
     "as sigmoid"},
    {"sigmoid_of_minus", "div(1, add(1, exp(x)))", "sigmoid(neg(x))", "1/(1 + exp x) → sigmoid(−x)", any, overflow},
    {"sigmoid_of_minus_reciprocal", "reciprocal(add(1, exp(x)))", "sigmoid(neg(x))", "the same by reciprocal", any,
     overflow},
    {"sigmoid_of_ratio", "div(exp(x), add(1, exp(x)))", "sigmoid(x)", "exp x/(1 + exp x) → sigmoid x", any, "∞/∞"},
    {"log_sigmoid", "log(sigmoid(x))", "log_sigmoid(x)", "log(sigmoid x) → log_sigmoid x", any,
     "log 0 below x = −745; no digits above x = 37"},
    {"log_sigmoid_of_rest", "log(sub(1, sigmoid(x)))", "log_sigmoid(neg(x))", "log(1 − sigmoid x) → log_sigmoid(−x)",
     any, "log 0 above x = 37"},
    {"log_sigmoid_of_rest_log1p", "log1p(neg(sigmoid(x)))", "log_sigmoid(neg(x))",
     "log1p(−sigmoid x) → log_sigmoid(−x)", any, "log 0 above x = 37"},
    // Cross-entropy of two classes, of a target y and a logit z.
    {"cross_entropy", "add(mul(y, log_sigmoid(z)), mul(sub(1, y), log_sigmoid(neg(z))))", "",
     "y·log σ(z) + (1 − y)·log σ(−z) → −(softplus(−|z|) + (1 − y)·relu z + y·relu(−z))", "every y and z",
     "one logarithm instead of two; after log_sigmoid, log σ(z) and log(1 − σ(z)) are of this form"},
    {"cross_entropy_minus", "sub(mul(neg(y), log_sigmoid(z)), mul(sub(1, y), log_sigmoid(neg(z))))", "",
     "−y·log σ(z) − (1 − y)·log σ(−z) → softplus(−|z|) + (1 − y)·relu z + y·relu(−z)", "every y and z",
     "as cross_entropy"},
    {"cross_entropy_of_minus", "sub(neg(mul(y, log_sigmoid(z))), mul(sub(1, y), log_sigmoid(neg(z))))", "",
     "the same with −(y·log σ(z))", "every y and z", "as cross_entropy"},
    // Near 0.
    {"log1p", "log(add(1, x))", "log1p(x)", "log(1 + x) → log1p x", "x > −1", small},
    {"log1p_of_minus", "log(sub(1, x))", "log1p(neg(x))", "log(1 − x) → log1p(−x)", "x < 1", small},
    {"expm1", "sub(exp(x), 1)", "expm1(x)", "exp x − 1 → expm1 x", any, small},
    {"expm1_of_sum", "add(exp(x), -1)", "expm1(x)", "exp x + (−1) → expm1 x", any, small},
    {"expm1_of_rest", "sub(1, exp(x))", "neg(expm1(x))", "1 − exp x → −expm1 x", any, small},
    // Hyperbolic tangent, written with exponentials.
    {"tanh", "div(sub(exp(x), exp(neg(x))), add(exp(x), exp(neg(x))))", "tanh(x)",
     "(exp x − exp(−x))/(exp x + exp(−x)) → tanh x", any, "∞/∞; loses digits of a small x"},
    {"tanh_of_expm1", "div(expm1(x), add(1, exp(x)))", "tanh(mul(0.5, x))",
     "(exp x − 1)/(exp x + 1) → tanh(x/2), after expm1", any, "∞/∞"},
    {"tanh_of_minus", "div(neg(expm1(x)), add(1, exp(x)))", "tanh(mul(-0.5, x))",
     "(1 − exp x)/(1 + exp x) → tanh(−x/2), after expm1", any, "∞/∞"},
    // Lengths.
    {"hypot", "sqrt(add(sq(x), sq(y)))", "hypot(x, y)", "√(x² + y²) → hypot(x, y)", "every x and y",
     "overflows above 1.3·10¹⁵⁴, loses digits below 10⁻¹⁵⁴"},
    {"norm", "sqrt(sum[a](sq(x)))", "norm[a](x)", "√Σx² → norm x", any, "as hypot"},
};
constexpr std::size_t rule_count = std::size(rules);

/// The rules with what three of them share written out.
const std::array<StabilisingRule, rule_count>& written_out() {
  static const std::string negated = "neg(" + std::string(entropy) + ")";
  static const auto all = [] {
    std::array<StabilisingRule, rule_count> made;
    std::copy(std::begin(rules), std::end(rules), made.begin());
    for (StabilisingRule& rule : made) {
      if (rule.replacement.empty())
        rule.replacement = rule.name == "cross_entropy" ? std::string_view(negated) : entropy;
    }
    return made;
  }();
  return all;
}

struct Compiled {
  Term pattern, replacement;
};

/// By the operation of their root.
struct Compiler {
  std::array<std::vector<Compiled>, static_cast<std::size_t>(Known::where) + 1> by_root;

  Compiler() {
    for (const StabilisingRule& rule : stabilising_rules()) {
      Letters letters;
      Compiled compiled{parse_term(rule.pattern, letters), {}};
      compiled.replacement = parse_term(rule.replacement, letters);
      by_root[static_cast<std::size_t>(compiled.pattern.operation)].push_back(std::move(compiled));
    }
  }
};

class Stabiliser {
 public:
  explicit Stabiliser(const graph::Graph& graph) : rebuild_(graph), old_(graph) {}

  Rewrite run() && {
    return std::move(rebuild_).run([this](NodeId id, std::span<const NodeId> operands) {
      return made(old_.operation_id(id), operands, old_.attribute(id), old_.type(id));
    });
  }

 private:
  NodeId made(graph::OperationId operation, std::span<const NodeId> operands, const Attribute& attribute,
              const Type& type) {
    static const Compiler compiled;
    graph::GraphBuilder& builder = rebuild_.builder();
    const Known what = known(operation);
    if (what == Known::neg && known(builder.operation_id(operands[0])) == Known::neg)
      return builder.operands(operands[0])[0];
    for (const Compiled& rule : compiled.by_root[static_cast<std::size_t>(what)]) {
      Bindings bindings;
      if (matches(rule.pattern, {operation, operands, attribute}, rebuild_, bindings))
        return instance(rule.replacement, bindings, type);
    }
    return builder.add(operation, operands, attribute);
  }

  /// The term made of what the letters stand for; `type` is that of numbers in it. As deep as the term.
  NodeId instance(const Term& term, const Bindings& bindings, const Type& type) {
    if (term.kind == Term::Kind::node) return bindings.nodes[term.index];
    if (term.kind == Term::Kind::number) return rebuild_.constant(type, term.number);
    std::array<NodeId, 3> operands{};
    for (std::size_t k = 0; k < term.operands.size(); ++k) operands[k] = instance(term.operands[k], bindings, type);
    const Attribute attribute =
        term.attribute == Term::no_attribute ? Attribute{} : *bindings.attributes[term.attribute];
    return made(id_of(term.operation), std::span(operands).first(term.operands.size()), attribute, type);
  }

  Rebuild rebuild_;
  const graph::Graph& old_;
};

}  // namespace

std::span<const StabilisingRule> stabilising_rules() { return written_out(); }

Rewrite stabilise(const graph::Graph& graph) { return Stabiliser(graph).run(); }

}  // namespace wengert::passes
