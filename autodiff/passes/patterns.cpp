#include "wengert/autodiff/passes/patterns.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "wengert/autodiff/ops/structural_contract.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::NodeId;

namespace {

class Parser {
 public:
  Parser(std::string_view text, Letters& letters) : text_(text), letters_(letters) {}

  Term whole() {
    Term term = next();
    skip();
    if (at_ != text_.size()) refuse();
    return term;
  }

 private:
  Term next() {
    skip();
    Term term;
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-')) {
      const std::string rest(text_.substr(at_));
      char* end = nullptr;
      term.kind = Term::Kind::number;
      term.number = std::strtod(rest.c_str(), &end);
      at_ += static_cast<std::size_t>(end - rest.c_str());
      return term;
    }
    const std::string_view name = word();
    if (taken('[')) {
      term.attribute = place_of(word(), letters_.attributes);
      if (!taken(']')) refuse();
    }
    if (!taken('(')) {
      term.kind = Term::Kind::node;
      term.index = place_of(name, letters_.nodes);
      return term;
    }
    do term.operands.push_back(next());
    while (taken(','));
    if (!taken(')')) refuse();
    if (name == "sq") {
      term.kind = Term::Kind::square;
    } else if (name == "over") {
      term.kind = Term::Kind::over;
    } else {
      term.kind = Term::Kind::operation;
      graph::OperationId id{};
      if (graph::find_operation(name, &id) != nullptr) term.operation = known(id);
      if (term.operation == Known::other) refuse();
    }
    return term;
  }
  std::string_view word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
      ++at_;
    if (begin == at_) refuse();
    return text_.substr(begin, at_ - begin);
  }
  bool taken(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  static std::size_t place_of(std::string_view letter, std::vector<std::string_view>& letters) {
    const auto found = std::find(letters.begin(), letters.end(), letter);
    const auto place = static_cast<std::size_t>(found - letters.begin());
    if (found == letters.end()) letters.push_back(letter);
    return place;
  }
  [[noreturn]] void refuse() const {
    throw InternalError{{.operation = "pattern", .problem = "'" + std::string(text_) + "' is none"}};
  }

  std::string_view text_;
  Letters& letters_;
  std::size_t at_ = 0;
};

class Matcher {
 public:
  Matcher(const Rebuild& rebuild, Bindings& bindings) : rebuild_(rebuild), b_(bindings) {}

  bool operation(const Term& term, const Application& at) {
    if (known(at.operation) != term.operation || at.operands.size() != term.operands.size() ||
        !attribute(term, at.attribute))
      return false;
    const Bindings before = b_;
    if (in_order(term, at.operands)) return true;
    if (at.operands.size() != 2 || !graph::operation(at.operation).commutative) return false;
    b_ = before;
    return in_order(term, std::array{at.operands[1], at.operands[0]});
  }

 private:
  bool in_order(const Term& term, std::span<const NodeId> operands) {
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (!node(term.operands[k], operands[k])) return false;
    }
    return true;
  }
  bool node(const Term& term, NodeId at) {
    const graph::GraphBuilder& builder = rebuild_.builder();
    switch (term.kind) {
      case Term::Kind::operation:
        return operation(term, {builder.operation_id(at), builder.operands(at), builder.attribute(at)});
      case Term::Kind::node: {
        NodeId& bound = b_.nodes[term.index];
        if (bound == graph::no_node) bound = at;
        return bound == at;
      }
      case Term::Kind::number:
        return rebuild_.number(at) == term.number;
      case Term::Kind::square:
        return square(term.operands[0], at);
      case Term::Kind::over:
        return over(term, at);
    }
    return false;
  }
  bool attribute(const Term& term, const Attribute& at) {
    if (term.attribute == Term::no_attribute) return true;
    std::optional<Attribute>& bound = b_.attributes[term.attribute];
    if (!bound) bound = at;
    return identical(*bound, at);
  }
  bool square(const Term& of, NodeId at) {
    const auto operands = rebuild_.builder().operands(at);
    switch (known(rebuild_.builder().operation_id(at))) {
      case Known::square:
        return node(of, operands[0]);
      case Known::mul:
        return operands[0] == operands[1] && node(of, operands[0]);
      case Known::integer_pow:
      case Known::pow:
        return rebuild_.number(operands[1]) == 2.0 && node(of, operands[0]);
      default:
        return false;
    }
  }
  bool over(const Term& term, NodeId at) {
    const graph::GraphBuilder& builder = rebuild_.builder();
    const Shape to = builder.type(at).shape;
    const auto is = [&](Known what) { return known(builder.operation_id(at)) == what; };
    if (is(Known::broadcast)) at = builder.operands(at)[0];
    const Shape repeated = builder.type(at).shape;
    const bool reshaped = is(Known::reshape);
    if (reshaped) at = builder.operands(at)[0];
    if (!node(term.operands[0], at)) return false;
    const auto* axes = std::get_if<std::vector<std::int64_t>>(&*b_.attributes[term.attribute]);
    if (axes == nullptr || axes->empty()) return false;
    if (std::any_of(axes->begin(), axes->end(), [&](auto axis) { return static_cast<std::size_t>(axis) >= to.rank(); }))
      return false;
    if (!(builder.type(at).shape == ops::without(to, *axes))) return false;
    if (reshaped) return repeated == ops::with_ones(to, *axes) || repeated.size() == 1;
    // Aligned at the last axis: it lacks the first ones, or is a number.
    return repeated.size() == 1 || axes->back() == static_cast<std::int64_t>(axes->size()) - 1;
  }

  const Rebuild& rebuild_;
  Bindings& b_;
};

}  // namespace

Term parse_term(std::string_view text, Letters& letters) {
  static_cast<void>(id_of(Known::add));  // enters the primitives into the table of operations
  return Parser(text, letters).whole();
}

bool matches(const Term& term, const Application& root, const Rebuild& rebuild, Bindings& bindings) {
  return Matcher(rebuild, bindings).operation(term, root);
}

}  // namespace wengert::passes
