#include "wengert/autodiff/transform/body.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/jvp.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

/// Numbers up to which every whole one is a double.
constexpr double largest_whole = 9007199254740992.0;
/// Paths through one body that are recorded at most.
constexpr std::size_t most_traces = 256;

template <class F>
void as_element_type(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::f32:
      return f(float{});
    case Dtype::f64:
      return f(double{});
    case Dtype::i32:
      return f(std::int32_t{});
    case Dtype::i64:
      return f(std::int64_t{});
    case Dtype::boolean:
      return f(bool{});
  }
}

ReplayValue value_from(const LeafType& leaf, const double* row) {
  if (leaf.is_scalar) return *row;
  Array array = Array::uninitialised(leaf.type);
  as_element_type(leaf.type.dtype, [&]<class T>(T) {
    for (T& element : array.mutable_data<T>()) element = static_cast<T>(*row++);
  });
  return array;
}

void to_row(const ReplayValue& value, double* row) {
  if (!value.is_tensor()) {
    *row = value.unchecked_number();
    return;
  }
  const Array array = value.elements().dense();
  as_element_type(array.dtype(), [&]<class T>(T) {
    for (const T element : array.data<T>()) *row++ = static_cast<double>(element);
  });
}

AnyValue variable_of(Recording& r, const ReplayValue& value) {
  if (value.is_tensor()) return r.variable(Tensor(value.elements()), {}, {});
  return r.variable(value.unchecked_number(), {}, {});
}
AnyValue variable_of(Recording& r, const LeafType& leaf) {
  if (leaf.is_scalar) return r.variable(1.0, {}, {});
  return r.variable(ones(leaf.type.shape, leaf.type.dtype, {}), {}, {});
}

/// a + Σ cotangent · y.
Scalar plus_product(const Scalar& a, const AnyValue& cotangent, const AnyValue& y) {
  if (!y.is_tensor) return Scalar(a + cotangent.scalar * y.scalar, std::source_location{});
  const Scalar product = to_scalar(sum(cotangent.tensor * y.tensor), {});
  return Scalar(a + product, std::source_location{});
}

AnyValue result_of(const AnyGradient& result, const AnyValue& like) {
  if (like.is_tensor) return result.tensor;
  return result.scalar;
}

std::vector<AnyHandle> handles(std::span<const AnyValue> values) {
  std::vector<AnyHandle> result;
  for (const AnyValue& value : values) result.push_back(value.handle());
  return result;
}

/// How the outputs move when the inputs move along their tangents.
std::vector<AnyValue> tangents_of(std::span<const AnyValue> outputs, std::span<const AnyValue> inputs,
                                  std::span<const AnyValue> tangents) {
  const std::vector<AnyGradient> results = jvp_of(handles(outputs), handles(inputs), handles(tangents), {});
  std::vector<AnyValue> found;
  for (std::size_t k = 0; k < outputs.size(); ++k) found.push_back(result_of(results[k], outputs[k]));
  return found;
}

}  // namespace

/// A recording of one path. Those of derivatives share the recording, to which they have appended theirs.
struct Trace {
  std::shared_ptr<Recording> recording;
  std::vector<AnyValue> inputs, outputs;  // without those that are absent
  std::optional<Replay> replay;
};

struct BodyFamily : std::enable_shared_from_this<BodyFamily> {
  std::recursive_mutex lock;
  std::string operation;
  Recorder recorder;
  OnGuard on_guard = OnGuard::fail;
  std::source_location where{};
  std::vector<std::unique_ptr<Body>> bodies;
};

// --- Leaves ---------------------------------------------------------------------------------------------------------

std::vector<AnyValue> leaves_of(const Parts& parts) {
  std::vector<AnyValue> leaves(parts.scalars.begin(), parts.scalars.end());
  leaves.insert(leaves.end(), parts.tensors.begin(), parts.tensors.end());
  return leaves;
}

Parts parts_of(std::span<const AnyValue> leaves) {
  Parts parts;
  for (const AnyValue& leaf : leaves) {
    if (leaf.is_tensor)
      parts.tensors.push_back(leaf.tensor);
    else
      parts.scalars.push_back(leaf.scalar);
  }
  return parts;
}

// --- Rows -----------------------------------------------------------------------------------------------------------

LeafTypes types_of(std::span<const AnyValue> leaves) {
  LeafTypes types;
  types.reserve(leaves.size());
  for (const AnyValue& leaf : leaves)
    types.push_back({.is_scalar = !leaf.is_tensor, .type = leaf.is_tensor ? leaf.tensor.type() : Type{}});
  return types;
}

std::size_t size_of(std::span<const LeafType> leaves) noexcept {
  std::size_t size = 0;
  for (const LeafType& leaf : leaves) size += leaf.size();
  return size;
}

std::string to_string(const LeafType& leaf) { return leaf.is_scalar ? "a Scalar" : to_string(leaf.type); }

Tensor pack(std::span<const AnyValue> leaves, std::source_location where) {
  std::vector<Tensor> pieces;
  std::vector<Scalar> scalars;
  const auto end_scalars = [&] {
    if (!scalars.empty()) pieces.push_back(stack(scalars, where));
    scalars.clear();
  };
  for (const AnyValue& leaf : leaves) {
    if (!leaf.is_tensor) {
      scalars.push_back(leaf.scalar);
      continue;
    }
    end_scalars();
    if (leaf.tensor.dtype() == Dtype::i64) {
      for (std::int64_t i = 0; i < leaf.tensor.size(); ++i) {
        if (std::abs(leaf.tensor.value().element(i)) < largest_whole) continue;
        throw DomainError{{.operation = "pack",
                           .operands = {to_string(leaf.tensor.type())},
                           .problem = "an integer is 2^53 or larger",
                           .expected = "integers that are doubles too",
                           .where = where}};
      }
    }
    pieces.push_back(convert(reshape(leaf.tensor, Shape{leaf.tensor.size()}, where), Dtype::f64, where));
  }
  end_scalars();
  if (pieces.empty()) return zeros(Shape{0}, Dtype::f64, where);
  return pieces.size() == 1 ? pieces[0] : concatenate(pieces, 0, where);
}

std::vector<AnyValue> unpack(const Tensor& row, std::size_t at, std::span<const LeafType> types,
                             std::source_location where) {
  std::vector<AnyValue> leaves;
  leaves.reserve(types.size());
  for (const LeafType& leaf : types) {
    if (leaf.is_scalar)
      leaves.emplace_back(element(row, {static_cast<std::int64_t>(at)}, where));
    else
      leaves.emplace_back(
          convert(reshape(part_of(row, at, leaf.size(), where), leaf.type.shape, where), leaf.type.dtype, where));
    at += leaf.size();
  }
  return leaves;
}

Tensor part_of(const Tensor& row, std::size_t at, std::size_t count, std::source_location where) {
  if (at == 0 && static_cast<std::int64_t>(count) == row.size()) return row;
  return slice_along(row, 0, static_cast<std::int64_t>(at), static_cast<std::int64_t>(at + count), 1, where);
}

Tensor joined(std::initializer_list<Tensor> rows, std::source_location where) {
  std::vector<Tensor> pieces;
  for (const Tensor& row : rows)
    if (row.size() != 0) pieces.push_back(row);
  if (pieces.empty()) return zeros(Shape{0}, Dtype::f64, where);
  return pieces.size() == 1 ? pieces[0] : concatenate(pieces, 0, where);
}

// --- Body -----------------------------------------------------------------------------------------------------------

Body::Body(BodyFamily& family, Kind kind, const Body* base) : family_(&family), kind_(kind), base_(base) {}
Body::~Body() = default;

std::shared_ptr<const Body> Body::record(std::string operation, Recorder recorder, std::span<const AnyValue> at,
                                         OnGuard on_guard, std::source_location where) {
  const auto family = std::make_shared<BodyFamily>();
  family->operation = std::move(operation);
  family->recorder = std::move(recorder);
  family->on_guard = on_guard;
  family->where = where;
  Body* const body = family->bodies.emplace_back(new Body(*family, Kind::recorded, nullptr)).get();
  body->inputs_ = types_of(at);
  std::vector<ReplayValue> values;
  for (const AnyValue& leaf : at) {
    // Derivatives of the body are recorded where it was, when they are first needed: there have to be numbers.
    if (leaf.is_tensor && leaf.tensor.value().is_unknown()) {
      throw UnknownValue{
          {.operation = family->operation,
           .operands = {to_string(leaf.tensor.type())},
           .problem = "the body is recorded at " + to_string(leaf.tensor.type()) + ", which is not known",
           .expected = "a value that is computed: this one is traced from its type",
           .where = where,
           .hint = "trace with example values"}};
    }
    values.push_back(leaf.is_tensor ? ReplayValue(leaf.tensor) : ReplayValue(leaf.scalar.value()));
  }
  body->append_trace(values);
  body->outputs_ = types_of(body->traces_[0]->outputs);
  body->set_types();
  return {family, body};
}

void Body::set_types() {
  input_size_ = detail::size_of(inputs_);
  output_size_ = detail::size_of(outputs_);
}

std::shared_ptr<const Body> Body::vjp() const { return derived(Kind::vjp, {}, {}); }
std::shared_ptr<const Body> Body::jvp(std::vector<std::size_t> input_groups,
                                      std::vector<std::size_t> output_groups) const {
  return derived(Kind::jvp, std::move(input_groups), std::move(output_groups));
}
std::shared_ptr<const Body> Body::beside_tangents(std::vector<std::size_t> input_groups) const {
  return derived(Kind::beside_tangents, std::move(input_groups), {});
}

namespace {

/// Leaves in groups, each followed by `partner` of its members.
template <class Partner>
LeafTypes interleaved(const LeafTypes& leaves, std::span<const std::size_t> groups, Partner&& partner) {
  LeafTypes result;
  std::size_t first = 0;
  for (const std::size_t count : groups) {
    for (std::size_t k = first; k < first + count; ++k) result.push_back(leaves[k]);
    for (std::size_t k = first; k < first + count; ++k) result.push_back(partner(leaves[k]));
    first += count;
  }
  return result;
}
/// The tangent or cotangent of a leaf.
LeafType derivative_of(const LeafType& leaf) {
  LeafType result = leaf;
  result.absent = !leaf.has_derivative();
  return result;
}

}  // namespace

std::shared_ptr<const Body> Body::derived(Kind kind, std::vector<std::size_t> input_groups,
                                          std::vector<std::size_t> output_groups) const {
  // Held by whoever asks: the family lives as long as any of its bodies is referred to.
  BodyFamily& family = *family_;
  const std::lock_guard guard(family.lock);
  for (const auto& body : family.bodies) {
    if (body->base_ == this && body->kind_ == kind && body->input_groups_ == input_groups &&
        body->output_groups_ == output_groups)
      return {family.shared_from_this(), body.get()};
  }
  std::unique_ptr<Body> body(new Body(family, kind, this));
  body->input_groups_ = std::move(input_groups);
  body->output_groups_ = std::move(output_groups);
  switch (kind) {
    case Kind::recorded:
      break;
    case Kind::vjp:
      body->inputs_ = inputs_;
      for (const LeafType& leaf : outputs_) body->inputs_.push_back(derivative_of(leaf));
      for (const LeafType& leaf : inputs_) body->outputs_.push_back(derivative_of(leaf));
      break;
    case Kind::jvp:
      body->inputs_ = interleaved(inputs_, body->input_groups_, derivative_of);
      body->outputs_ = interleaved(outputs_, body->output_groups_, derivative_of);
      break;
    case Kind::beside_tangents:
      body->inputs_ = interleaved(inputs_, body->input_groups_, [](LeafType leaf) {
        leaf.absent = true;
        return leaf;
      });
      body->outputs_ = outputs_;
      break;
  }
  if (kind == Kind::vjp) {
    body->base_at_.resize(inputs_.size());
    std::iota(body->base_at_.begin(), body->base_at_.end(), std::size_t{0});
  } else {
    std::size_t at = 0;
    for (const std::size_t count : body->input_groups_) {
      for (std::size_t k = 0; k < count; ++k) body->base_at_.push_back(at + k);
      at += 2 * count;
    }
  }
  body->set_types();
  body->add_derived_traces();
  family.bodies.push_back(std::move(body));
  return {family.shared_from_this(), family.bodies.back().get()};
}

void Body::add_derived_traces() const {
  if (base_->base_ != nullptr) base_->add_derived_traces();
  while (traces_.size() < base_->traces_.size()) traces_.push_back(derive(*base_->traces_[traces_.size()]));
}

std::unique_ptr<Trace> Body::derive(const Trace& base) const {
  auto trace = std::make_unique<Trace>();
  trace->recording = base.recording;
  Recording& r = *base.recording;
  // The handles of the base by leaf, and those of ours that are new.
  const auto by_leaf = [](const LeafTypes& types, const std::vector<AnyValue>& values) {
    std::vector<const AnyValue*> result;
    std::size_t next = 0;
    for (const LeafType& type : types) result.push_back(type.absent ? nullptr : &values[next++]);
    return result;
  };
  const std::vector<const AnyValue*> x = by_leaf(base_->inputs_, base.inputs),
                                     y = by_leaf(base_->outputs_, base.outputs);
  switch (kind_) {
    case Kind::recorded:
      break;
    case Kind::vjp: {
      trace->inputs = base.inputs;
      Scalar along = 0.0;
      for (std::size_t k = 0; k < y.size(); ++k) {
        if (!base_->outputs_[k].has_derivative()) continue;
        trace->inputs.push_back(variable_of(r, base_->outputs_[k]));
        along = plus_product(along, trace->inputs.back(), *y[k]);
      }
      std::vector<AnyHandle> wanted;
      for (std::size_t k = 0; k < x.size(); ++k)
        if (base_->inputs_[k].has_derivative()) wanted.push_back(x[k]->handle());
      const std::vector<AnyGradient> slopes = gradient_of(along, nullptr, wanted, {});
      std::size_t next = 0;
      for (std::size_t k = 0; k < x.size(); ++k)
        if (base_->inputs_[k].has_derivative())
          trace->outputs.push_back(result_of(slopes[WENGERT_INDEX("body: cotangent of an input", next++)], *x[k]));
      break;
    }
    case Kind::jvp: {
      std::vector<AnyValue> moving, tangents, moved;
      std::vector<std::optional<AnyValue>> tangent_of(x.size()), moved_of(y.size());
      for (std::size_t k = 0; k < x.size(); ++k) {
        if (!base_->inputs_[k].has_derivative()) continue;
        moving.push_back(*x[k]);
        tangents.push_back(variable_of(r, base_->inputs_[k]));
        tangent_of[k] = tangents.back();
      }
      for (std::size_t k = 0; k < y.size(); ++k)
        if (base_->outputs_[k].has_derivative()) moved.push_back(*y[k]);
      const std::vector<AnyValue> results = tangents_of(moved, moving, tangents);
      std::size_t next = 0;
      for (std::size_t k = 0; k < y.size(); ++k)
        if (base_->outputs_[k].has_derivative())
          moved_of[k] = results[WENGERT_INDEX("body: tangent of an output", next++)];
      const auto interleave = [](std::span<const std::size_t> groups, const std::vector<const AnyValue*>& values,
                                 const std::vector<std::optional<AnyValue>>& partners, std::vector<AnyValue>& to) {
        std::size_t first = 0;
        for (const std::size_t count : groups) {
          for (std::size_t k = first; k < first + count; ++k)
            if (values[k] != nullptr) to.push_back(*values[k]);
          for (std::size_t k = first; k < first + count; ++k)
            if (partners[k]) to.push_back(*partners[k]);
          first += count;
        }
      };
      interleave(input_groups_, x, tangent_of, trace->inputs);
      interleave(output_groups_, y, moved_of, trace->outputs);
      break;
    }
    case Kind::beside_tangents:
      trace->inputs = base.inputs;
      trace->outputs = base.outputs;
      break;
  }
  trace->replay.emplace(r, handles(trace->inputs), handles(trace->outputs), std::source_location{});
  return trace;
}

void Body::append_trace(std::span<const ReplayValue> present) const {
  BodyFamily& family = *family_;
  if (kind_ != Kind::recorded) {
    // The inputs of the base are among ours.
    std::vector<std::size_t> place;  // by leaf
    std::size_t next = 0;
    for (const LeafType& leaf : inputs_) place.push_back(leaf.absent ? 0 : next++);
    std::vector<ReplayValue> of_base;
    for (std::size_t k = 0; k < base_->inputs_.size(); ++k)
      if (!base_->inputs_[k].absent) of_base.push_back(present[place[base_at_[k]]]);
    if (base_->traces_.size() == traces_.size()) base_->append_trace(of_base);
    add_derived_traces();
    return;
  }
  if (traces_.size() >= most_traces) {
    throw CapacityError{{.operation = family.operation,
                         .problem = "the body has taken " + std::to_string(most_traces) + " different paths",
                         .expected = "fewer",
                         .where = family.where,
                         .hint = "choose without branches: where(x < 3.0, a, b), cond, while_loop"}};
  }
  auto trace = std::make_unique<Trace>();
  trace->recording = std::make_shared<Recording>(RecordingOptions{.ties = false});
  for (const ReplayValue& value : present) trace->inputs.push_back(variable_of(*trace->recording, value));
  try {
    trace->outputs = family.recorder(trace->inputs);
    trace->replay.emplace(*trace->recording, handles(trace->inputs), handles(trace->outputs), family.where);
  } catch (const ForeignRecording& error) {
    ErrorDetail detail = error.detail();
    detail.operation = family.operation;
    detail.problem = "the body uses a value of another recording (" + detail.problem + ")";
    detail.expected = "everything recorded outside given as an operand";
    detail.hint =
        "cond(…, x, y), scan and while_loop(…, parameters) hand their operands to the body; value() makes a constant";
    if (detail.where.line() == 0) detail.where = family.where;
    throw ForeignRecording{detail};
  }
  if (!traces_.empty()) {
    const LeafTypes types = types_of(trace->outputs);
    if (types != outputs_) {
      throw ShapeError{{.operation = family.operation,
                        .problem = "on another path the body gives results of other types",
                        .expected = "the same types on every path",
                        .where = family.where}};
    }
  }
  traces_.push_back(std::move(trace));
}

// --- BodyRunner -----------------------------------------------------------------------------------------------------

BodyRunner::BodyRunner(std::shared_ptr<const Body> body) : body_(std::move(body)) {
  const auto places = [](const LeafTypes& leaves) {
    std::vector<std::size_t> place;
    std::size_t next = 0;
    for (const LeafType& leaf : leaves) place.push_back(leaf.absent ? 0 : next++);
    return std::pair{place, next};
  };
  auto [inputs, count] = places(body_->inputs());
  place_of_input_ = std::move(inputs);
  place_of_output_ = places(body_->outputs()).first;
  in_.assign(count, ReplayValue(0.0));
  fetch();
}

void BodyRunner::fetch() {
  const std::lock_guard guard(body_->family_->lock);
  if (body_->base_ != nullptr) body_->add_derived_traces();
  for (; known_ < body_->traces_.size(); ++known_) replays_.insert(replays_.begin(), *body_->traces_[known_]->replay);
}

void BodyRunner::load(std::size_t first, std::size_t count, const double* row) {
  for (std::size_t k = first; k < first + count; ++k) {
    const LeafType& leaf = body_->inputs()[k];
    if (!leaf.absent) in_[place_of_input_[k]] = value_from(leaf, row);
    row += leaf.size();
  }
}

void BodyRunner::run() {
  for (;;) {
    for (std::size_t k = 0; k < replays_.size(); ++k) {
      if (replays_[k].try_run(in_) != ReplayStatus::ok) continue;
      if (k != 0) std::swap(replays_[0], replays_[k]);
      return;
    }
    const std::size_t before = known_;
    {
      const std::lock_guard guard(body_->family_->lock);
      if (body_->base_ != nullptr) body_->add_derived_traces();
      if (body_->traces_.size() == known_) {
        if (body_->family_->on_guard == OnGuard::fail) replays_.front().throw_guard_failed();
        body_->append_trace(in_);
      }
    }
    fetch();
    if (known_ == before) throw InternalError{{.operation = body_->family_->operation, .problem = "no new path"}};
  }
}

void BodyRunner::store(std::size_t first, std::size_t count, double* row) const {
  const std::vector<ReplayValue>& out = replays_.front().outputs();
  for (std::size_t k = first; k < first + count; ++k) {
    const LeafType& leaf = body_->outputs()[k];
    if (leaf.absent)
      std::fill_n(row, leaf.size(), 0.0);
    else
      to_row(out[place_of_output_[k]], row);
    row += leaf.size();
  }
}

}  // namespace wengert::detail
