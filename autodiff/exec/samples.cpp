// SampleCode: a ColumnBuilder's list for one sample at a time, as native code or as steps that are interpreted.
#include <algorithm>
#include <utility>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert::exec {

namespace {

/// What a step of SampleCode does. Pairs stand in the order of Pair.
enum Kind : std::uint32_t {
  mul_add,
  mul_sub,
  sub_mul,
  scale_add,
  scale_sub,
  sub_scale,
  add_add,
  mul_mul,
  scale_scale,
  add,
  sub,
  mul,
  scale,
  divide,
  negate,
  square,
  reciprocal,
  square_root,
  exponential,
  logarithm,
  call,
  end  // of the code
};
static_assert(static_cast<std::uint32_t>(Pair::scale_scale) == scale_scale);

std::uint32_t kind_of(const Primitive& p) {
  const auto is = [&]<class P>(std::type_identity<P>) { return &p == &PrimitiveOf<P>::record; };
  if (is(std::type_identity<ops::Add>{})) return add;
  if (is(std::type_identity<ops::Sub>{})) return sub;
  if (is(std::type_identity<ops::Mul>{})) return mul;
  if (is(std::type_identity<ops::Scale>{})) return scale;
  if (is(std::type_identity<ops::Div>{})) return divide;
  if (is(std::type_identity<ops::Neg>{})) return negate;
  if (is(std::type_identity<ops::Square>{})) return square;
  if (is(std::type_identity<ops::Reciprocal>{})) return reciprocal;
  if (is(std::type_identity<ops::Sqrt>{})) return square_root;
  if (is(std::type_identity<ops::Exp>{})) return exponential;
  if (is(std::type_identity<ops::Log>{})) return logarithm;
  return call;
}

}  // namespace

NativeBlock ColumnBuilder::native_sample() const {
  NativeBlock block;
  const std::vector<std::uint32_t> uses = this->uses();
  const Quick quick = find_quick();
  constexpr std::uint32_t nowhere = 0xFFFFFFFFu;
  std::vector<std::uint32_t> first(entries_.size(), nowhere), other(stores_.size(), nowhere);  // stores of a value
  for (std::uint32_t k = 0; k < stores_.size(); ++k) other[k] = std::exchange(first[stores_[k].value], k);
  const auto store = [&](Value v) {
    for (std::uint32_t k = first[v]; k != nowhere; k = other[k])
      block.steps.push_back({.operation = NativeOperation::store,
                             .arity = 1,
                             .operand = {v},
                             .to = static_cast<std::uint32_t>(loads_) + k});
  };
  block.values.reserve(entries_.size());
  for (Value v = 0; v < entries_.size(); ++v) {
    const Entry& entry = entries_[v];
    if (entry.kind == Kind::constant) {
      block.values.push_back({.kind = NativeBlock::Value::Kind::constant, .number = entry.number});
      store(v);
      continue;
    }
    if (entry.kind == Kind::load) {
      block.values.push_back({.kind = NativeBlock::Value::Kind::column, .place = entry.index});
      store(v);
      continue;
    }
    block.values.push_back({});
    if (uses[v] == 0) continue;
    const NativeOperation operation = native_operation(*entry.primitive);
    block.steps.push_back(
        {.operation = operation, .arity = entry.arity, .quick = quick.products[v], .out = v, .operand = entry.operand});
    if (operation == NativeOperation::none) {
      block.steps.back().operation = NativeOperation::call;
      block.steps.back().function = entry.primitive->value;
    }
    store(v);
    if (quick.checked[v]) block.steps.push_back({.operation = NativeOperation::check, .arity = 1, .operand = {v}});
  }
  return block;
}

SampleCode ColumnBuilder::samples(bool native) const {
  SampleCode code;
  code.loads = static_cast<std::uint32_t>(loads_);
  code.operations = applied_;
  code.results.assign(stores_.size(), 0);
  if (native && NativeCode::is_available())
    code.native = NativeCode::of_sample(native_sample(), loads_ + stores_.size());
  if (code.native == nullptr || code.native->has_checks()) add_steps(code);
  return code;
}

void ColumnBuilder::add_steps(SampleCode& code) const {
  const Pairs pairs = find_pairs();
  std::vector<std::uint32_t> slot(entries_.size(), 0);
  auto next = static_cast<std::uint32_t>(loads_ + constants_);
  for (std::size_t v = 0; v < entries_.size(); ++v) {
    const Entry& entry = entries_[v];
    switch (entry.kind) {
      case Kind::load:
        slot[v] = entry.index;
        continue;
      case Kind::constant:
        slot[v] = code.loads + entry.index;
        code.constants.push_back(entry.number);
        continue;
      case Kind::beside:  // rows have no code for one sample
      case Kind::applied:
        break;
    }
    if (pairs.uses[v] == 0 || pairs.absorbed[v]) continue;
    SampleStep step;
    const auto [pair, position] = pairs.of[v];
    if (pair != Pair::none) {
      const Entry& first = entries_[entry.operand[position]];
      step.kind = static_cast<std::uint32_t>(pair);
      step.operand = {slot[first.operand[0]], slot[first.operand[1]], slot[entry.operand[1u - position]]};
    } else {
      step.kind = kind_of(*entry.primitive);
      for (std::size_t k = 0; k < entry.arity; ++k) step.operand[k] = slot[entry.operand[k]];
      if (step.kind == call) code.functions.push_back(entry.primitive->value);
    }
    slot[v] = next++;
    code.steps.push_back(step);
  }
  for (std::size_t k = 0; k < stores_.size(); ++k) code.results[k] = slot[stores_[k].value];
  code.steps.push_back({.kind = end});
}

void SampleCode::prepare(double* slots) const { std::ranges::copy(constants, slots + native_slots() + loads); }

double SampleCode::run(double* slots, std::span<const double> inputs, std::span<double> outputs) const {
  if (native != nullptr) {
    std::ranges::copy(inputs, slots);
    if (native->run(slots)) [[likely]] {
      std::copy_n(slots + loads, outputs.size(), outputs.begin());
      return results.empty() ? 0.0 : slots[loads + results.size() - 1];
    }
  }
  double* const of_steps = slots + native_slots();
  std::ranges::copy(inputs, of_steps);
  interpret(of_steps);
  for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = of_steps[results[k]];
  return results.empty() ? 0.0 : of_steps[results.back()];
}

// Threaded code: every kind jumps to the next step's kind by itself, so that the machine predicts each jump from the
// kind before it (a switch in a loop has one jump for all: a quarter slower on long programs).
void SampleCode::interpret(double* slots) const {
  using namespace ops;
  static constexpr const void* kinds[]{
      &&mul_add_,     &&mul_sub_,     &&sub_mul_,     &&scale_add_, &&scale_sub_, &&sub_scale_, &&add_add_, &&mul_mul_,
      &&scale_scale_, &&add_,         &&sub_,         &&mul_,       &&scale_,     &&divide_,    &&negate_,  &&square_,
      &&reciprocal_,  &&square_root_, &&exponential_, &&logarithm_, &&call_,      &&end_};
  double* out = slots + loads + constants.size();
  auto function = functions.data();
  const SampleStep* step = steps.data();
#define WENGERT_STEP(name, value)                              \
  name##_ : {                                                  \
    const double a = slots[step->operand[0]];                  \
    [[maybe_unused]] const double b = slots[step->operand[1]]; \
    [[maybe_unused]] const double c = slots[step->operand[2]]; \
    *out++ = value;                                            \
    ++step;                                                    \
    goto* kinds[step->kind];                                   \
  }
  goto* kinds[step->kind];
  WENGERT_STEP(mul_add, Add::value(Mul::value(a, b), c))
  WENGERT_STEP(mul_sub, Sub::value(Mul::value(a, b), c))
  WENGERT_STEP(sub_mul, Sub::value(c, Mul::value(a, b)))
  WENGERT_STEP(scale_add, Add::value(Scale::value(a, b), c))
  WENGERT_STEP(scale_sub, Sub::value(Scale::value(a, b), c))
  WENGERT_STEP(sub_scale, Sub::value(c, Scale::value(a, b)))
  WENGERT_STEP(add_add, Add::value(Add::value(a, b), c))
  WENGERT_STEP(mul_mul, Mul::value(Mul::value(a, b), c))
  WENGERT_STEP(scale_scale, Scale::value(Scale::value(a, b), c))
  WENGERT_STEP(add, Add::value(a, b))
  WENGERT_STEP(sub, Sub::value(a, b))
  WENGERT_STEP(mul, Mul::value(a, b))
  WENGERT_STEP(scale, Scale::value(a, b))
  WENGERT_STEP(divide, Div::value(a, b))
  WENGERT_STEP(negate, Neg::value(a))
  WENGERT_STEP(square, Square::value(a))
  WENGERT_STEP(reciprocal, Reciprocal::value(a))
  WENGERT_STEP(square_root, Sqrt::value(a))
  WENGERT_STEP(exponential, Exp::value(a))
  WENGERT_STEP(logarithm, Log::value(a))
call_ : {
  const double x[3]{slots[step->operand[0]], slots[step->operand[1]], slots[step->operand[2]]};
  *out++ = (*function++)(x);
  ++step;
  goto* kinds[step->kind];
}
#undef WENGERT_STEP
end_:
  return;
}

}  // namespace wengert::exec
