// Optimiser: what turns gradients into the next parameters. The base of SGD, Adam, AdamW, RMSProp and Adagrad.
//
//     nn::Adam adam{{.rate = 1e-3}};
//     adam.step(model, gradients);                  // one gradient per parameter, in the order of parameters(model)
//     save(adam.state());  …  adam.load_state(nn::parameters(model), saved);      // goes on bit for bit
//
// An optimiser is a value: a copy goes on by itself. It keeps what it remembers of a parameter (its *moments*: averages
// of gradients and the like) under the parameter's name, so that the order of the parameters and their addresses may
// change from one step to the next.
//
// A step writes in place where nobody else holds the elements of the parameter, and into new elements otherwise: what
// another handle shares never changes. A recording holds the elements of its variables: clear it before the step if the
// copy is to be saved.
//
// An optimiser of one's own derives from Optimiser and gives `moments` and `update`; see nn/optim/fused.hpp.
//
// Reading order: Group, OptimiserOptions, Optimiser, Update.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/nn/module/parameters.hpp"

namespace wengert::nn {

/// Parameters that are trained in another way than the rest. A parameter belongs to the first group that has it.
struct Group {
  /// Which parameters; see named, named_with_end, of_rank_below. An empty function has none.
  std::function<bool(const Parameter&)> has;
  /// Times the optimiser's rate.
  double rate_factor = 1;
  /// Instead of the optimiser's.
  std::optional<double> weight_decay{};
  /// False: left as they are, whatever their gradients. Frozen parameters have no state.
  bool trained = true;
};

/// Parameters whose names begin with `start`: named("encoder.") has encoder.0.weight.
[[nodiscard]] std::function<bool(const Parameter&)> named(std::string start);
/// Parameters whose names end with `end`: named_with_end("bias").
[[nodiscard]] std::function<bool(const Parameter&)> named_with_end(std::string end);
/// Parameters of a rank below `rank`: of_rank_below(2) has the biases, and the weights of the normalisations.
[[nodiscard]] std::function<bool(const Parameter&)> of_rank_below(std::size_t rank);

/// What all optimisers know. The options of each are an aggregate that has these beside its own.
struct OptimiserOptions {
  double rate;
  double weight_decay;
  bool maximise;
  bool check_finite;
  std::vector<Group> groups;
};

/// One parameter in one step, for Optimiser::update. Elements are float or double, by dtype.
struct Update {
  Dtype dtype{};
  std::int64_t size = 0;
  void* parameter = nullptr;       ///< to be written in place
  const void* gradient = nullptr;  ///< size elements, of the same dtype
  std::array<void*, 3> moments{};  ///< size elements each, in the order of Optimiser::moments; at first all zero
  std::int64_t step = 1;           ///< of this parameter, from 1
  double rate = 0;                 ///< with the group's factor
  double weight_decay = 0;
  double sign = 1;  ///< -1 where the gradient is to be followed upward
};

/// One parameter in a step that is recorded, for Optimiser::record: what is read, and written over with the next
/// values.
struct RecordedUpdate {
  Tensor parameter{};
  Tensor gradient{};
  std::array<Tensor, 3> moments{};
  /// Those of Optimiser::numbers, of rank 0 and the parameter's dtype.
  std::array<Tensor, 3> numbers{};
  double weight_decay = 0;
  bool maximise = false;
};

class Optimiser {
 public:
  virtual ~Optimiser() = default;

  /// Its step as part of a program (optim/in_program.hpp).
  class InProgram;

  /// Writes *parameters[k].value, by gradients[k].
  ///
  /// Everything is checked first: an error leaves parameters and state as they were. Throws ArgumentError unless there
  /// is one gradient per parameter, names are distinct and parameters are constants (a variable of a recording is not
  /// the model); ShapeError or DtypeError for a gradient of another type than its parameter, or a parameter that is
  /// neither f32 nor f64; DomainError, with the parameter's name, for a gradient with NaN or ∞ (unless check_finite is
  /// off); and ArgumentError where the state that was loaded belongs to other parameters.
  void step(std::span<const Parameter> parameters, std::span<const Tensor> gradients,
            std::source_location where = std::source_location::current());
  /// The same for all parameters of a model.
  template <class M>
    requires(!std::convertible_to<M&, std::span<const Parameter>>)
  void step(M& model, std::span<const Tensor> gradients, std::source_location where = std::source_location::current()) {
    const auto all = nn::parameters(model);
    step(std::span<const Parameter>(all), gradients, where);
  }

  /// The rate of the next step: what schedules set. Groups have factors on it.
  [[nodiscard]] double rate() const noexcept { return rate_; }
  /// Throws ArgumentError unless the rate is finite and not negative.
  void set_rate(double rate, std::source_location where = std::source_location::current());
  /// Other groups from the next step on; for parameters that thaw. What is remembered of parameters stays.
  void set_groups(std::vector<Group> groups);

  /// The rate as `rate`; of each parameter that took a step, how many as `<parameter>.step` (i64), and its moments as
  /// `<parameter>.<moment>` (exp_avg and the like, PyTorch's names). Shares elements, copies none.
  [[nodiscard]] virtual std::vector<NamedTensor> state() const;
  /// Goes on from a state() as if nothing had been between, bit for bit. Options are not part of the state: they are to
  /// be the same. Throws ArgumentError, which lists everything that is wrong: entries unknown, missing, given twice, or
  /// of another type. An error leaves the optimiser as it was. What belongs to which parameter is checked by the next
  /// step, or at once by the second form.
  virtual void load_state(std::span<const NamedTensor> state,
                          std::source_location where = std::source_location::current());
  void load_state(std::span<const Parameter> parameters, std::span<const NamedTensor> state,
                  std::source_location where = std::source_location::current());

  /// The optimiser's name: "Adam". For messages.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

 protected:
  /// Throws ArgumentError for a rate or a weight decay that is negative or not finite.
  Optimiser(OptimiserOptions options, std::string_view name, std::source_location where);
  Optimiser(const Optimiser&) = default;
  Optimiser(Optimiser&&) noexcept = default;
  Optimiser& operator=(const Optimiser&) = default;
  Optimiser& operator=(Optimiser&&) noexcept = default;

  /// Names of what is remembered of each parameter, three at most; a state has `<parameter>.<name>`.
  [[nodiscard]] virtual std::span<const std::string_view> moments() const noexcept = 0;
  /// The value that a moment has before the first step.
  [[nodiscard]] virtual double initial_moment() const noexcept { return 0; }
  /// Writes one parameter and its moments.
  virtual void update(const Update& update) const noexcept = 0;

  /// @name The same as part of a program. An optimiser that does not say how steps outside of it.
  /// @{
  /// What update() computes from step, rate and weight decay for all elements alike: what record() gets as tensors,
  /// since it changes from step to step.
  [[nodiscard]] virtual std::array<double, 3> numbers(const Update& update) const noexcept;
  /// update() as entries of a recording. False: it is not known.
  [[nodiscard]] virtual bool record(RecordedUpdate& update) const;
  /// @}

 private:
  // What is known of a parameter. Before its first step the moments are empty.
  struct Slot {
    std::string name;
    Type type{};
    std::int64_t steps = 0;
    std::vector<Array> moments{};
    std::ptrdiff_t group = -2;  // -1: none; -2: not yet looked for
  };
  struct Setting {
    double rate, weight_decay;
    bool trained;
  };

  void check(std::span<const Parameter> parameters, std::span<const Tensor> gradients,
             std::source_location where) const;
  void check_once_loaded(std::span<const Parameter> parameters, std::source_location where);
  void check_loaded(std::span<const Slot> slots, std::span<const Parameter> parameters,
                    std::source_location where) const;
  [[nodiscard]] std::vector<Slot> parse(std::span<const NamedTensor> state, double& rate,
                                        std::source_location where) const;
  [[nodiscard]] std::vector<std::size_t> places(std::span<const Parameter> parameters, std::source_location where);
  [[nodiscard]] Setting setting(const Slot& slot) const;
  [[nodiscard]] std::ptrdiff_t group_of(const Parameter& parameter) const;

  double rate_, weight_decay_;
  bool maximise_, check_finite_;
  bool loaded_ = false;        // and not yet held against parameters
  std::int64_t revision_ = 0;  // of what programs know: counted up where groups or slots are replaced
  std::vector<Group> groups_;
  std::vector<Slot> slots_;
};

namespace detail {
/// Every element is stored, and nobody else holds them.
[[nodiscard]] inline bool may_be_written(const Array& x) noexcept { return x.unique() && !x.is_uniform(); }
/// The same elements, so that they may be written.
[[nodiscard]] Array own(const Array& x, std::source_location where);
/// Throws ArgumentError unless low <= value, and value < high; the message has the option's name.
void check_option(std::string_view optimiser, std::string_view option, double value, double low, double high,
                  std::source_location where);
}  // namespace detail

}  // namespace wengert::nn
