// Hooks: the places in rules and sweeps at which the mutation run plants errors (docs/mutation.md).
//
// A hook is what it looks like, an addition, a number, an index, a condition, and has a name. In every ordinary build
// it expands to just that. A build with WENGERT_MUTATION (preset `mutation`) gives each the mutants of its kind, which
// are switched on one at a time while the program runs; see mutants.hpp.
#pragma once

#if defined(WENGERT_MUTATION)

#  include "wengert/autodiff/ops/mutants.hpp"

#  define WENGERT_ADD(name, to, ...) ::wengert::hook::add<name>(to, __VA_ARGS__)
#  define WENGERT_NUMBER(name, ...) ::wengert::hook::number<name>(__VA_ARGS__)
#  define WENGERT_INDEX(name, ...) ::wengert::hook::index<name>(__VA_ARGS__)
#  define WENGERT_HOLDS(name, ...) ::wengert::hook::holds<name>(__VA_ARGS__)

#else

/// `to += term`.
#  define WENGERT_ADD(name, to, ...) to += __VA_ARGS__
/// A factor or a term: a number or a handle.
#  define WENGERT_NUMBER(name, ...) (__VA_ARGS__)
/// An index or a count.
#  define WENGERT_INDEX(name, ...) (__VA_ARGS__)
/// A condition.
#  define WENGERT_HOLDS(name, ...) (__VA_ARGS__)

namespace wengert::hook {
/// What has the partials d0, d1, d2 of elementwise primitive P.
template <class P>
using Partials = P;
/// What has the rules (transpose, add_transposed, vjp, jvp) of structural primitive P.
template <class P>
using Rules = P;
}  // namespace wengert::hook

#endif
