// gradient_flow: how the gradient fares on its way from an output back to the variables: where it fades, grows, dies,
// or never arrives.
//
//     for (const FlowFinding& f : gradient_flow(loss, {w1, w2}).findings) std::cerr << f.text << "\n";
//
// Layers are the recording's scopes (what a layer of a network opens); outside of scopes each variable stands for
// itself. Costs a sweep over the expanded graph: for looking, not for every step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/guards.hpp"

namespace wengert {

enum class FlowKind : std::uint8_t {
  disconnected,  ///< no derivative can flow to a variable: there is no path, or all are blocked
  dead,          ///< a derivative flows, and is 0 throughout
  vanishing,     ///< a layer's adjoints are small beside the largest of a layer
  exploding,     ///< large beside those of the layer that is nearest to the output
  non_finite     ///< NaN or infinite; first_non_finite tells where from
};
[[nodiscard]] std::string_view to_string(FlowKind kind) noexcept;

struct FlowFinding {
  FlowKind kind{};
  std::string where{};  ///< a variable's name, or a layer's path
  double value = 0;     ///< ratio of norms; of dead and disconnected ones 0
  std::string text{};   ///< what is wrong, where, and what helps
};

/// Of a layer: the root of the mean square of what it computes (its parameters aside), and of the adjoints of that.
struct LayerFlow {
  std::string layer{};
  double value = 0, adjoint = 0;
  std::size_t nodes = 0;
};

struct FlowOptions {
  double vanishing = 1e-5;  ///< below this part of the largest layer
  double exploding = 1e5;   ///< above this multiple of the last layer
};

struct Flow {
  std::vector<LayerFlow> layers{};  ///< in the order of their first values
  std::vector<FlowFinding> findings{};
  /// The layers as a table, and the findings.
  [[nodiscard]] std::string text() const;
};

/// Throws as backward(); ArgumentError for a constant y. Variables of x that are constants are left out.
[[nodiscard]] Flow gradient_flow(const detail::AnyHandle& y, const detail::HandleList& x,
                                 const FlowOptions& options = {},
                                 std::source_location where = std::source_location::current());

}  // namespace wengert
