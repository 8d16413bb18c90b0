// Math: a formula as a tree, and how it is written: as text, LaTeX and MathML, with symbols or with numbers in their
// places. A derivation is made of these. Trees are as deep as one statement of the user's, at most `Derivation` allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert {

enum class MathKind : std::uint8_t {
  number,          ///< text: its digits
  quantity,        ///< a value of the derivation, by position
  adjoint,         ///< ∂output/∂quantity
  local,           ///< ∂quantity/∂quantity: two positions
  sum,             ///< parts joined by +; a negative part by −
  product,         ///< parts joined by ·
  quotient,        ///< two parts
  power,           ///< two parts
  negative,        ///< one part
  root,            ///< square root of one part
  call,            ///< text: the function; its parts are the arguments
  magnitude,       ///< |x|
  norm,            ///< ‖x‖
  transposed,      ///< one part
  matrix_product,  ///< two parts
  relation,        ///< text: the sign between two parts
  element,         ///< text: "[0,1]" behind one part
};

struct Math {
  MathKind kind = MathKind::number;
  std::string text{};
  std::size_t quantity = 0;
  std::size_t by = 0;  ///< of local: the quantity below the line
  std::vector<Math> parts{};

  [[nodiscard]] static Math number(double value, int digits = 17);
  [[nodiscard]] static Math of(std::size_t quantity) { return {.kind = MathKind::quantity, .quantity = quantity}; }
  [[nodiscard]] static Math adjoint(std::size_t quantity) { return {.kind = MathKind::adjoint, .quantity = quantity}; }
  [[nodiscard]] static Math local(std::size_t quantity, std::size_t by) {
    return {.kind = MathKind::local, .quantity = quantity, .by = by};
  }
  [[nodiscard]] bool is_number() const noexcept { return kind == MathKind::number; }
  /// Nodes of the tree.
  [[nodiscard]] std::size_t size() const;
  friend bool operator==(const Math&, const Math&) = default;
};

/// Products and sums as one writes them on a board: 1 · x is x, 2 · 0.5 · x is x, −1 · x is −x, 0 · x is 0, 2·x − 2·y
/// is 2·(x − y), products and sums in each other are one.
[[nodiscard]] Math product_of(std::vector<Math> factors);
[[nodiscard]] Math sum_of(std::vector<Math> terms);

enum class MathFormat : std::uint8_t { text, latex, mathml };

/// What stands for quantities.
struct MathNames {
  /// The name of a quantity, any bytes.
  std::function<std::string(std::size_t)> name{};
  /// The output, over which adjoints are taken.
  std::size_t output = 0;
  /// Numbers in place of symbols: of a quantity, an adjoint, a local derivative; empty functions write symbols. The
  /// text of a number, or of a matrix: "[1, 2; 3, 4]".
  std::function<std::string(const Math&)> value{};
};

/// LaTeX for mathematics mode; MathML without the element <math> around it.
[[nodiscard]] std::string written(const Math& math, MathFormat format, const MathNames& names);

namespace detail {
/// A name: w5 gets an index, net_o1 too; anything that is no letter, digit or _ is text.
[[nodiscard]] std::string math_name(std::string_view name, MathFormat format);
/// Digits, or a matrix "[1, 2; 3, 4]".
[[nodiscard]] std::string math_number(std::string_view digits, MathFormat format);
}  // namespace detail

}  // namespace wengert
