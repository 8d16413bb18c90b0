// derivation: the chain rule worked by hand, as a teacher writes it on a board: the values in the order of the
// calculation, then the adjoints from y back, each with its formula in symbols and again in numbers, and for each input
// the product of all factors along its paths.
//
//     const Derivation d = derivation(loss, {w5, w1});
//     std::cout << to_text(d);                       // or to_markdown, to_latex, to_html
//
// A step goes from one named value to the next; where nothing between y and its variables is named, from one primitive
// to the next (the list that Wengert described). The symbols of local derivatives are not looked up anywhere: the step
// is recorded by itself, its gradient is recorded, simplified and read.
//
// Reading order: DerivationOptions, Contribution, Quantity, FactorPath, Derivation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/explain/math.hpp"
#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/graph/array.hpp"

namespace wengert {

struct DerivationOptions {
  int digits = 6;                     ///< significant digits of numbers, 1 to 17
  bool every_primitive = false;       ///< a step for each primitive, also where values are named
  std::size_t most_steps = 2000;      ///< more than that is no reading; ArgumentError
  std::size_t most_factor_paths = 4;  ///< an input with more paths gets no product of all factors
};

/// What one user of a quantity contributes to its adjoint.
struct Contribution {
  std::size_t user = 0;  ///< position in Derivation::quantities
  /// ∂user/∂quantity in symbols; of tensors the whole contribution, with the adjoint of the user in it.
  Math formula{};
  /// ∂user/∂quantity before it is simplified, as a product of what the primitives of the step contribute, where that is
  /// a product of several: 0.5 · 2·(t − o) · (−1).
  std::optional<Math> chain{};
  /// `formula` with the choices that the numbers make, where it has any: 1 for where(x > 0, 1, 0).
  std::optional<Math> here{};
  bool whole = false;            ///< `formula` is the whole contribution
  std::optional<Array> local{};  ///< ∂user/∂quantity, of scalars
  Array contribution{};
};

/// A step of the calculation: a variable, a named value, or a primitive.
struct Quantity {
  std::string name{};             ///< as the user calls it, or v1, v2, …
  std::optional<Math> formula{};  ///< none of a variable
  Array value{};
  bool depends = false;  ///< on one of the inputs: it has an adjoint
  bool input = false;    ///< what the derivative is taken by
  Array adjoint{};       ///< ∂y/∂quantity
  /// In the order of the sweep; none of y itself.
  std::vector<Contribution> contributions{};
};

/// The factors from y to an input along one path of quantities, all scalars.
struct FactorPath {
  std::vector<std::size_t> quantities{};  ///< from y to the input
};

/// A primitive that the calculation uses.
struct Rule {
  std::string name{};
  std::string doc{};  ///< its formula, as docs/primitives.md has it
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct Derivation {
  std::vector<Quantity> quantities{};  ///< operands before users
  std::size_t output = 0;              ///< position of y
  std::vector<std::size_t> inputs{};   ///< positions, in the order asked for
  std::vector<std::size_t> missing{};  ///< numbers of the inputs asked for that y does not depend on, from 0
  /// By input: its paths, if they are few and all values on them numbers.
  std::vector<std::vector<FactorPath>> factors{};
  std::vector<Rule> rules{};  ///< the primitives, each once, in the order of the calculation
  int digits = 6;
};

/// The derivation of ∂y/∂x for each of `x`. Nothing is recorded in y's recording. Throws StaleHandle, ForeignRecording;
/// ArgumentError when y or one of x is a constant, x is empty, `digits` is not 1 to 17, or there are more steps than
/// `most_steps`; ShapeError unless y has one element.
[[nodiscard]] Derivation derivation(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                    const DerivationOptions& options = {},
                                    std::source_location where = std::source_location::current());
[[nodiscard]] inline Derivation derivation(const detail::AnyHandle& y, std::initializer_list<detail::AnyHandle> x,
                                           const DerivationOptions& options = {},
                                           std::source_location where = std::source_location::current()) {
  return derivation(y, std::span(x.begin(), x.size()), options, where);
}

/// Lines of at most about 100 columns where formulas allow.
[[nodiscard]] std::string to_text(const Derivation& derivation);
/// With LaTeX between dollars, as GitHub and most readers of Markdown typeset it.
[[nodiscard]] std::string to_markdown(const Derivation& derivation);
/// A whole document for pdflatex, lualatex or xelatex.
[[nodiscard]] std::string to_latex(const Derivation& derivation);
/// A whole page with MathML: no script, no style sheet or font from elsewhere.
[[nodiscard]] std::string to_html(const Derivation& derivation);

}  // namespace wengert
