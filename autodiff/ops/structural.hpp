// Every primitive of tensors that is not elementwise. Reading order: structural_contract.hpp (what one is), then any
// struct of the files below.
#pragma once

#include "wengert/autodiff/ops/indexing.hpp"
#include "wengert/autodiff/ops/moving.hpp"
#include "wengert/autodiff/ops/products.hpp"
#include "wengert/autodiff/ops/reductions.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

namespace detail {
template <class... Lists>
struct Joined;
template <class... P>
struct Joined<List<P...>> {
  using type = List<P...>;
};
template <class... P, class... Q, class... Rest>
struct Joined<List<P...>, List<Q...>, Rest...> : Joined<List<P..., Q...>, Rest...> {};
}  // namespace detail

/// Every structural primitive of the library; each belongs to the list of its file.
using StructuralPrimitives =
    detail::Joined<MovingPrimitives, IndexingPrimitives, ReducingPrimitives, ProductPrimitives>::type;

}  // namespace wengert::ops
