/// Theme: the colours of a drawing, for every format that has colours.
///
/// Tints of the Okabe-Ito palette (Okabe, Ito 2008), which people with any kind of colour vision tell apart; shapes and
/// borders say the same again. `print` is for worksheets: greys on white, thin lines, nothing that a copier loses.
#pragma once

#include <cstdint>
#include <string_view>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph {

enum class Theme : std::uint8_t { light, dark, print };

/// Colours as "#RRGGBB".
struct Tint {
  std::string_view fill;
  std::string_view line;
  std::string_view text;
};

struct Palette {
  std::string_view background;
  std::string_view text;           ///< titles
  std::string_view faint;          ///< notes, operand numbers, legend
  std::string_view line;           ///< arrows of the forward graph, labels on them
  std::string_view adjoint;        ///< texts of kind adjoint
  Tint role[node_role_count];      ///< forward nodes, by role
  Tint output;                     ///< forward outputs
  Tint gradient[2];                ///< nodes of odd and even orders; `line` also for their arrows and frames
  std::string_view tie[2];         ///< ties of odd and even orders
  Tint scope;                      ///< frames of scopes in the forward graph
  std::string_view scope_fill[2];  ///< and in gradients
  Tint repetition;                 ///< frames of repetitions
  std::string_view alarm;          ///< border of what is not finite
  Tint mark[mark_count - 1];       ///< nodes that are marked, by mark
};

[[nodiscard]] const Palette& palette(Theme theme);

/// The colour between `a` (t = 0) and `b` (t = 1) as "#RRGGBB".
[[nodiscard]] std::string mixed(std::string_view a, std::string_view b, double t);

/// Fill, line and text of a node. The larger its magnitude, the nearer its fill comes to the colour of its line.
struct NodeLook {
  std::string fill;
  std::string line;
  std::string text;
};
[[nodiscard]] NodeLook look_of(const DrawnNode& node, const Palette& palette);

}  // namespace wengert::graph
