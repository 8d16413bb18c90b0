// The recorded reverse sweep over a stream: statement by statement backwards, inside a statement step by step
// backwards, with the rule of each primitive run on Eager handles.
#include "wengert/autodiff/record/gradient.hpp"

#include <algorithm>
#include <array>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recorded_sweep.hpp"
#include "wengert/autodiff/record/tensor_sweep.hpp"
#include "wengert/autodiff/record/walk.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace detail {

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

/// What depends on the variables asked for: only there a cotangent is worth recording.
class Dependence {
 public:
  /// `from`: the entry of the earliest of x; nothing before it depends on any.
  Dependence(const Stream& s, const Position& from, Id last, std::span<const AnyHandle> x)
      : s_(s), first_(from.id), bits_(last - first_ + 1) {
    for (const AnyHandle& variable : x)
      if (variable.id() <= last) bits_[variable.id() - first_] = true;
    walk_forward(s, from, last, *this);
  }
  [[nodiscard]] bool operator[](Id id) const { return id >= first_ && bits_[id - first_]; }

  void statement(const StatementView& view) {
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if (WENGERT_HOLDS("gradient: statement depends", (view.active >> k & 1u) && (*this)[view.operand[k]]))
        bits_[view.id - first_] = true;
  }
  void variables(Id, Id) {}
  void tensor(std::uint32_t index, Id id) {
    const TensorEntry& entry = s_.tensors->entries[index];
    for (std::size_t k = 0; k < entry.operand_count; ++k)
      if (WENGERT_HOLDS("gradient: tensor depends",
                        flows_into(*s_.tensors, entry, k) && (*this)[s_.tensors->operands_of(entry)[k].id]))
        bits_[id - first_] = true;
  }

 private:
  const Stream& s_;
  Id first_;
  std::vector<bool> bits_;
};

class RecordedSweep {
 public:
  RecordedSweep(Stream& s, const Position& from, Id last, std::span<const AnyHandle> x)
      : s_(s),
        first_(from.id),
        depends_(s, from, last, x),
        cotangent_(last - first_ + 1, Eager(0.0)),
        seen_(last - first_ + 1) {
    const TensorRange tensors = tensors_between(s, first_, last);
    first_tensor_ = tensors.first;
    tensor_cotangent_.resize(tensors.count);
  }

  void seed(Id id, const Scalar& cotangent) { accumulate(id, Eager(WENGERT_NUMBER("gradient: seed", cotangent))); }
  /// The adjoint of a value that was asked for.
  [[nodiscard]] Scalar result(Id id) {
    if (id < first_ || id - first_ >= cotangent_.size()) return Scalar(0.0);
    tie(cotangent_[id - first_], id, whole_value);
    return cotangent_[id - first_].scalar();
  }

  void seed(const Tensor& y, const Tensor& cotangent) {
    accumulate(y.id(), y, WENGERT_NUMBER("gradient: seed of a tensor", cotangent), "gradient");
  }
  [[nodiscard]] Tensor result(const Tensor& x) {
    if (x.id() - first_ >= seen_.size() || !seen_[x.id() - first_]) return zeros(x.shape(), x.dtype(), {});
    const Tensor& adjoint = cotangent_of(tensor_index(s_, x.id()));
    s_.tie(adjoint.id(), x.id(), whole_value);
    return adjoint;
  }

  void variables(Id, Id) {}

  void tensor(std::uint32_t index, Id id) {
    const Id at = id - first_;
    if (!seen_[at] || !depends_[id]) return;
    // A copy: recording appends entries.
    const TensorEntry entry = s_.tensors->entries[index];
    const std::size_t count = entry.operand_count;
    const auto operands_there = s_.tensors->operands_of(entry);
    const std::vector<TensorOperand> operands(operands_there.begin(), operands_there.end());
    std::vector<Tensor> x(count);
    for (std::size_t k = 0; k < count; ++k) {
      const Array& array = s_.tensors->arrays_of(entry)[k];
      if (operands[k].scalar) continue;
      x[k] = operands[k].id == 0 ? Tensor(array) : Tensor::from_parts(array, operands[k].id, s_.tag());
    }
    const LocationOf location(s_, entry.location);
    if (entry.scalar) {
      tie(cotangent_[at], id, whole_value);
      const Tensor contribution =
          tensor_around(cotangent_[at].scalar(), x[0].type(), std::get<std::int64_t>(entry.attribute), {});
      s_.tie(contribution.id(), id, whole_value, 0);
      accumulate(operands[0].id, x[0], WENGERT_NUMBER("gradient: scalar taken from a tensor", contribution),
                 entry.primitive->name);
      return;
    }
    const Tensor y = Tensor::from_parts(entry.result, id, s_.tag());
    const Tensor cotangent = cotangent_of(index);
    s_.tie(cotangent.id(), id, whole_value);
    if (entry.primitive == nullptr) return;  // a variable
    const TensorRules& rules = entry.primitive->on_tensors;
    std::vector<char> wanted(count);
    for (std::size_t k = 0; k < count; ++k)
      wanted[k] = operands[k].id != 0 && depends_[operands[k].id] && flows_into(*s_.tensors, entry, k) ? 1 : 0;
    std::vector<Tensor> contributions;
    if (rules.vjp_of_all != nullptr) contributions = rules.vjp_of_all(cotangent, y, x, entry.attribute, wanted);
    for (std::size_t k = 0; k < count; ++k) {
      const Id operand = operands[k].id;
      if (WENGERT_HOLDS("gradient: nothing flows into a tensor", wanted[k] == 0)) continue;
      const auto edge = static_cast<std::int16_t>(k);
      if (operands[k].scalar) {
        const Scalar contribution = scalar_at(
            cotangent,
            WENGERT_INDEX("gradient: place of a scalar in a tensor", rules.scalar_position(k, entry.attribute)), {});
        s_.tie(contribution.id(), id, whole_value, edge);
        accumulate(operand, WENGERT_NUMBER("gradient: scalar put into a tensor", Eager(contribution)));
      } else {
        const Tensor contribution =
            rules.vjp_of_all != nullptr ? contributions[k] : rules.vjp(k, cotangent, y, x, entry.attribute);
        s_.tie(contribution.id(), id, whole_value, edge);
        accumulate(operand, x[k], contribution, entry.primitive->name);
      }
    }
  }

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
        active_[n] = WENGERT_HOLDS("gradient: leaf is active", (view.active >> leaf & 1u) && depends_[operand]);
      } else {
        value.primitive = step.primitive;
        const auto arity = static_cast<std::size_t>(step.primitive->arity);
        depth -= arity;
        for (std::size_t k = 0; k < arity; ++k) {
          operand_[n][k] = stack[depth + k];
          value.operand[k] = &steps_[stack[depth + k]];
          if (WENGERT_HOLDS("gradient: step is active",
                            (step.primitive->differentiable >> k & 1u) && active_[stack[depth + k]]))
            active_[n] = true;
        }
      }
      stack[depth++] = n;
    }
    const std::size_t root = view.type->step_count - 1u;
    steps_[root].scalar = handle(view.id);
    steps_[root].known = true;
    step_cotangent_[root] = WENGERT_NUMBER("gradient: cotangent of a statement", cotangent_[at]);

    // From the result to the leaves. What is recorded is tied to what it is the adjoint of.
    for (std::size_t n = root + 1; n-- > 0;) {
      if (!active_[n]) continue;
      const Primitive* const primitive = steps_[n].primitive;
      if (primitive == nullptr) {
        accumulate(view.operand[leaf_of_[n]], WENGERT_NUMBER("gradient: to a leaf", step_cotangent_[n]));
        continue;
      }
      tie(step_cotangent_[n], view.id, n == root ? whole_value : static_cast<std::uint16_t>(n));
      const auto arity = static_cast<std::size_t>(primitive->arity);
      const Eager y(steps_[n], where);
      std::array<Eager, 3> x{Eager(0.0), Eager(0.0), Eager(0.0)};
      for (std::size_t k = 0; k < arity; ++k) {
        LazyValue& operand = *steps_[n].operand[k];
        x[k] = WENGERT_HOLDS("gradient: value is known", operand.known) ? Eager(operand.scalar, where)
                                                                        : Eager(operand, where);
      }
      for (std::size_t k = 0; k < arity; ++k) {
        const std::size_t child = operand_[n][k];
        if (WENGERT_HOLDS("gradient: nothing flows into a step",
                          !active_[child] || !(primitive->differentiable >> k & 1u)))
          continue;
        step_cotangent_[child] = primitive->recorded_contribution(k, step_cotangent_[n], y, x.data()).materialized();
        tie(step_cotangent_[child], view.id, static_cast<std::uint16_t>(n), static_cast<std::int16_t>(k));
      }
    }
  }

 private:
  [[nodiscard]] Tensor& cotangent_of(std::size_t entry) { return tensor_cotangent_[entry - first_tensor_]; }
  [[nodiscard]] Scalar handle(Id id) const { return Scalar::from_parts(s_.values[id], id, s_.tag()); }

  void accumulate(Id operand, const Eager& contribution) {
    const Id at = operand - first_;
    cotangent_[at] =
        WENGERT_HOLDS("gradient: has a cotangent", seen_[at]) ? cotangent_[at] + contribution : contribution;
    seen_[at] = true;
  }
  void accumulate(Id operand, const Tensor& x, const Tensor& contribution, std::string_view operation) {
    // Before anything is added: a later broadcast would hide a wrong shape.
    if (!(contribution.type() == x.type())) {
      throw InternalError{{.operation = std::string(operation),
                           .operands = {to_string(x.type()), to_string(contribution.type())},
                           .problem = "the rule contributed " + to_string(contribution.type()) + " to an adjoint",
                           .expected = to_string(x.type()) + ", the type of the operand"}};
    }
    const Id at = operand - first_;
    Tensor& sum = cotangent_of(tensor_index(s_, operand));
    sum = WENGERT_HOLDS("gradient: tensor has a cotangent", seen_[at])
              ? (EagerTensor(sum) + EagerTensor(contribution)).as(x.type())
              : contribution;
    seen_[at] = true;
  }
  void tie(const Eager& adjoint, Id primal, std::uint16_t step, std::int16_t operand = -1) {
    s_.tie(adjoint.scalar().id(), primal, step, operand);
  }

  Stream& s_;
  Id first_;
  Dependence depends_;
  std::vector<Eager> cotangent_;          // of Scalars, by id - first_
  std::size_t first_tensor_ = 0;          // entries before it are not swept
  std::vector<Tensor> tensor_cotangent_;  // by index of the tensor entry - first_tensor_
  std::vector<bool> seen_;                // by id - first_: it has one
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

namespace {

void want_real(const AnyHandle& x, std::source_location where) {
  if (x.tensor == nullptr || is_real(x.tensor->dtype())) return;
  throw DtypeError{{.operation = "gradient",
                    .operands = {to_string(x.tensor->type())},
                    .problem = "a tensor of " + to_string(x.tensor->type()) + " has no derivative",
                    .expected = "f32 or f64",
                    .where = where}};
}

/// Throws unless `cotangent` is one of y: a Scalar, or a tensor of its type.
void want_cotangent(const AnyHandle& y, const AnyHandle& cotangent, std::source_location where) {
  const auto text = [](const AnyHandle& x) { return x.tensor == nullptr ? "a Scalar" : to_string(x.tensor->type()); };
  if ((y.tensor == nullptr) == (cotangent.tensor == nullptr) &&
      (y.tensor == nullptr || y.tensor->type() == cotangent.tensor->type()))
    return;
  throw ShapeError{{.operation = "gradient",
                    .operands = {text(y), text(cotangent)},
                    .problem = "the cotangent has " + text(cotangent),
                    .expected = text(y),
                    .where = where}};
}

/// Whoever is handed one of `gradients` alone can ask what it is the derivative of.
std::vector<AnyGradient> tied(std::vector<AnyGradient> gradients, const AnyHandle& y, std::span<const AnyHandle> x) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    const Id gradient = x[k].tensor == nullptr ? gradients[k].scalar.id() : gradients[k].tensor.id();
    if (gradient != 0) static_cast<Stream&>(Stream::of(y.tag())).tie_gradient(gradient, y.id(), x[k].id());
  }
  return gradients;
}

}  // namespace

std::vector<AnyGradient> detail::gradient_of(const AnyHandle& y, const Tensor* cotangent, std::span<const AnyHandle> x,
                                             std::source_location where) {
  if (cotangent != nullptr) {
    const AnyHandle seed(*cotangent);
    return gradient_of(std::span(&y, 1), std::span(&seed, 1), x, where);
  }
  if (y.tensor == nullptr) {
    const AnyHandle one{Scalar(1.0)};
    return tied(gradient_of(std::span(&y, 1), std::span(&one, 1), x, where), y, x);
  }
  want_real(y, where);
  if (y.tensor->size() != 1) {
    throw ShapeError{{.operation = "gradient",
                      .operands = {to_string(y.tensor->type())},
                      .problem = "the tensor to differentiate is " + to_string(y.tensor->type()),
                      .expected = "a single element",
                      .where = where,
                      .hint = "gradient(sum(y), x), or give a cotangent: gradient(y, cotangent, x)"}};
  }
  const Tensor ones_of_y = ones(y.tensor->shape(), y.tensor->dtype(), where);
  return tied(gradient_of(y, &ones_of_y, x, where), y, x);
}

std::vector<AnyGradient> detail::gradient_of(std::span<const AnyHandle> y, std::span<const AnyHandle> cotangents,
                                             std::span<const AnyHandle> x, std::source_location where) {
  for (const AnyHandle& variable : x) {
    if (variable.tag() == 0) {
      throw ArgumentError{{.operation = "gradient",
                           .problem = "the value to differentiate by is a constant",
                           .expected = "a value of the recording",
                           .where = where,
                           .hint = "make it with Recording::variable"}};
    }
    want_real(variable, where);
  }
  Tag tag = 0;
  Id last = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    want_real(y[k], where);
    want_cotangent(y[k], cotangents[k], where);
    if (tag == 0) tag = y[k].tag();
    last = std::max(last, y[k].id());
  }
  std::vector<AnyGradient> result(x.size());
  for (std::size_t k = 0; k < x.size(); ++k)
    if (x[k].tensor != nullptr) result[k].tensor = zeros(x[k].tensor->shape(), x[k].tensor->dtype(), where);
  if (tag == 0) return result;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "gradient", where);
  Stream& s = static_cast<Stream&>(head);
  for (const std::span<const AnyHandle> handles : {y, cotangents, x})
    for (const AnyHandle& handle : handles) s.check(handle.id(), handle.tag(), "gradient", where);
  s.settle();
  const Phase phase("gradient recorded");
  const Id before = s.next_id();
  Id earliest = last;
  for (const AnyHandle& variable : x) earliest = std::min(earliest, variable.id());
  const Position from = position_of(s, earliest);
  RecordedSweep sweep(s, from, last, x);
  for (std::size_t k = 0; k < y.size(); ++k) {
    if (y[k].id() < from.id) continue;  // a constant, or from before all x
    if (y[k].tensor == nullptr)
      sweep.seed(y[k].id(), cotangents[k].scalar);
    else
      sweep.seed(*y[k].tensor, *cotangents[k].tensor);
  }
  walk_backward(s, last, from.id, sweep);
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (x[k].tensor == nullptr)
      result[k].scalar = sweep.result(x[k].id());
    else
      result[k].tensor = sweep.result(*x[k].tensor);
  }
  phase.finished({{"values differentiated", last - from.id + 1}, {"values appended", s.next_id() - before}});
  return result;
}

}  // namespace wengert
