// The recorded forward sweep over a stream: statement by statement, inside a statement step by step, with the rule of
// each primitive run on Eager handles.
#include "wengert/autodiff/record/jvp.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recorded_sweep.hpp"
#include "wengert/autodiff/record/tensor_sweep.hpp"
#include "wengert/autodiff/record/walk.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace {

/// What the outputs depend on: only there a tangent is worth recording.
class Need {
 public:
  /// Nothing before id `first`, where an entry begins, is looked at.
  Need(const Stream& s, Id first, Id last, std::span<const AnyHandle> y)
      : s_(s), first_(first), bits_(std::size_t{last} - first + 1) {
    for (const AnyHandle& output : y) add(output.id());
    walk_backward(s, last, first, *this);
  }
  [[nodiscard]] bool operator[](Id id) const { return bits_[id - first_]; }

  void statement(const StatementView& view) {
    if (!(*this)[view.id]) return;
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if (WENGERT_HOLDS("jvp: operand of a statement is needed", view.active >> k & 1u)) add(view.operand[k]);
  }
  void variables(Id, Id) {}
  void tensor(std::uint32_t index, Id id) {
    if (!(*this)[id]) return;
    const TensorEntry& entry = s_.tensors->entries[index];
    for (std::size_t k = 0; k < entry.operand_count; ++k)
      if (WENGERT_HOLDS("jvp: operand of a tensor is needed", flows_into(*s_.tensors, entry, k)))
        add(s_.tensors->operands_of(entry)[k].id);
  }

 private:
  void add(Id id) {
    if (id >= first_) bits_[id - first_] = true;
  }
  const Stream& s_;
  Id first_;
  std::vector<bool> bits_;
};

class RecordedForward {
 public:
  /// `from`: the entry of the earliest of x; nothing before it moves.
  RecordedForward(Stream& s, const Position& from, Id last, std::span<const AnyHandle> y)
      : s_(s),
        first_(from.id),
        needed_(s, from.id, last, y),
        tangent_(std::size_t{last} - first_ + 1, Eager(0.0)),
        moves_(tangent_.size()) {
    const TensorRange tensors = tensors_between(s, first_, last);
    first_tensor_ = tensors.first;
    tensor_tangent_.resize(tensors.count);
  }

  /// Of a value after the last output nothing depends.
  void seed(const AnyHandle& x, const AnyHandle& tangent) {
    if (x.id() - first_ >= moves_.size()) return;
    if (x.tensor == nullptr)
      add(x.id(), WENGERT_NUMBER("jvp: seed", Eager(tangent.scalar)));
    else
      add(x.id(), x.tensor->type(), WENGERT_NUMBER("jvp: seed of a tensor", *tangent.tensor), "jvp");
  }
  [[nodiscard]] Scalar result(const Scalar& y) const {
    return moves(y.id()) ? tangent_[y.id() - first_].scalar() : Scalar(0.0);
  }
  [[nodiscard]] Tensor result(const Tensor& y) const {
    return moves(y.id()) ? tangent_of(y.id()) : zeros(y.shape(), y.dtype(), {});
  }

  void variables(Id, Id) {}

  void statement(const StatementView& view) {
    if (!needed_[view.id] || !any_leaf_moves(view)) return;
    const std::source_location where = location_of(view.location);
    std::size_t depth = 0;
    std::array<std::size_t, max_steps> stack{};
    for (std::size_t n = 0; n < view.type->step_count; ++n) {
      const Step& step = view.type->steps[n];
      LazyValue& value = steps_[n];
      value = LazyValue{};
      value.where = where;
      step_moves_[n] = false;
      if (step.primitive == nullptr) {
        const Id operand = view.operand[step.leaf];
        value.scalar = operand == 0 ? Scalar(view.constant[step.leaf]) : handle(operand);
        value.known = true;
        if (WENGERT_HOLDS("jvp: leaf moves", (view.active >> step.leaf & 1u) && moves(operand))) {
          step_moves_[n] = true;
          step_tangent_[n] = WENGERT_NUMBER("jvp: tangent of a leaf", tangent_[operand - first_]);
        }
      } else {
        value.primitive = step.primitive;
        const auto arity = static_cast<std::size_t>(step.primitive->arity);
        depth -= arity;
        for (std::size_t k = 0; k < arity; ++k) {
          operand_[n][k] = stack[depth + k];
          value.operand[k] = &steps_[stack[depth + k]];
        }
      }
      stack[depth++] = n;
    }
    const std::size_t root = view.type->step_count - 1u;
    steps_[root].scalar = handle(view.id);
    steps_[root].known = true;

    // From the leaves to the result.
    for (std::size_t n = 0; n <= root; ++n)
      if (steps_[n].primitive != nullptr) step(n, where);
    if (step_moves_[root]) add(view.id, WENGERT_NUMBER("jvp: tangent of a statement", step_tangent_[root]));
  }

  void tensor(std::uint32_t index, Id id) {
    if (!needed_[id]) return;
    // A copy: recording appends entries.
    const TensorEntry entry = s_.tensors->entries[index];
    if (entry.primitive == nullptr) return;  // a variable
    const std::size_t count = entry.operand_count;
    const auto operands_there = s_.tensors->operands_of(entry);
    const std::vector<TensorOperand> operands(operands_there.begin(), operands_there.end());
    std::vector<bool> moving(count);
    bool any = false;
    for (std::size_t k = 0; k < count; ++k) {
      moving[k] =
          WENGERT_HOLDS("jvp: operand of a tensor moves", flows_into(*s_.tensors, entry, k) && moves(operands[k].id));
      any = any || moving[k];
    }
    if (!any) return;
    const LocationOf location(s_, entry.location);
    const TensorRules& rules = entry.primitive->on_tensors;
    if (operands.front().scalar) {  // then all are
      std::vector<Scalar> tangents(count);
      for (std::size_t k = 0; k < count; ++k)
        if (moving[k])
          tangents[k] = WENGERT_NUMBER("jvp: scalar put into a tensor", tangent_[operands[k].id - first_]).scalar();
      const bool stacked = entry.primitive == &PrimitiveOf<ops::Stack>::record;
      add(id, entry.result.type(),
          stacked ? stack(tangents, {})
                  : tensor_around(tangents.front(), entry.result.type(), rules.scalar_position(0, entry.attribute), {}),
          entry.primitive->name);
      return;
    }
    std::vector<Tensor> x(count), tangents(count);
    for (std::size_t k = 0; k < count; ++k) {
      const Array& array = s_.tensors->arrays_of(entry)[k];
      x[k] = operands[k].id == 0 ? Tensor(array) : Tensor::from_parts(array, operands[k].id, s_.tag());
      tangents[k] = moving[k] ? tangent_of(operands[k].id) : zeros(x[k].shape(), x[k].dtype(), {});
    }
    if (entry.scalar) {
      add(id, WENGERT_NUMBER("jvp: scalar taken from a tensor",
                             Eager(scalar_at(tangents[0], std::get<std::int64_t>(entry.attribute), {}))));
      return;
    }
    const Tensor y = Tensor::from_parts(entry.result, id, s_.tag());
    add(id, y.type(), WENGERT_NUMBER("jvp: tangent of a tensor", rules.jvp(tangents, y, x, entry.attribute)),
        entry.primitive->name);
  }

 private:
  [[nodiscard]] Scalar handle(Id id) const { return Scalar::from_parts(s_.values[id], id, s_.tag()); }

  /// Value `id`, one at or below the last output, has a tangent.
  [[nodiscard]] bool moves(Id id) const { return id >= first_ && moves_[id - first_]; }
  [[nodiscard]] const Tensor& tangent_of(Id tensor) const {
    return tensor_tangent_[tensor_index(s_, tensor) - first_tensor_];
  }
  [[nodiscard]] Tensor& tangent_of(Id tensor) { return tensor_tangent_[tensor_index(s_, tensor) - first_tensor_]; }

  [[nodiscard]] bool any_leaf_moves(const StatementView& view) const {
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if ((view.active >> k & 1u) && moves(view.operand[k])) return true;
    return false;
  }

  // Step n of the statement at hand, the result of a primitive.
  void step(std::size_t n, std::source_location where) {
    const Primitive& primitive = *steps_[n].primitive;
    const auto arity = static_cast<std::size_t>(primitive.arity);
    const auto operand_moves = [&](std::size_t k) {
      return WENGERT_HOLDS("jvp: operand of a step moves",
                           (primitive.differentiable >> k & 1u) && step_moves_[operand_[n][k]]);
    };
    bool any = false;
    for (std::size_t k = 0; k < arity; ++k) any = any || operand_moves(k);
    if (!any) return;
    const auto of = [&](LazyValue& value) { return value.known ? Eager(value.scalar, where) : Eager(value, where); };
    const Eager y = of(steps_[n]);
    std::array<Eager, 3> x{Eager(0.0), Eager(0.0), Eager(0.0)};
    for (std::size_t k = 0; k < arity; ++k) x[k] = of(*steps_[n].operand[k]);
    Eager sum(0.0);
    for (std::size_t k = 0; k < arity; ++k)
      if (operand_moves(k))
        sum = sum + WENGERT_NUMBER("jvp: along an operand",
                                   primitive.recorded_contribution(k, step_tangent_[operand_[n][k]], y, x.data()));
    step_tangent_[n] = sum.materialized();
    step_moves_[n] = !sum.is(0.0);
  }

  void add(Id id, const Eager& tangent) {
    if (tangent.is(0.0)) return;
    const Id at = id - first_;
    tangent_[at] = WENGERT_HOLDS("jvp: has a tangent", moves_[at]) ? tangent_[at] + tangent : tangent;
    moves_[at] = true;
  }
  void add(Id id, const Type& type, const Tensor& tangent, std::string_view operation) {
    if (is_zero(tangent)) return;
    // Before anything is added: a later broadcast would hide a wrong shape.
    if (!(tangent.type() == type)) {
      throw InternalError{{.operation = std::string(operation),
                           .operands = {to_string(type), to_string(tangent.type())},
                           .problem = "the rule gave a tangent of " + to_string(tangent.type()),
                           .expected = to_string(type) + ", the type of the value"}};
    }
    const Id at = id - first_;
    Tensor& sum = tangent_of(id);
    sum = WENGERT_HOLDS("jvp: tensor has a tangent", moves_[at]) ? (EagerTensor(sum) + EagerTensor(tangent)).as(type)
                                                                 : tangent;
    moves_[at] = true;
  }

  Stream& s_;
  Id first_;
  Need needed_;
  std::vector<Eager> tangent_;          // of Scalars, by id - first_
  std::size_t first_tensor_ = 0;        // entries before it are not swept
  std::vector<Tensor> tensor_tangent_;  // by index of the tensor entry - first_tensor_
  std::vector<bool> moves_;             // by id - first_: it has one
  std::array<LazyValue, max_steps> steps_{};
  std::array<bool, max_steps> step_moves_{};
  std::array<std::array<std::size_t, 3>, max_steps> operand_{};
  std::array<Eager, max_steps> step_tangent_ = [] {
    return []<std::size_t... K>(std::index_sequence<K...>) {
      return std::array<Eager, max_steps>{((void)K, Eager(0.0))...};
    }(std::make_index_sequence<max_steps>{});
  }();
};

void want_real(const AnyHandle& x, std::source_location where) {
  if (x.tensor == nullptr || is_real(x.tensor->dtype())) return;
  throw DtypeError{{.operation = "jvp",
                    .operands = {to_string(x.tensor->type())},
                    .problem = "a tensor of " + to_string(x.tensor->type()) + " has no derivative",
                    .expected = "f32 or f64",
                    .where = where}};
}

/// Throws unless x is a value of a recording and its tangent has its type.
void check_input(const AnyHandle& x, const AnyHandle& tangent, std::source_location where) {
  if (x.tag() == 0) {
    throw ArgumentError{{.operation = "jvp",
                         .problem = "the value to differentiate along is a constant",
                         .expected = "a value of the recording",
                         .where = where,
                         .hint = "make it with Recording::variable"}};
  }
  want_real(x, where);
  if (x.tensor == nullptr || x.tensor->type() == tangent.tensor->type()) return;
  const std::string type = to_string(x.tensor->type()), given = to_string(tangent.tensor->type());
  const auto detail = [&] {
    return ErrorDetail{.operation = "jvp",
                       .operands = {type, given},
                       .problem = "a tangent of " + given + " for a tensor of " + type,
                       .expected = type,
                       .where = where};
  };
  if (x.tensor->dtype() != tangent.tensor->dtype()) throw DtypeError{detail()};
  throw ShapeError{detail()};
}

}  // namespace

std::vector<AnyGradient> detail::jvp_of(std::span<const AnyHandle> y, std::span<const AnyHandle> x,
                                        std::span<const AnyHandle> tangents, std::source_location where) {
  if (x.size() != tangents.size()) {
    throw ArgumentError{
        {.operation = "jvp",
         .problem = std::to_string(tangents.size()) + " tangents for " + std::to_string(x.size()) + " values",
         .expected = "one tangent for each value",
         .where = where}};
  }
  for (std::size_t k = 0; k < x.size(); ++k) check_input(x[k], tangents[k], where);
  Tag tag = 0;
  Id last = 0;
  for (const AnyHandle& input : x) tag = tag == 0 ? input.tag() : tag;
  for (const AnyHandle& output : y) {
    want_real(output, where);
    tag = tag == 0 ? output.tag() : tag;
    last = std::max(last, output.id());
  }
  std::vector<AnyGradient> result(y.size());
  const auto zero = [&](std::size_t k) {
    if (y[k].tensor != nullptr) result[k].tensor = zeros(y[k].tensor->shape(), y[k].tensor->dtype(), where);
  };
  for (std::size_t k = 0; k < y.size(); ++k) zero(k);
  if (tag == 0) return result;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, "jvp", where);
  Stream& s = static_cast<Stream&>(head);
  for (const std::span<const AnyHandle> handles : {y, x, tangents})
    for (const AnyHandle& one : handles) s.check(one.id(), one.tag(), "jvp", where);
  Id earliest = last;
  for (const AnyHandle& input : x) earliest = std::min(earliest, input.id());
  if (x.empty() || last == 0) return result;  // nothing moves, or constants
  s.settle();
  const Phase phase("jvp recorded");
  const Id before = s.next_id();
  const Position from = position_of(s, earliest);
  RecordedForward sweep(s, from, last, y);
  for (std::size_t k = 0; k < x.size(); ++k) sweep.seed(x[k], tangents[k]);
  walk_forward(s, from, last, sweep);
  for (std::size_t k = 0; k < y.size(); ++k) {
    if (y[k].tensor == nullptr)
      result[k].scalar = sweep.result(y[k].scalar);
    else
      result[k].tensor = sweep.result(*y[k].tensor);
  }
  phase.finished({{"values differentiated", last - from.id + 1}, {"values appended", s.next_id() - before}});
  return result;
}

}  // namespace wengert
