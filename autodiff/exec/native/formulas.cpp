#include "wengert/autodiff/exec/native/formulas.hpp"

#include <bit>

#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/vector_functions.hpp"

namespace wengert::exec {

NativeRecorder::Value NativeRecorder::append(const NativeBlock::Step& step) {
  block_.steps.push_back(step);
  block_.values.push_back({});
  return block_.steps.back().out = static_cast<Value>(block_.values.size() - 1);
}
NativeRecorder::Value NativeRecorder::constant(double number) {
  const auto [found, fresh] =
      constants_.try_emplace(std::bit_cast<std::uint64_t>(number), static_cast<Value>(block_.values.size()));
  if (fresh) block_.values.push_back({.kind = NativeBlock::Value::Kind::constant, .number = number});
  return found->second;
}
NativeRecorder::Value NativeRecorder::apply(NativeOperation operation, Value x) {
  return append({.operation = operation, .arity = 1, .operand = {x}});
}
NativeRecorder::Value NativeRecorder::apply(NativeOperation operation, Value x, Value y) {
  return append({.operation = operation, .arity = 2, .operand = {x, y}});
}
NativeRecorder::Value NativeRecorder::apply(NativeOperation operation, Value x, Value y, Value z) {
  return append({.operation = operation, .arity = 3, .operand = {x, y, z}});
}

namespace {

/// Values of elements T that write down what is done to them.
template <class T>
struct Written {
  NativeRecorder* recorder;
  NativeRecorder::Value value;
};
template <class T>
struct WrittenLanes {
  NativeRecorder* recorder;
};

template <class T>
Written<T> write(NativeOperation operation, Written<T> x) {
  return {x.recorder, x.recorder->apply(operation, x.value)};
}
template <class T>
Written<T> write(NativeOperation operation, Written<T> x, Written<T> y) {
  return {x.recorder, x.recorder->apply(operation, x.value, y.value)};
}
template <class T>
Written<T> write(NativeOperation operation, Written<T> x, Written<T> y, Written<T> z) {
  return {x.recorder, x.recorder->apply(operation, x.value, y.value, z.value)};
}

namespace hn {

template <class D>
struct LaneOf;
template <class T>
struct LaneOf<WrittenLanes<T>> {
  using type = T;
};
template <class D>
using TFromD = typename LaneOf<D>::type;
template <class D>
using Vec = Written<TFromD<D>>;

template <class T>
Written<T> Set(WrittenLanes<T> d, T number) {
  return {d.recorder, d.recorder->constant(static_cast<double>(number))};
}
template <class V>
V Add(V x, V y) {
  return write(NativeOperation::add, x, y);
}
template <class V>
V Sub(V x, V y) {
  return write(NativeOperation::sub, x, y);
}
template <class V>
V Mul(V x, V y) {
  return write(NativeOperation::mul, x, y);
}
template <class V>
V Div(V x, V y) {
  return write(NativeOperation::divide, x, y);
}
template <class V>
V MulAdd(V x, V y, V z) {
  return write(NativeOperation::fused, x, y, z);
}
template <class V>
V NegMulAdd(V x, V y, V z) {
  return write(NativeOperation::fused_negated, x, y, z);
}
/// x where it is NaN.
template <class V>
V Min(V x, V limit) {
  return write(NativeOperation::least, limit, x);
}
template <class V>
V Max(V x, V limit) {
  return write(NativeOperation::most, limit, x);
}
template <class V>
V Abs(V x) {
  return write(NativeOperation::absolute, x);
}
template <class V>
V Neg(V x) {
  return write(NativeOperation::negate, x);
}
template <class V>
V CopySign(V x, V y) {
  return write(NativeOperation::copy_sign, x, y);
}
template <class V>
V IfNegativeThenElse(V x, V yes, V no) {
  return write(NativeOperation::by_sign, x, yes, no);
}

}  // namespace hn

template <class D, class V>
V two_to(D, V n, V) {
  return write(NativeOperation::two_to, n);
}
template <class D, class V>
V times_two_to(D, V y, V n) {
  return write(NativeOperation::times_two_to, y, n);
}
template <class D, class V>
bool all_within(D, V, V) {
  return false;
}

#define WENGERT_FORMULA inline
#include "wengert/autodiff/ops/vector_exponentials.inc"
#undef WENGERT_FORMULA

template <class T>
NativeRecorder::Value exp_formula(NativeRecorder& recorder, NativeRecorder::Value x) {
  return exp_of(WrittenLanes<T>{&recorder}, Written<T>{&recorder, x}).value;
}
template <class T>
NativeRecorder::Value tanh_formula(NativeRecorder& recorder, NativeRecorder::Value x) {
  return tanh_of(WrittenLanes<T>{&recorder}, Written<T>{&recorder, x}).value;
}
template <class T>
NativeRecorder::Value sigmoid_formula(NativeRecorder& recorder, NativeRecorder::Value x) {
  return sigmoid_of(WrittenLanes<T>{&recorder}, Written<T>{&recorder, x}).value;
}

}  // namespace

template <class T>
NativeFormula native_formula(const Primitive& primitive) {
  if (kernels::vector_functions().f64[static_cast<std::size_t>(kernels::VectorFunction::exp)] == nullptr)
    return nullptr;
  if (&primitive == &PrimitiveOf<ops::Exp>::record) return &exp_formula<T>;
  if (&primitive == &PrimitiveOf<ops::Tanh>::record) return &tanh_formula<T>;
  if (&primitive == &PrimitiveOf<ops::Sigmoid>::record) return &sigmoid_formula<T>;
  return nullptr;
}
template NativeFormula native_formula<float>(const Primitive&);
template NativeFormula native_formula<double>(const Primitive&);

}  // namespace wengert::exec
