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
  explicit Builder(std::string_view text);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// What the grammar reads: the text, in which every line break that ends a statement has become a semicolon.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  // All views below are parts of text(): where they lie is the column of an error.

  void begin_statement(std::string_view place);
  /// What begins the statement is a name and an equals sign.
  void assign(std::string_view name);
  void end_statement(std::string_view place);

  void number(std::string_view digits);
  /// A name; what it names depends on whether a parenthesis follows.
  void name(std::string_view name) { name_ = name; }
  /// None followed: a variable, the value of a statement, or a constant.
  void variable();
  void begin_call(std::string_view parenthesis);
  void argument() { ++calls_.back().arguments; }
  void end_call();
  void enter(std::string_view bracket);
  void leave() { --depth_; }

  // An operator between two operands waits for its right side.

  void operation(const Function& function, std::string_view place) { operations_.push_back({&function, place}); }
  void end_operation();

  // Signs and powers bind from the right: they wait until their chain ends.

  void begin_chain() { chains_.push_back(waiting_.size()); }
  void wait(const Function& function, std::string_view place) { waiting_.push_back({&function, place}); }
  void end_chain();

  void begin_array(std::string_view bracket);
  void element() { ++arrays_.back().elements; }
  void next_row(std::string_view semicolon);
  void end_array();

  void begin_index(std::string_view bracket);
  void index_start();
  void index_from_beginning();
  void index_to() { indices_.back().items.back().range = true; }
  void index_stop() { indices_.back().items.back().has_stop = true; }
  void end_index();

  [[nodiscard]] Expression finish();

  /// The error of something unexpected at a byte of the text.
  [[nodiscard]] ParseError unexpected(std::size_t offset, std::string expected) const;

 private:
  struct OpenCall {
    const Function* function;
    std::string_view name;
    std::size_t arguments;
  };
  struct Operator {
    const Function* function;
    std::string_view place;
  };
  struct OpenArray {
    std::string_view place;
    std::size_t elements;  // of the row that is read
    std::size_t columns;   // of those before; 0: there is none
    std::size_t rows;
    std::string_view row;  // where the row that is read begins
  };
  struct OpenIndex {
    std::string_view place;
    std::vector<Item> items;
  };

  /// `place` is a part of the text.
  [[nodiscard]] ParseError error(std::string_view place, std::string problem, std::string expected = {},
                                 std::string hint = {}) const;
  [[nodiscard]] std::size_t offset(std::string_view place) const {
    return static_cast<std::size_t>(place.data() - text_.data());
  }
  template <class What>
  void add(What what, std::string_view place) {
    expression_.steps.push_back({std::move(what), offset(place)});
  }
  void call(const Operator& made) { add(Call{made.function, made.function->least}, made.place); }
  void end_row();

  std::string_view original_;
  std::string text_;
  std::string_view name_;  // the last one read
  Expression expression_;
  std::unordered_map<std::string_view, std::size_t> variables_;  // indices; keys lie in the text
  std::unordered_map<std::string_view, std::size_t> locals_;     // of statements, likewise
  std::string_view statement_;                                   // where the one that is read begins
  std::string_view assigned_;                                    // its name, or empty
  std::vector<OpenCall> calls_;
  std::vector<Operator> operations_;
  std::vector<std::size_t> chains_;  // how much was waiting where the open chains began
  std::vector<Operator> waiting_;    // signs and powers
  std::vector<OpenArray> arrays_;
  std::vector<OpenIndex> indices_;
  std::size_t depth_ = 0;
};

}  // namespace wengert::cli
