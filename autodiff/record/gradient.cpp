// The recorded reverse sweep over a stream: statement by statement backwards, inside a statement step by step backwards, with
// the rule of each primitive run on Eager handles.
#include "wengert/autodiff/record/gradient.hpp"

#include <algorithm>
#include <array>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/walk.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace detail {

/// A step of the statement at hand: a leaf or the result of a primitive. Recorded when first asked for.
class LazyValue {
 public:
  const Primitive* primitive = nullptr;
  std::array<LazyValue*, 3> operand{};
  std::source_location where{};
  Scalar scalar{};
  bool known = false;
};

// Depth is bounded by the size of one statement (max_operations), not by the graph.
Scalar materialize(LazyValue& lazy) {
  if (!lazy.known) {
    const auto arity = static_cast<std::size_t>(lazy.primitive->arity);
    std::array<Eager, 3> x{Eager(0.0), Eager(0.0), Eager(0.0)};
    for (std::size_t k = 0; k < arity; ++k) x[k] = Eager(materialize(*lazy.operand[k]), lazy.where);
    lazy.scalar = lazy.primitive->record(x.data()).scalar();
    lazy.known = true;
  }
  return lazy.scalar;
}

}  // namespace detail

namespace {

constexpr std::size_t max_steps = max_leaves + max_operations;

/// What depends on the variables asked for: only there a cotangent is worth recording.
class Dependence {
 public:
  Dependence(const Stream& s, Id last, std::span<const Scalar> x) : first_(s.first_id()), bits_(last - first_ + 1) {
    for (const Scalar& variable : x)
      if (variable.id() <= last) bits_[variable.id() - first_] = true;
    walk_forward(s, last, *this);
  }
  [[nodiscard]] bool operator[](Id id) const { return bits_[id - first_]; }

  void statement(const StatementView& view) {
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if ((view.active >> k & 1u) && (*this)[view.operand[k]]) bits_[view.id - first_] = true;
  }
  void variables(Id, Id) {}
  void tensor(std::uint32_t, Id) {}

 private:
  Id first_;
  std::vector<bool> bits_;
};

class RecordedSweep {
 public:
  RecordedSweep(Stream& s, Id last, std::span<const Scalar> x)
      : s_(s), first_(s.first_id()), depends_(s, last, x), cotangent_(last - first_ + 1, Eager(0.0)), seen_(last - first_ + 1) {}

  void seed(Id id) {
    cotangent_[id - first_] = Eager(1.0);
    seen_[id - first_] = true;
  }
  /// The adjoint of a value that was asked for.
  [[nodiscard]] Scalar result(Id id) {
    if (id - first_ >= cotangent_.size()) return Scalar(0.0);
    tie(cotangent_[id - first_], id, whole_value);
    return cotangent_[id - first_].scalar();
  }

  void variables(Id, Id) {}
  void tensor(std::uint32_t, Id) {}

  void statement(const StatementView& view) {
    const Id at = view.id - first_;
    if (!seen_[at] || !depends_[view.id]) return;
    const std::source_location where = location_of(view.location);
    std::size_t leaf = 0, depth = 0;
    std::array<std::size_t, max_steps> stack{};
    for (std::size_t n = 0; n < view.type->step_count; ++n) {
      const Step& step = view.type->steps[n];
      LazyValue& value = steps_[n];
      value = LazyValue{};
      value.where = where;
      active_[n] = false;
      if (step.primitive == nullptr) {
        leaf = step.leaf;
        leaf_of_[n] = leaf;
        const Id operand = view.operand[leaf];
        value.scalar = operand == 0 ? Scalar(view.constant[leaf]) : handle(operand);
        value.known = true;
        active_[n] = (view.active >> leaf & 1u) && depends_[operand];
      } else {
        value.primitive = step.primitive;
        const auto arity = static_cast<std::size_t>(step.primitive->arity);
        depth -= arity;
        for (std::size_t k = 0; k < arity; ++k) {
          operand_[n][k] = stack[depth + k];
          value.operand[k] = &steps_[stack[depth + k]];
          if ((step.primitive->differentiable >> k & 1u) && active_[stack[depth + k]]) active_[n] = true;
        }
      }
      stack[depth++] = n;
    }
    const std::size_t root = view.type->step_count - 1u;
    steps_[root].scalar = handle(view.id);
    steps_[root].known = true;
    step_cotangent_[root] = cotangent_[at];

    // From the result to the leaves. What is recorded is tied to what it is the adjoint of.
    for (std::size_t n = root + 1; n-- > 0;) {
      if (!active_[n]) continue;
      const Primitive* const primitive = steps_[n].primitive;
      if (primitive == nullptr) {
        accumulate(view.operand[leaf_of_[n]], step_cotangent_[n]);
        continue;
      }
      tie(step_cotangent_[n], view.id, n == root ? whole_value : static_cast<std::uint16_t>(n));
      const auto arity = static_cast<std::size_t>(primitive->arity);
      const Eager y(steps_[n], where);
      std::array<Eager, 3> x{Eager(0.0), Eager(0.0), Eager(0.0)};
      for (std::size_t k = 0; k < arity; ++k) {
        LazyValue& operand = *steps_[n].operand[k];
        x[k] = operand.known ? Eager(operand.scalar, where) : Eager(operand, where);
      }
      for (std::size_t k = 0; k < arity; ++k) {
        const std::size_t child = operand_[n][k];
        if (!active_[child] || !(primitive->differentiable >> k & 1u)) continue;
        step_cotangent_[child] = primitive->recorded_contribution(k, step_cotangent_[n], y, x.data()).materialized();
        tie(step_cotangent_[child], view.id, static_cast<std::uint16_t>(n), static_cast<std::int16_t>(k));
      }
    }
  }

 private:
  [[nodiscard]] Scalar handle(Id id) const { return Scalar::from_parts(s_.values[id], id, s_.tag); }

  void accumulate(Id operand, const Eager& contribution) {
    const Id at = operand - first_;
    cotangent_[at] = seen_[at] ? cotangent_[at] + contribution : contribution;
    seen_[at] = true;
  }
  void tie(const Eager& adjoint, Id primal, std::uint16_t step, std::int16_t operand = -1) {
    s_.tie(adjoint.scalar().id(), primal, step, operand);
  }

  Stream& s_;
  Id first_;
  Dependence depends_;
  std::vector<Eager> cotangent_;
  std::vector<bool> seen_;
  std::array<LazyValue, max_steps> steps_{};
  std::array<bool, max_steps> active_{};
  std::array<std::size_t, max_steps> leaf_of_{};
  std::array<std::array<std::size_t, 3>, max_steps> operand_{};
  std::array<Eager, max_steps> step_cotangent_ = [] {
    return []<std::size_t... K>(std::index_sequence<K...>) {
      return std::array<Eager, max_steps>{((void)K, Eager(0.0))...};
    }(std::make_index_sequence<max_steps>{});
  }();
};

}  // namespace

std::vector<Scalar> gradient(const Scalar& y, std::span<const Scalar> x, std::source_location where) {
  for (const Scalar& variable : x) {
    if (variable.is_constant()) {
      throw ArgumentError{{.operation = "gradient",
                           .problem = "the value to differentiate by is a constant",
                           .expected = "a value of the recording",
                           .where = where,
                           .hint = "make it with Recording::variable"}};
    }
  }
  std::vector<Scalar> result(x.size());
  Tag tag = y.tag();
  if (tag == 0) return result;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "gradient", where);
  Stream& s = static_cast<Stream&>(head);
  s.check(y.id(), y.tag(), "gradient", where);
  for (const Scalar& variable : x) s.check(variable.id(), variable.tag(), "gradient", where);
  s.settle();
  RecordedSweep sweep(s, y.id(), x);
  sweep.seed(y.id());
  walk_backward(s, y.id(), sweep);
  for (std::size_t k = 0; k < x.size(); ++k) result[k] = sweep.result(x[k].id());
  return result;
}

}  // namespace wengert
