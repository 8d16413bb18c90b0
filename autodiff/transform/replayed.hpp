// replayed: a function that is recorded at its first call and replayed afterwards.
//
//     auto g = replayed(value_and_grad(f));
//     auto [y, slope] = g(2.0);              // records f, and the gradient of f
//     auto [z, other] = g(3.0);              // runs what was recorded, at other numbers
//
// Where a comparison in f decides otherwise than it was recorded, GuardFailed is thrown, with its line; or
// (OnGuard::rerecord) f is recorded once more, and both recordings are kept: the one whose guards all hold is run.
// Arguments of other shapes are recorded for themselves.
#pragma once

#include <any>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/leaves.hpp"
#include "wengert/autodiff/transform/replay.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

struct ReplayOptions {
  OnGuard on_guard = OnGuard::fail;
  /// Recordings kept for arguments of the same shapes; of more, the one whose use is longest ago is forgotten.
  std::size_t most_recordings = 8;
};

/// What Replayed::verify_at found.
struct ReplayVerification {
  bool same = true;         ///< every output has the bits that a fresh recording gives
  double difference = 0.0;  ///< the largest; ∞ where one is NaN and the other not
  std::string reason{};     ///< if they differ: the constant or operation that was not the same, with its line
};

/// See replayed. Not to be called from two threads at once.
template <class F>
class Replayed {
 public:
  explicit Replayed(F f, const ReplayOptions& options) : f_(std::move(f)), options_(options) {}

  /// f(x...), x being numbers, Scalars, Tensors, or structures of these (leaves.hpp). f is called with Scalars in the
  /// place of numbers, and returns such a structure; a number comes out where f gives a Scalar, if a number went in,
  /// and else a constant. Given values of a recording, f is called with them: nothing is replayed.
  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) {
    constexpr bool numeric = (detail::has_numbers<X> || ...);
    using Result = decltype(call(x...));
    if constexpr (!numeric) {
      if (is_recorded(x...)) return call(x...);
    } else if (is_recorded(x...)) {
      throw ArgumentError{{.operation = "replayed",
                           .problem = "numbers and values of a recording are mixed",
                           .expected = "Scalars for the numbers"}};
    }
    Kept<Result>& kept = run<Result>(x...);
    return output<numeric>(kept.result, kept.replay.outputs());
  }

  /// How often f was recorded, and how many recordings are kept.
  [[nodiscard]] std::size_t times_recorded() const noexcept { return times_recorded_; }

  /// Compares with a fresh recording at x: tells whether something decided or was computed outside the recording. (It
  /// can tell of what differs between x and where it was recorded first, and of nothing else.)
  template <class... X>
    requires(sizeof...(X) > 0)
  ReplayVerification verify_at(const X&... x) {
    using Result = decltype(call(x...));
    Kept<Result>& kept = run<Result>(x...);
    ReplayVerification found;
    const auto compare = [&](double was, double is) {
      if (was == is || (std::isnan(was) && std::isnan(is))) return;
      found.same = false;
      const double difference = std::abs(was - is);
      found.difference =
          std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(found.difference, difference);
    };
    Recording now;
    const auto [inputs, result] = record(now, x...);
    const std::vector<detail::AnyHandle> handles = handles_of(result);
    for (std::size_t k = 0; k < handles.size(); ++k) {
      const ReplayValue& replayed = kept.replay.outputs()[k];
      if (!replayed.is_tensor()) {
        compare(replayed.unchecked_number(), handles[k].scalar.value());
        continue;
      }
      const Tensor& tensor = *handles[k].tensor;
      if (!(replayed.elements().type() == tensor.type())) {
        found = {.same = false, .difference = std::numeric_limits<double>::infinity()};
        continue;
      }
      for (std::int64_t i = 0; i < tensor.size(); ++i)
        compare(replayed.elements().element(i), tensor.value().element(i));
    }
    if (found.same) return found;
    // At the numbers of the first time once more.
    Recording was;
    std::size_t next = 0;
    const auto again = [&](const auto& leaf) { return lift(was, leaf, kept.inputs[next++]); };
    const auto old = detail::handles_in(
        std::apply(f_, std::tuple<detail::Mapped<X, decltype(again)>...>{detail::map_leaves(x, again)...}));
    found.reason = detail::explain_difference(was, handles_of(old), now, handles);
    return found;
  }

 private:
  template <class Result>
  struct Kept {
    Replay replay;
    Result result;                      // handles of a recording that is gone: the structure counts
    std::vector<std::size_t> lengths;   // of the vectors among the arguments
    std::vector<ReplayValue> inputs{};  // with which it was recorded
  };

  // --- Leaves ---
  /// f on handles: what is no handle becomes a constant one.
  template <class... X>
  auto call(const X&... x) {
    const auto inputs = std::make_tuple(detail::handles_in(x)...);
    return detail::handles_in(std::apply(f_, inputs));
  }
  template <class L>
  static auto lift(Recording& r, const L&, const ReplayValue& value) {
    if constexpr (std::same_as<L, Tensor>)
      return r.variable(Tensor(value.elements()));
    else
      return r.variable(value.unchecked_number());
  }
  template <class R>
  static std::vector<detail::AnyHandle> handles_of(const R& tree) {
    std::vector<detail::AnyHandle> handles;
    detail::for_each_leaf(tree, [&](const auto& leaf) { handles.emplace_back(leaf); });
    return handles;
  }
  template <bool numeric, class R>
  static auto output(const R& structure, const std::vector<ReplayValue>& values) {
    std::size_t next = 0;
    return detail::map_leaves(structure, [&](const auto& leaf) {
      const ReplayValue& value = values[next++];
      if constexpr (std::same_as<std::remove_cvref_t<decltype(leaf)>, Tensor>)
        return Tensor(value.elements());
      else if constexpr (numeric)
        return value.unchecked_number();
      else
        return Scalar(value.unchecked_number());
    });
  }
  template <class... X>
  static bool is_recorded(const X&... x) {
    bool recorded = false;
    const auto look = [&](const auto& leaf) {
      if constexpr (requires { leaf.is_constant(); }) recorded = recorded || !leaf.is_constant();
    };
    (detail::for_each_leaf(x, look), ...);
    return recorded;
  }
  struct Gather {
    std::vector<ReplayValue>& values;
    std::vector<std::size_t>& lengths;
    template <class L>
    void operator()(const L& leaf) {
      if constexpr (std::same_as<L, Tensor>)
        values.emplace_back(leaf);
      else
        values.emplace_back(Scalar(leaf).value());
    }
    void list(std::size_t length) { lengths.push_back(length); }
  };

  template <class... X>
  auto record(Recording& r, const X&... x) {
    std::size_t next = 0;
    const auto to_variable = [&](const auto& leaf) { return lift(r, leaf, values_[next++]); };
    auto inputs = std::tuple<detail::Mapped<X, decltype(to_variable)>...>{detail::map_leaves(x, to_variable)...};
    auto result = detail::handles_in(std::apply(f_, std::as_const(inputs)));
    return std::pair{std::move(inputs), std::move(result)};
  }

  /// The recording whose guards hold at x, having been run there.
  template <class Result, class... X>
  Kept<Result>& run(const X&... x) {
    values_.clear();
    lengths_.clear();
    Gather gather{values_, lengths_};
    (detail::for_each_leaf(x, gather), ...);
    std::vector<Kept<Result>>& all = kept<Result, X...>();
    std::size_t alike = 0, oldest = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (all[k].lengths != lengths_ || !all[k].replay.fits(values_)) continue;
      ++alike;
      oldest = k;
      if (all[k].replay.try_run(values_) == ReplayStatus::ok) {
        std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k),
                    all.begin() + static_cast<std::ptrdiff_t>(k) + 1);
        return all.front();
      }
      if (options_.on_guard == OnGuard::fail) all[k].replay.throw_guard_failed();
    }
    Recording r;
    // f may call this very object.
    const std::vector<ReplayValue> values = values_;
    const std::vector<std::size_t> lengths = lengths_;
    auto [inputs, result] = record(r, x...);
    ++times_recorded_;
    Kept<Result> made{Replay(r, handles_of(inputs), handles_of(result)), std::move(result), lengths, values};
    made.replay.run(values);
    if (alike >= options_.most_recordings && alike > 0) all.erase(all.begin() + static_cast<std::ptrdiff_t>(oldest));
    all.insert(all.begin(), std::move(made));
    return all.front();
  }
  /// The recordings for arguments of these types, the one used last first.
  template <class Result, class... X>
  std::vector<Kept<Result>>& kept() {
    using All = std::pair<std::vector<Kept<Result>>, std::tuple<X...>*>;  // the pointer: only for the type
    for (std::any& each : kept_)
      if (auto* const found = std::any_cast<All>(&each)) return found->first;
    return std::any_cast<All&>(kept_.emplace_back(All{})).first;
  }

  F f_;
  ReplayOptions options_;
  std::vector<std::any> kept_;
  std::vector<ReplayValue> values_;   // of the arguments at hand
  std::vector<std::size_t> lengths_;  // likewise
  std::size_t times_recorded_ = 0;
};

/// The function f, recorded at its first call and replayed afterwards.
template <class F>
[[nodiscard]] Replayed<std::decay_t<F>> replayed(F&& f, const ReplayOptions& options = {}) {
  return Replayed<std::decay_t<F>>(std::forward<F>(f), options);
}
template <class F>
[[nodiscard]] Replayed<std::decay_t<F>> replayed(F&& f, OnGuard on_guard) {
  return replayed(std::forward<F>(f), ReplayOptions{.on_guard = on_guard});
}

}  // namespace wengert
