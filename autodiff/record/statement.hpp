// From an expression to a statement: the constant record of an expression type (StatementTypeOf), and record(), the hot
// path of recording.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <utility>

#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/record/apply.hpp"
#include "wengert/autodiff/record/stream.hpp"

namespace wengert {

// --- The record of an expression type -------------------------------------------------------------------------------

namespace detail {

/// Calls f.operator()<K>() for every slot K < Count whose bit is set in Mask. Unrolled by the front end, so that arrays
/// indexed by K become registers.
template <std::size_t Count, std::uint32_t Mask, class F>
WENGERT_INLINE void for_slots(F&& f) {
  [&]<std::size_t... K>(std::index_sequence<K...>) WENGERT_INLINE_LAMBDA {
    (
        [&] WENGERT_INLINE_LAMBDA {
          if constexpr ((Mask >> K & 1u) != 0) f.template operator()<K>();
        }(),
        ...);
  }(std::make_index_sequence<Count>{});
}

/// Bits of the slots of E: literals; operands without a derivative; operands with one.
template <class E>
struct Slots {
  static constexpr std::uint32_t all = (1u << E::leaves) - 1u;
  static constexpr std::uint32_t literal = E::literals(0);
  static constexpr std::uint32_t handle = all & ~literal;
  static constexpr std::uint32_t passive = E::template passive_mask<0, false>() & handle;
  static constexpr std::uint32_t active = handle & ~passive;
  static constexpr std::size_t literal_count = static_cast<std::size_t>(std::popcount(literal));
  static constexpr std::size_t active_count = static_cast<std::size_t>(std::popcount(active));
  static constexpr std::size_t first_handle = static_cast<std::size_t>(std::countr_one(literal));
  /// Slots of the same kind before slot k.
  static constexpr std::size_t rank(std::uint32_t kind, std::size_t k) {
    return static_cast<std::size_t>(std::popcount(kind & ((1u << k) - 1u)));
  }
};

/// See StatementType::products.
template <class E, bool Masked>
WENGERT_INLINE void products_body(const double* const* leaf, const double* value, const double* cotangent,
                                  double* const* product, double* check, std::size_t count) {
  constexpr std::uint32_t active = Slots<E>::active;
  const double* in[E::leaves];
  double* out[E::leaves];
  for (std::size_t k = 0; k < E::leaves; ++k) {
    in[k] = leaf[k];
    out[k] = product[k];
  }
  WENGERT_INDEPENDENT_ITERATIONS
  for (std::size_t i = 0; i < count; ++i) {
    const E e = E::rebuild(in, i, value[i]);
    const double a = cotangent[i];
    double p[E::leaves];
    e.template chain<Masked>(1.0, p);
    if constexpr (Masked) {
      for_slots<E::leaves, active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
        out[K][i] = WENGERT_NUMBER("loop: masked product", masked_product(p[K], a));
      });
    } else {
      double sum = 0;
      for_slots<E::leaves, active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
        const double contribution = WENGERT_NUMBER("loop: product", p[K] * a);
        out[K][i] = contribution;
        sum += contribution;
      });
      check[i] = sum;
    }
  }
}
template <class E, bool Masked>
void products_of(const double* const* leaf, const double* value, const double* cotangent, double* const* product,
                 double* check, std::size_t count) {
  products_body<E, Masked>(leaf, value, cotangent, product, check, count);
}
#if WENGERT_SIMD_LEVELS > 1
template <class E>
WENGERT_TARGET_AVX2 void products_avx2(const double* const* leaf, const double* value, const double* cotangent,
                                       double* const* product, double* check, std::size_t count) {
  products_body<E, false>(leaf, value, cotangent, product, check, count);
}
template <class E>
WENGERT_TARGET_AVX512 void products_avx512(const double* const* leaf, const double* value, const double* cotangent,
                                           double* const* product, double* check, std::size_t count) {
  products_body<E, false>(leaf, value, cotangent, product, check, count);
}
#endif

template <class E>
constexpr StatementType make_statement_type(const Step* steps) {
  StatementType type{
      .leaves = E::leaves,
      .step_count = E::leaves + E::operations,
      .literal_leaves = static_cast<std::uint16_t>(Slots<E>::literal),
      .passive_leaves = static_cast<std::uint16_t>(E::template passive_mask<0, false>()),
      .recomputes = E::operands_recompute,
      .reads_value = E::reads_value,
      .unit_leaves = static_cast<std::uint16_t>(E::template unit_mask<0, true>()),
      .steps = steps,
  };
  if constexpr (E::operands_recompute) {
    type.products[0] = &products_of<E, false>;
#if WENGERT_SIMD_LEVELS > 1
    type.products[1] = &products_avx2<E>;
    type.products[2] = &products_avx512<E>;
#else
    // Compiled for such a machine anyway, or for one without such levels: the library may ask for any of them.
    type.products[1] = type.products[2] = type.products[0];
#endif
    type.masked_products = &products_of<E, true>;
  }
  return type;
}

template <class E>
struct StatementTypeOf {
  static constexpr std::size_t step_count = E::leaves + E::operations;
  static constexpr std::array<Step, step_count> steps = [] {
    std::array<Step, step_count> code{};
    std::size_t at = 0;
    std::uint8_t leaf = 0;
    E::code(code, at, leaf);
    return code;
  }();
  static constexpr StatementType record = make_statement_type<E>(steps.data());
};

// --- The hot path ---------------------------------------------------------------------------------------------------

/// Partials of all active leaves of e, masked where that matters.
template <class E>
WENGERT_INLINE void local_partials(const E& e, double* partial) {
  e.template chain<false>(1.0, partial);
  if constexpr (E::template masking_matters<0>()) {
    double sum = -0.0;  // to which the compiler need not add
    for_slots<E::leaves, Slots<E>::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { sum += partial[K]; });
    if (WENGERT_HOLDS("statement: partials are not finite", !is_finite(sum))) [[unlikely]]
      e.template chain<true>(1.0, partial);
  }
}

/// The values of the literals of a statement, in the order of their slots.
template <class E>
WENGERT_INLINE void copy_literals(const Leaves<E::leaves>& leaf, double* to) {
  for_slots<E::leaves, Slots<E>::literal>(
      [&]<std::size_t K> WENGERT_INLINE_LAMBDA { to[Slots<E>::rank(Slots<E>::literal, K)] = leaf.value[K]; });
}
template <class E>
WENGERT_INLINE void push_literals(Stream& s, const Leaves<E::leaves>& leaf) {
  copy_literals<E>(leaf, s.constants + s.constant_count);
  s.constant_count += Slots<E>::literal_count;
}
/// Bits in which the literals of a statement differ from `constants`.
template <class E>
[[nodiscard]] WENGERT_INLINE Word literals_differ(const Leaves<E::leaves>& leaf, const double* constants) {
  Word differs = 0;
  for_slots<E::leaves, Slots<E>::literal>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    differs |=
        std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(constants[Slots<E>::rank(Slots<E>::literal, K)]);
  });
  return differs;
}

/// A statement of the loop body that was expected, which has constant or free operands; false if it is another.
template <class E>
WENGERT_INLINE bool record_rolling_mixed(Stream& s, RollSlot& slot, const E& e, const Leaves<E::leaves>& leaf,
                                         std::uint32_t constant_leaves) {
  using S = Slots<E>;
  constexpr std::size_t count = E::leaves;
  Word* const next = slot.next();
  const std::int32_t* const step = slot.step(count);
  const std::uint32_t free = slot.free;
  Word differs = 0;
  for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    if (free >> K & 1u)
      differs |= s.free_operand_fits(slot, leaf.word[K]) ? 0 : 1;
    else
      differs |= leaf.word[K] ^ next[K];  // both 0 for constants
  });
  if (slot.constants != nullptr) {
    std::size_t c = 0;
    for_slots<count, S::all>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
      if (constant_leaves >> K & 1u)
        differs |= std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(slot.constants[c++]);
    });
  }
  if (differs != 0) return false;
  if constexpr (!E::operands_recompute) {
    double p[count];
    local_partials(e, p);
    for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
      if (!(constant_leaves >> K & 1u)) s.loop_partials[s.loop_partial_count++] = p[K];
    });
  }
  if (slot.constants == nullptr) {
    for_slots<count, S::all>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
      if (constant_leaves >> K & 1u) s.constants[s.constant_count++] = leaf.value[K];
    });
  }
  for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    if (free >> K & 1u)
      s.free_ids.push_back(static_cast<Id>(leaf.word[K]));
    else
      next[K] += static_cast<Word>(std::int64_t{step[K]});
  });
  s.expected = slot.successor;
  return true;
}

/// Everything but the common case: constants among the operands, handles that are stale or foreign, a place in the
/// program that was not expected, memory that has to grow, a roll that begins or ends. What was expected but for its
/// constant or free operands is seen to here, everything else in record_general().
template <class E>
[[gnu::noinline]] Scalar record_rare(const Leaves<E::leaves>& leaf, double value, std::source_location where) {
  using S = Slots<E>;
  constexpr std::size_t count = E::leaves;
  std::array<const double*, count> at;
  for (std::size_t k = 0; k < count; ++k) at[k] = &leaf.value[k];
  const E e = E::rebuild(at.data(), 0, value);

  Word any = 0;
  std::uint32_t constant_leaves = S::literal;
  for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    if (leaf.word[K] == 0)
      constant_leaves |= 1u << K;
    else
      any = leaf.word[K];
  });
  StreamHead& head = Stream::of(static_cast<Tag>(any >> 32));
  if (head.expected->rolling) static_cast<Stream&>(head).settle_variables();
  Expected& x = *head.expected;
  double partial[count] = {};
  if (x.site->type == &StatementTypeOf<E>::record && x.site->constant_leaves == constant_leaves &&
      x.location == head.location_to_store(where)) {
    Stream& s = static_cast<Stream&>(head);
    const Word next = s.next_word;
    const Id id = static_cast<Id>(next);
    if (id != s.id_limit && !s.stop_at_nan) {
      if (x.rolling) {
        if (record_rolling_mixed(s, static_cast<RollSlot&>(x), e, leaf, constant_leaves)) {
          s.next_word = next + 1;
          s.values[id] = value;
          return Scalar::from_word(value, next);
        }
      } else if (!x.site->retired) {
        Word differs = 0;
        for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
          differs |= leaf.word[K] == 0 ? 0 : (leaf.word[K] ^ next) >> 32;
        });
        if (x.constants != nullptr) {
          std::size_t c = 0;
          for_slots<count, S::all>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
            if (constant_leaves >> K & 1u)
              differs |= std::bit_cast<Word>(leaf.value[K]) ^ std::bit_cast<Word>(x.constants[c++]);
          });
        }
        if (differs == 0) {
          local_partials(e, partial);
          return s.record_expected(x, leaf.value.data(), leaf.word.data(), partial, value);
        }
      }
    }
  }
  local_partials(e, partial);
  return record_general(StatementTypeOf<E>::record, leaf.value.data(), leaf.word.data(), partial, value, where);
}

/// The statement is the one of the loop body that was expected: records it; false if it is another.
template <class E>
WENGERT_INLINE bool record_rolling(Stream& s, RollSlot& slot, const E& e, const Leaves<E::leaves>& leaf) {
  using S = Slots<E>;
  constexpr std::size_t count = E::leaves;
  Word* const next = slot.next();
  const std::int32_t* const step = slot.step(count);
  // The operands need no other check: they are the words that live handles of these values have.
  Word differs = 0;
  for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { differs |= leaf.word[K] ^ next[K]; });
  if constexpr (S::literal_count > 0) {
    if (slot.constants != nullptr) differs |= literals_differ<E>(leaf, slot.constants);
  }
  if (differs != 0) [[unlikely]]
    return false;
  if constexpr (!E::operands_recompute) {
    double p[count];
    local_partials(e, p);
    double* const to = s.loop_partials + s.loop_partial_count;
    for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { to[S::rank(S::active, K)] = p[K]; });
    s.loop_partial_count += S::active_count;
  }
  if constexpr (S::literal_count > 0) {
    if (slot.constants == nullptr) push_literals<E>(s, leaf);
  }
  for_slots<count, S::handle>(
      [&]<std::size_t K> WENGERT_INLINE_LAMBDA { next[K] += static_cast<Word>(std::int64_t{step[K]}); });
  s.expected = slot.successor;
  return true;
}

/// The statement is at the place that was expected: stores its word, ids and partials; false if it is not to be.
template <class E>
WENGERT_INLINE bool record_irregular(Stream& s, Expected& place, const E& e, const Leaves<E::leaves>& leaf, Word next) {
  using S = Slots<E>;
  constexpr std::size_t count = E::leaves;
  // Live handles have the tag of the value that is recorded next; a constant has none.
  Word differs = 0;
  for_slots<count, S::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { differs |= leaf.word[K] ^ next; });
  differs >>= 32;
  if constexpr (S::literal_count > 0) {
    if (place.constants != nullptr) differs |= literals_differ<E>(leaf, place.constants);
  }
  if (differs != 0) [[unlikely]]
    return false;
  if constexpr (S::literal_count > 0) {
    if (place.constants == nullptr) push_literals<E>(s, leaf);
  }
  double p[count];
  local_partials(e, p);
  double* const to = s.partials + s.partial_count;
  Id* const to_id = s.ids + s.partial_count;
  for_slots<count, S::active>([&]<std::size_t K> WENGERT_INLINE_LAMBDA {
    to[S::rank(S::active, K)] = p[K];
    to_id[S::rank(S::active, K)] = static_cast<Id>(leaf.word[K]);
  });
  s.partial_count += S::active_count;
  for_slots<count, S::passive>(
      [&]<std::size_t K> WENGERT_INLINE_LAMBDA { s.passive.push_back(static_cast<Id>(leaf.word[K])); });
  s.words[s.word_count++] = place.word;
  s.last = &place;
  s.expected = place.successor;
  return true;
}

// The rare cases leave for good: whatever came back here would have to live in memory across the call.
template <class E>
WENGERT_INLINE Scalar record(const E& e, std::source_location where) {
  constexpr const StatementType* type = &StatementTypeOf<E>::record;
  Leaves<E::leaves> leaf;
  e.collect(leaf, 0);
  StreamHead& head = Stream::of(static_cast<Tag>(leaf.word[Slots<E>::first_handle] >> 32));
  const double value = e.value();
  const void* const location = head.location_to_store(where);
  Expected* x = head.expected;
  if (x->match != type || x->location != location) [[unlikely]] {
    Word any = 0;
    for_slots<E::leaves, Slots<E>::handle>([&]<std::size_t K> WENGERT_INLINE_LAMBDA { any |= leaf.word[K]; });
    if (any == 0) return Scalar(value);  // constants only
    if (x->rolling) goto rare;
    x = head.last->alternate;
    if (x->match == type && x->location == location) {
      static_cast<Stream&>(head).took_alternate();
    } else {
      x = head.known_place(type, location);
      if (x->match != type || x->location != location || x->before != head.last->word) [[unlikely]]
        goto rare;
      static_cast<Stream&>(head).took_detour(x);
    }
  }
  {
    Stream& s = static_cast<Stream&>(head);
    const Word next = s.next_word;
    const Id id = static_cast<Id>(next);
    if (id == s.id_limit) [[unlikely]]
      goto rare;
    if (x->rolling) {
      if (!record_rolling(s, static_cast<RollSlot&>(*x), e, leaf)) [[unlikely]]
        goto rare;
    } else {
      if (!record_irregular(s, *x, e, leaf, next)) [[unlikely]]
        goto rare;
    }
    s.next_word = next + 1;
    s.values[id] = value;
    return Scalar::from_word(value, next);
  }
rare:
  const Leaves<E::leaves> copy = leaf;  // an address that escapes would keep `leaf` in memory
  return record_rare<E>(copy, value, where);
}

}  // namespace detail

}  // namespace wengert
