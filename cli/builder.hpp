/// Builder: what the parser's grammar calls as it reads. It checks names and counts, and writes the steps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wengert/cli/expression.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::cli {

/// Writes the steps of one expression. The grammar never takes back what it reported, so nothing here is undone.
class Builder {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  // All views below are parts of the text: where they lie is the column of an error.

  void number(std::string_view digits);
  /// A name; what it names depends on whether a parenthesis follows.
  void name(std::string_view name) { name_ = name; }
  /// None followed: a variable or a constant.
  void variable();
  void begin_call(std::string_view parenthesis);
  void argument() { ++calls_.back().arguments; }
  void end_call();
  void enter(std::string_view parenthesis);
  void leave() { --depth_; }
  void call(const Function& function) { expression_.steps.emplace_back(Call{&function}); }

  // Signs and powers bind from the right: they wait until their chain ends.

  void begin_chain() { chains_.push_back(waiting_.size()); }
  void wait(const Function& function) { waiting_.push_back(&function); }
  void end_chain();

  // The comparison of a condition waits for its right side.

  void comparison(const Function& function) { comparisons_.push_back(&function); }
  void end_condition();

  [[nodiscard]] Expression finish() { return std::move(expression_); }

  /// The error of something unexpected at a byte of the text.
  [[nodiscard]] ParseError unexpected(std::size_t offset, std::string expected) const;

 private:
  struct OpenCall {
    const Function* function;
    std::string_view name;
    std::size_t arguments;
  };

  /// `place` is a part of the text.
  [[nodiscard]] ParseError error(std::string_view place, std::string problem, std::string expected = {},
                                 std::string hint = {}) const;

  std::string_view text_;
  std::string_view name_;  // the last one read
  Expression expression_;
  std::unordered_map<std::string_view, std::size_t> indices_;  // of the variables; keys lie in the text
  std::vector<OpenCall> calls_;
  std::vector<std::size_t> chains_;       // how much was waiting where the open chains began
  std::vector<const Function*> waiting_;  // signs and powers
  std::vector<const Function*> comparisons_;
  std::size_t depth_ = 0;
};

}  // namespace wengert::cli
