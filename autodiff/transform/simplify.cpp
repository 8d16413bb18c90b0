#include "wengert/autodiff/transform/simplify.hpp"

#include <utility>

namespace wengert {

Expansion simplify(const Expansion& expansion) {
  Simplified simplified = passes::simplify(expansion.graph);
  return expansion.renumbered(std::move(simplified.graph), simplified.node_of);
}

}  // namespace wengert
