// replayed: a function that is recorded at its first call and replayed afterwards.
//
//     auto g = replayed(value_and_grad(f));
//     auto [y, slope] = g(2.0);              // records f, and the gradient of f
//     auto [z, other] = g(3.0);              // runs what was recorded, at other numbers
//
// Where a comparison in f decides otherwise than it was recorded, GuardFailed is thrown, with its line; or
// (OnGuard::rerecord) f is recorded once more, and both recordings are kept: the one whose guards all hold is run.
// Arguments of other shapes are recorded for themselves; so are structs whose members that are no numbers differ.
#pragma once

#include <algorithm>
#include <any>
#include <cmath>
#include <cstddef>
#include <limits>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/parts_function.hpp"
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

/// See replayed. Not to be called from two threads at once. `Engine` runs what was recorded: Replay, or something with
/// its interface. One with a member `traces` needs no values of tensors for it: f is recorded without computing them if
/// it asks for none.
template <class F, class Engine = Replay>
class Replayed {
 public:
  /// Errors of what f gives carry the line `where`.
  explicit Replayed(F f, const ReplayOptions& options, std::source_location where = std::source_location::current())
      : f_(std::move(f)), options_(options), where_(where) {}

  /// f(x...), x being structures (tree.hpp): numbers, Scalars, Tensors, vectors, spans … of these, structs with
  /// members(). f is called with Scalars in the place of numbers, and returns a structure; a number comes out where f
  /// gives a Scalar, if a number went in, and else a constant. Given values of a recording, f is called with them:
  /// nothing is replayed.
  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) {
    static_assert((detail::Structure<X> && ...),
                  "a replayed function takes numbers, Scalars, Tensors, and vectors, spans, arrays, pairs, tuples, "
                  "optionals and structs with members() of these (transform/tree.hpp)");
    constexpr bool numeric = ((detail::contents_of<X> & (detail::integers | detail::reals)) | ...) != 0;
    using Result = decltype(call(x...));
    const bool recorded = take(x...);
    if constexpr (!numeric) {
      if (recorded) return call(x...);
    } else if (recorded) {
      throw ArgumentError{{.operation = "replayed",
                           .problem = "numbers and values of a recording are mixed",
                           .expected = "Scalars for the numbers",
                           .where = where_}};
    }
    Kept<Result, X...>& kept = run<Result>(x...);
    OutputReader<std::conditional_t<numeric, double, Scalar>> read(kept.replay.outputs(), kept.scalars);
    return detail::rebuilt<detail::Replaced<Result, std::conditional_t<numeric, double, Scalar>>>(kept.result, read);
  }

  /// Records f for arguments like x and runs nothing. Where f asks for no elements of tensors, x may have unknown()
  /// ones (UnknownValue otherwise).
  template <class... X>
    requires(sizeof...(X) > 0)
  void prepare(const X&... x) {
    using Result = decltype(call(x...));
    if (take(x...)) {
      throw ArgumentError{{.operation = "replayed",
                           .problem = "an example is a value of a recording",
                           .expected = "numbers, constants, or tensors that are unknown()",
                           .where = where_}};
    }
    const std::vector<ReplayValue> values = values_;
    auto made = make<Result>(values, x...);
    auto& all = kept<Kept<Result, X...>>();
    all.insert(all.begin(), std::move(made));
  }

  /// How often f was recorded, and how many recordings are kept.
  [[nodiscard]] std::size_t times_recorded() const noexcept { return times_recorded_; }

  /// Compares with a fresh recording at x: tells whether something decided or was computed outside the recording. (It
  /// can tell of what differs between x and where it was recorded first, and of nothing else.)
  template <class... X>
    requires(sizeof...(X) > 0)
  ReplayVerification verify_at(const X&... x) {
    using Result = decltype(call(x...));
    take(x...);
    const std::vector<ReplayValue> values = values_;
    Kept<Result, X...>& kept = run<Result>(x...);
    ReplayVerification found;
    const auto compare = [&](double was, double is) {
      if (was == is || (std::isnan(was) && std::isnan(is))) return;
      found.same = false;
      const double difference = std::abs(was - is);
      found.difference =
          std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(found.difference, difference);
    };
    Recording now;
    const detail::Parts result = parts_of(record(now, values, x...).second);
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
    const detail::Parts old = parts_of(record(was, kept.inputs, x...).second);
    found.reason = detail::explain_difference(was, handles_of(old), now, handles);
    return found;
  }

 private:
  /// A recording for arguments that are X… as handles. Its inputs are in the order of Parts: numbers, then tensors.
  template <class Result, class... X>
  struct KeptOf {
    Engine replay;
    Result result;                      // hollow: the structure counts
    std::size_t scalars = 0;            // among its parts
    std::tuple<X...> like{};            // the arguments, hollow
    std::vector<ReplayValue> inputs{};  // with which it was recorded
  };
  template <class Result, class... X>
  using Kept = KeptOf<Result, detail::Handles<X>...>;
  /// Outputs of a replay, as a structure wants them.
  template <class N>
  class OutputReader {
   public:
    OutputReader(const std::vector<ReplayValue>& outputs, std::size_t scalars) : outputs_(outputs), tensor_(scalars) {}
    [[nodiscard]] N number() { return N(outputs_[number_++].unchecked_number()); }
    [[nodiscard]] Tensor tensor() { return Tensor(outputs_[tensor_++].elements()); }

   private:
    const std::vector<ReplayValue>& outputs_;
    std::size_t number_ = 0, tensor_;
  };

  /// f on handles: what is no handle becomes a constant one.
  template <class... X>
  auto call(const X&... x) {
    const std::tuple<detail::Handles<X>...> inputs{detail::as_handles(x, where_)...};
    return detail::as_handles(std::apply(f_, inputs), where_);
  }
  /// Sets values_ to those of the parts of x; or returns true: some are recorded.
  template <class... X>
  bool take(const X&... x) {
    (detail::flatten(x, parts_, where_), ...);
    values_.clear();
    const bool recorded = detail::is_recorded(parts_);
    if (!recorded) {
      for (const Scalar& scalar : parts_.scalars) values_.emplace_back(scalar.value());
      for (const Tensor& tensor : parts_.tensors) values_.emplace_back(tensor);
    }
    parts_.scalars.clear();
    parts_.tensors.clear();
    parts_.sizes.clear();
    return recorded;
  }
  template <class T>
  detail::Parts parts_of(const T& structure) const {
    detail::Parts parts;
    detail::flatten(structure, parts, where_);
    return parts;
  }
  static std::vector<detail::AnyHandle> handles_of(const detail::Parts& parts) {
    std::vector<detail::AnyHandle> handles(parts.scalars.begin(), parts.scalars.end());
    handles.insert(handles.end(), parts.tensors.begin(), parts.tensors.end());
    return handles;
  }

  /// f of variables with these values, ready to run.
  template <class Result, class... X>
  Kept<Result, X...> make(const std::vector<ReplayValue>& values, const X&... x) {
    ++times_recorded_;
    if constexpr (requires { Engine::traces; }) {
      const auto is_unknown = [](const ReplayValue& value) { return value.elements().is_unknown(); };
      std::vector<ReplayValue> types = values;
      for (ReplayValue& value : types)
        if (value.is_tensor()) value = Array::unknown(value.elements().type());
      try {
        return make_at<Result>(types, x...);
      } catch (const UnknownValue&) {
        // f asks for elements. If there are any it gets them.
        if (std::ranges::any_of(values, is_unknown)) throw;
      }
    }
    return make_at<Result>(values, x...);
  }
  template <class Result, class... X>
  Kept<Result, X...> make_at(const std::vector<ReplayValue>& values, const X&... x) {
    Recording r;
    const auto [variables, result] = record(r, values, x...);
    const detail::Parts outputs = parts_of(result);
    return {Engine(r, handles_of(variables), handles_of(outputs)),
            detail::hollow_structure(result),
            outputs.scalars.size(),
            {detail::hollow_structure(x)...},
            values};
  }

  /// f of variables with these values, in the structure of x: the variables, and the result.
  template <class... X>
  auto record(Recording& r, const std::vector<ReplayValue>& values, const X&... x) {
    detail::Parts variables;
    for (const ReplayValue& value : values) {
      if (value.is_tensor())
        variables.tensors.push_back(r.variable(Tensor(value.elements())));
      else
        variables.scalars.push_back(r.variable(value.unchecked_number()));
    }
    detail::PartReader<Scalar> read(variables);
    // In braces: from the first to the last.
    const std::tuple<detail::Handles<X>...> inputs{detail::rebuilt<detail::Handles<X>>(x, read)...};
    auto result = detail::as_handles(std::apply(f_, inputs), where_);
    return std::pair{std::move(variables), std::move(result)};
  }

  /// The recording whose guards hold at x, which was taken, having been run there.
  template <class Result, class... X>
  Kept<Result, X...>& run(const X&... x) {
    std::vector<Kept<Result, X...>>& all = kept<Kept<Result, X...>>();
    std::size_t same_shapes = 0, oldest = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (!all[k].replay.fits(values_) || !detail::alike(all[k].like, std::tie(x...))) continue;
      ++same_shapes;
      oldest = k;
      if (all[k].replay.try_run(values_) == ReplayStatus::ok) {
        std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k),
                    all.begin() + static_cast<std::ptrdiff_t>(k) + 1);
        return all.front();
      }
      if (options_.on_guard == OnGuard::fail) all[k].replay.throw_guard_failed();
    }
    // f may call this very object.
    const std::vector<ReplayValue> values = values_;
    Kept<Result, X...> made = make<Result>(values, x...);
    made.replay.run(values);
    if (same_shapes >= options_.most_recordings && same_shapes > 0)
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(oldest));
    all.insert(all.begin(), std::move(made));
    return all.front();
  }
  /// The recordings for arguments of these types, the one used last first.
  template <class K>
  std::vector<K>& kept() {
    for (std::any& each : kept_)
      if (auto* const found = std::any_cast<std::vector<K>>(&each)) return *found;
    return std::any_cast<std::vector<K>&>(kept_.emplace_back(std::vector<K>{}));
  }

  F f_;
  ReplayOptions options_;
  std::source_location where_;
  std::vector<std::any> kept_;
  detail::Parts parts_;              // empty; its memory is used again
  std::vector<ReplayValue> values_;  // of the arguments at hand
  std::size_t times_recorded_ = 0;
};

/// The function f, recorded at its first call and replayed afterwards.
template <class F>
[[nodiscard]] Replayed<std::decay_t<F>> replayed(F&& f, const ReplayOptions& options = {},
                                                 std::source_location where = std::source_location::current()) {
  return Replayed<std::decay_t<F>>(std::forward<F>(f), options, where);
}
template <class F>
[[nodiscard]] Replayed<std::decay_t<F>> replayed(F&& f, OnGuard on_guard,
                                                 std::source_location where = std::source_location::current()) {
  return replayed(std::forward<F>(f), ReplayOptions{.on_guard = on_guard}, where);
}

}  // namespace wengert
