// Kernels of elementwise primitives on arrays, made from the primitive's struct: its value, and what a cotangent
// contributes to an operand. They run over tiles that stay in the first-level cache; a uniform operand (one stored
// element for all) is spread over one tile once, so that the inner loop has unit strides only.
//
// Reading order: Accumulator, Column, ElementwiseKernels. Kernels that are not elementwise: kernels_strided.hpp,
// kernels_sum.hpp, kernels_matmul.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "wengert/autodiff/ops/tile.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// An adjoint (or a tangent) while contributions are added to it: nothing at first, then their sum. What is added first
/// is shared, not copied, and written in place only once nobody else holds it.
class Accumulator {
 public:
  Accumulator() = default;
  explicit Accumulator(Array first) : sum_(std::move(first)), any_(true) {}

  [[nodiscard]] bool any() const noexcept { return any_; }
  /// The sum; only if any().
  [[nodiscard]] const Array& sum() const noexcept { return sum_; }

  /// Throws InternalError unless `contribution` has the type of what is there.
  void add(const Array& contribution, std::string_view operation);
  void assign(Array first) noexcept {
    sum_ = std::move(first);
    any_ = true;
  }
  /// The sum with every element stored and nobody else holding it, zeros if there was nothing: may be written.
  /// Throws InternalError unless the type is that of what is there.
  Array& writable(const Type& type, std::string_view operation);

 private:
  Array sum_;
  bool any_ = false;
};

/// The elements of an operand as columns of T, tile by tile. Booleans are read as the numbers 0 and 1 where T is real.
template <Element T, Element Stored = T>
class Column {
 public:
  explicit Column(const Array& array) : from_(array.stored<Stored>().data()), uniform_(array.is_uniform()) {
    if (uniform_) std::fill_n(buffer_.data(), std::min(tile, array.size()), static_cast<T>(*from_));
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  /// `count` elements from `begin` on.
  [[nodiscard]] const T* at(std::int64_t begin, std::int64_t count) {
    if (uniform_) return buffer_.data();
    if constexpr (std::is_same_v<T, Stored>) {
      static_cast<void>(count);
      return from_ + begin;
    } else {
      detail::run_at_simd_level<ConvertLoop<T, Stored>>(from_ + begin, buffer_.data(), count);
      return buffer_.data();
    }
  }

 private:
  const Stored* from_;
  bool uniform_;
  std::array<T, tile> buffer_;  // left unwritten unless needed
};

/// Calls f with the C++ type of a dtype that is f32 or f64.
template <class F>
decltype(auto) with_real_type(Dtype dtype, F&& f) {
  return dtype == Dtype::f32 ? f(std::type_identity<float>{}) : f(std::type_identity<double>{});
}

/// What is made of elementwise primitive P for arrays; K… counts its operands.
template <class P, std::size_t... K>
class ElementwiseKernels {
  static constexpr bool truth_result = P::result == ops::Result::truth;
  /// Operands that are truth values are stored as such.
  template <std::size_t J, class T>
  using StoredAs = std::conditional_t<(P::truth_operands >> J & 1u) != 0, bool, T>;

 public:
  /// The primitive on operands of one shape; `result` is the type that the type rule gave.
  static Array value(std::span<const Array> x, const Type& result) {
    const Dtype dtype = x[sizeof...(K) - 1].dtype();
    if constexpr (truth_result) {
      return with_element_type(dtype, [&]<class T>(std::type_identity<T>) { return value_as<T, bool>(x, result); });
    } else {
      return with_real_type(dtype, [&]<class T>(std::type_identity<T>) { return value_as<T, T>(x, result); });
    }
  }

  /// The same into `to`: dense, of the result's type, held by nobody else.
  static void value_into(std::span<const Array> x, Array& to) {
    const Dtype dtype = x[sizeof...(K) - 1].dtype();
    if constexpr (truth_result) {
      with_element_type(dtype, [&]<class T>(std::type_identity<T>) { value_into_as<T, bool>(x, to); });
    } else {
      with_real_type(dtype, [&]<class T>(std::type_identity<T>) { value_into_as<T, T>(x, to); });
    }
  }

  /// Adds to `adjoint` what `cotangent` contributes to that of `operand`: cotangent · ∂value/∂operand, masked, so that
  /// a zero cotangent contributes 0 whatever the partial is. y is the value.
  static void accumulate(std::size_t operand, const Array& cotangent, const Array& y, std::span<const Array> x,
                         Accumulator& adjoint) {
    static_cast<void>(operand);
    ((operand == K ? accumulate_along<K>(cotangent, y, x, adjoint) : void()), ...);
  }

 private:
  /// The first element of operand J.
  template <std::size_t J, class T>
  static T first(std::span<const Array> x) {
    return static_cast<T>(x[J].template stored<StoredAs<J, T>>()[0]);
  }
  template <class T, class R>
  static R value_of_firsts(std::span<const Array> x) {
    R one{};
    [&](const auto... in) { value_column<P, T, R>(&one, 1, &in...); }(first<K, T>(x)...);
    return one;
  }
  template <class T, class R>
  static Array value_as(std::span<const Array> x, const Type& result) {
    if ((x[K].is_uniform() && ...)) return Array::uniform_of<R>(result.shape, value_of_firsts<T, R>(x));
    Array to = Array::uninitialised(result);
    write<T, R>(x, to);
    return to;
  }
  template <class T, class R>
  static void value_into_as(std::span<const Array> x, Array& to) {
    if (!(x[K].is_uniform() && ...)) return write<T, R>(x, to);
    const auto all = to.mutable_data<R>();
    std::fill(all.begin(), all.end(), value_of_firsts<T, R>(x));
  }
  template <class T, class R>
  static void write(std::span<const Array> x, Array& to) {
    R* const out = to.mutable_data<R>().data();
    const std::int64_t size = to.size();
    [&](Column<T, StoredAs<K, T>>&&... column) {
      for (std::int64_t begin = 0; begin < size; begin += tile) {
        const std::int64_t count = std::min(tile, size - begin);
        value_column<P, T, R>(out + begin, count, column.at(begin, count)...);
      }
    }(Column<T, StoredAs<K, T>>(x[K])...);
  }
  template <std::size_t O>
  static void accumulate_along(const Array& cotangent, const Array& y, std::span<const Array> x, Accumulator& adjoint) {
    if constexpr (!ops::differentiable_in<P, O>) {
      static_cast<void>(cotangent), static_cast<void>(y), static_cast<void>(x), static_cast<void>(adjoint);
    } else if constexpr (std::is_same_v<ops::PartialOf<P, O>, ops::One>) {
      adjoint.add(cotangent, P::name);
    } else {
      with_real_type(cotangent.dtype(),
                     [&]<class T>(std::type_identity<T>) { accumulate_as<O, T>(cotangent, y, x, adjoint); });
    }
  }
  template <std::size_t O, class T>
  static void accumulate_as(const Array& cotangent, const Array& y, std::span<const Array> x, Accumulator& adjoint) {
    const Type& type = cotangent.type();
    const std::int64_t size = cotangent.size();
    if (!adjoint.any() && cotangent.is_uniform() && (x[K].is_uniform() && ...)) {
      T one{};
      [&](const auto... in) {
        contribution_column<P, O, T>(&one, 1, cotangent.stored<T>().data(), y.stored<T>().data(), &in...);
      }(first<K, T>(x)...);
      adjoint.assign(Array::uniform_of<T>(type.shape, one));
      return;
    }
    const bool fresh = !adjoint.any();
    Array to = fresh ? Array::uninitialised(type) : Array();
    T* const out =
        fresh ? to.mutable_data<T>().data() : adjoint.writable(type, P::name).template mutable_data<T>().data();
    Column<T> g(cotangent), value(y);
    [&](Column<T, StoredAs<K, T>>&&... column) {
      std::array<T, tile> sum;
      for (std::int64_t begin = 0; begin < size; begin += tile) {
        const std::int64_t count = std::min(tile, size - begin);
        contribution_column<P, O, T>(fresh ? out + begin : sum.data(), count, g.at(begin, count),
                                     value.at(begin, count), column.at(begin, count)...);
        if (!fresh) add_to(sum.data(), out + begin, WENGERT_INDEX("kernel: tile that is added", count));
      }
    }(Column<T, StoredAs<K, T>>(x[K])...);
    if (fresh) adjoint.assign(std::move(to));
  }
};

}  // namespace wengert::kernels
