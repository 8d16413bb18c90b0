// The tree of a module's parameters: names, and what is done with all of them at once.
//
// A module is a struct that names its members:
//
//     struct Network {
//       nn::Linear hidden, out;
//       static auto members(auto& self) { return std::tie(self.hidden, self.out); }
//       static constexpr std::array names{"hidden", "out"};
//       Tensor operator()(const Tensor& x) const { return out(tanh(hidden(x))); }
//     };
//
// and modules nest, in vectors, arrays, tuples and optionals too. It is a value: a copy is another network with
// parameters of its own. Its tensors are its parameters; a Buffer is a tensor that is kept with them but not trained (a
// running mean). The name of each says where it is: "hidden.weight", "blocks.0.norm.bias".
//
// One step of training records with a copy whose parameters are variables:
//
//     const auto live = nn::lifted(network, recording);
//     const Tensor loss = nn::mean_squared_error(live(x), y);
//     optimiser.step(network, nn::adjoints_of(live, backward(loss)));
//
// Since `members` is the customisation of autodiff/transform/tree.hpp too, value_and_grad and its kin take modules.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

/// A tensor of a module that is not differentiated by: a statistic, a table. Saved and loaded with the parameters.
struct Buffer {
  Tensor value;
  /// Same type, same bits.
  friend bool operator==(const Buffer& a, const Buffer& b) noexcept { return a.value.value() == b.value.value(); }
};

/// A parameter or buffer of a module, in place.
struct Parameter {
  std::string name;
  Tensor* value = nullptr;
};

/// A tensor and what it is called.
struct NamedTensor {
  std::string name;
  Tensor value;
};

namespace detail {

struct Entry {
  std::string name;
  Tensor* value = nullptr;
  bool is_buffer = false;
};
using Entries = std::vector<Entry>;

/// The path to what is being visited: "blocks.0." with the dot that a name follows.
class Path {
 public:
  /// Goes into a member while it lives; an empty name adds nothing.
  class [[nodiscard]] Step {
   public:
    Step(std::string& text, std::string_view name);
    Step(Step&&) = delete;
    ~Step() { text_->resize(length_); }

   private:
    std::string* text_;
    std::size_t length_;
  };
  Step into(std::string_view name) { return {text_, name}; }
  Step into(std::size_t index);
  /// Without the last dot.
  [[nodiscard]] std::string name() const;

 private:
  std::string text_;
};

template <class T>
concept NamesMembers = WithMembers<T> && requires { T::names.size(); };
/// A module that is chosen at run time and knows its own entries.
template <class T>
concept CollectsItself = requires(T& x, Path& path, Entries& into) { x.collect(path, into); };
template <class T>
concept HasNoTensors = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_empty_v<T> || std::is_pointer_v<T>;

template <class>
inline constexpr bool is_sequence = false;
template <class T, class A>
inline constexpr bool is_sequence<std::vector<T, A>> = true;
template <class T, std::size_t N>
inline constexpr bool is_sequence<std::array<T, N>> = true;
template <class>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;
template <class>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Appends the parameters and buffers of x, in the order of its members.
template <class T>
void collect(T& x, Path& path, Entries& into) {
  if constexpr (std::is_same_v<T, Tensor>) {
    into.push_back({path.name(), &x, false});
  } else if constexpr (std::is_same_v<T, Buffer>) {
    into.push_back({path.name(), &x.value, true});
  } else if constexpr (CollectsItself<T>) {
    x.collect(path, into);
  } else if constexpr (WithMembers<T>) {
    constexpr std::size_t count = std::tuple_size_v<decltype(T::members(x))>;
    static_assert(count == 0 || NamesMembers<T>,
                  "a module names its members: static constexpr std::array names{\"weight\", \"bias\"};");
    if constexpr (count != 0) {
      static_assert(T::names.size() == count, "a module has as many names as members");
      auto members = T::members(x);
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
          const auto step = path.into(std::string_view(T::names[J]));
          collect(std::get<J>(members), path, into);
        };
        (one(std::integral_constant<std::size_t, K>{}), ...);
      }(std::make_index_sequence<count>{});
    }
  } else if constexpr (is_sequence<T>) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto step = path.into(k);
      collect(x[k], path, into);
    }
  } else if constexpr (is_tuple<T>) {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
        const auto step = path.into(J);
        collect(std::get<J>(x), path, into);
      };
      (one(std::integral_constant<std::size_t, K>{}), ...);
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (is_optional<T>) {
    if (x) collect(*x, path, into);
  } else {
    static_assert(HasNoTensors<T>,
                  "this is no module: a struct that may hold tensors says which, by static auto members(auto& self) "
                  "and names; one without any returns std::tie()");
  }
}

/// The entries of a module; those of a constant one are not to be written.
template <class M>
[[nodiscard]] Entries entries_of(const M& model) {
  Entries result;
  Path path;
  collect(const_cast<M&>(model), path, result);
  return result;
}

[[nodiscard]] std::vector<Parameter> only(Entries entries, bool buffers);
[[nodiscard]] std::vector<NamedTensor> state_of(Entries entries);
void load(const Entries& entries, std::span<const NamedTensor> state, std::source_location where);
[[nodiscard]] std::int64_t count_of(const Entries& entries);
void convert_all(const Entries& entries, Dtype dtype, std::source_location where);
void lift(const Entries& entries, Recording& recording, const std::function<bool(std::string_view)>& trained,
          std::source_location where);
[[nodiscard]] std::vector<Tensor> adjoints(const Entries& entries, const Adjoints& adjoints);
void copy_buffers(const Entries& to, const Entries& from, std::source_location where);

}  // namespace detail

/// The parameters of a module, in the order of its members; `value` points into `model`.
template <class M>
[[nodiscard]] std::vector<Parameter> parameters(M& model) {
  static_assert(!std::is_const_v<M>, "parameters() gives access to write; state() reads");
  return detail::only(detail::entries_of(model), false);
}
/// Its buffers, likewise.
template <class M>
[[nodiscard]] std::vector<Parameter> buffers(M& model) {
  static_assert(!std::is_const_v<M>, "buffers() gives access to write; state() reads");
  return detail::only(detail::entries_of(model), true);
}
/// Parameters and buffers by name, as constants: what is saved.
template <class M>
[[nodiscard]] std::vector<NamedTensor> state(const M& model) {
  return detail::state_of(detail::entries_of(model));
}
/// Writes a state into a module. Throws ArgumentError, and writes nothing, unless every parameter and buffer is there
/// with its type, and nothing else is; the message lists what is missing, left over, or of another type.
template <class M>
void load_state(M& model, std::span<const NamedTensor> state,
                std::source_location where = std::source_location::current()) {
  detail::load(detail::entries_of(model), state, where);
}
/// How many numbers are trained.
template <class M>
[[nodiscard]] std::int64_t parameter_count(const M& model) {
  return detail::count_of(detail::entries_of(model));
}
/// A copy with real parameters and buffers in another dtype. Integers stay.
template <class M>
[[nodiscard]] M converted(const M& model, Dtype dtype, std::source_location where = std::source_location::current()) {
  M result = model;
  detail::convert_all(detail::entries_of(result), dtype, where);
  return result;
}
/// A copy whose parameters are variables of the recording, with their names; those for whose name `trained` is false
/// are constants, so that nothing is computed for them.
template <class M>
[[nodiscard]] M lifted(const M& model, Recording& recording, const std::function<bool(std::string_view)>& trained = {},
                       std::source_location where = std::source_location::current()) {
  M result = model;
  detail::lift(detail::entries_of(result), recording, trained, where);
  return result;
}
/// The adjoints of the parameters of a lifted module, in the order of parameters(); zeros of those not trained.
template <class M>
[[nodiscard]] std::vector<Tensor> adjoints_of(const M& live, const Adjoints& adjoints) {
  return detail::adjoints(detail::entries_of(live), adjoints);
}
/// Writes the buffers of `from`, as constants, into `to`: what a lifted copy has learned besides its parameters.
template <class M>
void copy_buffers(M& to, const M& from, std::source_location where = std::source_location::current()) {
  detail::copy_buffers(detail::entries_of(to), detail::entries_of(from), where);
}

}  // namespace wengert::nn
