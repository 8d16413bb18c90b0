// The records of the library's primitives, made from their structs: one source file per family includes this, since a
// record takes a second to compile.
#pragma once

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert {

template <class P>
constinit const Primitive PrimitiveRecord<P>::stored = detail::make_primitive<P>();

namespace detail {
/// Names every record of a family, so that the compiler makes it.
template <class... P>
constexpr std::array<const Primitive*, sizeof...(P)> records_of(ops::List<P...>) {
  return {&PrimitiveRecord<P>::stored...};
}
}  // namespace detail

}  // namespace wengert
