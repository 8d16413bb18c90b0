#include "wengert/autodiff/exec/columns.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert::exec {

namespace {

constexpr std::uint32_t none = 0xFFFFFFFFu;  // no value, no place
constexpr std::align_val_t line{64};

}  // namespace

// --- ColumnBuilder --------------------------------------------------------------------------------------------------

ColumnBuilder::Value ColumnBuilder::load(bool uniform) {
  entries_.push_back({.kind = Kind::load, .uniform = uniform, .index = static_cast<std::uint32_t>(loads_++)});
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::constant(double number) {
  entries_.push_back(
      {.kind = Kind::constant, .uniform = true, .number = number, .index = static_cast<std::uint32_t>(constants_++)});
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::add(Entry entry, std::span<const Value> operands) {
  std::copy(operands.begin(), operands.end(), entry.operand.begin());
  entry.arity = static_cast<std::uint8_t>(operands.size());
  entries_.push_back(entry);
  ++applied_;
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::add(const RowKernel& kernel, std::span<const Value> operands) {
  return add({.primitive = kernel.primitive, .row = &kernel, .uniform = kernel.reduces}, operands);
}
ColumnBuilder::Value ColumnBuilder::apply(const Primitive& primitive, std::span<const Value> operands) {
  if (const auto made = along_row(primitive, operands)) return *made;
  return add(
      {.primitive = &primitive, .uniform = std::ranges::all_of(operands, [&](Value x) { return is_uniform(x); })},
      operands);
}
void ColumnBuilder::store(Value value, std::vector<Value> over, bool once) {
  stores_.push_back({value, std::move(over), once});
}

std::vector<std::uint32_t> ColumnBuilder::uses() const {
  std::vector<std::uint32_t> result(entries_.size(), 0);
  for (const Store& store : stores_) ++result[store.value];
  for (Value v = static_cast<Value>(entries_.size()); v-- > 0;)
    if (entries_[v].kind == Kind::applied && result[v] != 0)
      for (std::size_t k = 0; k < entries_[v].arity; ++k) ++result[entries_[v].operand[k]];
  return result;
}

ColumnBuilder::Pairs ColumnBuilder::find_pairs() const {
  Pairs pairs{uses(), std::vector<bool>(entries_.size(), false),
              std::vector<std::pair<Pair, std::uint8_t>>(entries_.size(), {Pair::none, 0})};
  for (Value v = 0; v < entries_.size(); ++v) {
    const Entry& second = entries_[v];
    if (second.kind != Kind::applied || second.row != nullptr || second.arity != 2) continue;
    for (std::uint8_t position = 0; position < 2; ++position) {
      const Value x = second.operand[position];
      const Entry& first = entries_[x];
      if (first.kind != Kind::applied || first.row != nullptr || pairs.uses[x] != 1 || pairs.of[x].first != Pair::none)
        continue;
      if (first.uniform != second.uniform) continue;  // once is less
      const Pair pair = pair_of(*first.primitive, *second.primitive, position);
      if (pair == Pair::none) continue;
      pairs.of[v] = {pair, position};
      pairs.absorbed[x] = true;
      break;
    }
  }
  return pairs;
}

// --- Columns --------------------------------------------------------------------------------------------------------

/// From the values of a builder to steps over places.
template <class T>
class ColumnEmitter {
 public:
  explicit ColumnEmitter(const ColumnBuilder& b) : b_(b), pairs_(b.find_pairs()) {}

  ColumnCode<T> run() && {
    code_.loads = static_cast<std::uint32_t>(b_.loads_);
    code_.stores = static_cast<std::uint32_t>(b_.stores_.size());
    emit();
    choose_stores();
    return place();
  }

 private:
  using Value = ColumnBuilder::Value;
  using Kind = ColumnBuilder::Kind;

  /// A step whose operands are values: those of the builder, and behind them the spread copies of uniform ones.
  struct Pending {
    ColumnKernel<T> kernel = nullptr;
    Value out = none;
    std::array<Value, 3> operand{none, none, none};
    std::uint32_t store = none;  // the store that it writes; else the place of `out`
    bool overwrites = false;     // it may write over what it reads
    bool once = false;
  };

  /// A stored value is computed where it is wanted, if it can be; else it is copied there at the end.
  void choose_stores() {
    constexpr std::size_t never = static_cast<std::size_t>(-1);
    store_of_.assign(b_.entries_.size(), none);
    std::vector<std::size_t> read(values_, 0), made(values_, never);  // the last step that reads, the one that computes
    for (std::size_t n = 0; n < pending_.size(); ++n) {
      for (const Value x : pending_[n].operand)
        if (x != none) read[x] = n;
      made[pending_[n].out] = n;
    }
    for (const auto& store : b_.stores_)
      if (b_.entries_[store.value].kind != Kind::applied) read[store.value] = never;  // copied at the end
    for (std::uint32_t k = 0; k < code_.stores; ++k) {
      const auto& store = b_.stores_[k];
      const Value v = store.value;
      const bool computed = b_.entries_[v].kind == Kind::applied && store_of_[v] == none && is_once(v) == store.once;
      const bool in_place = computed && std::ranges::all_of(store.over, [&](Value load) {
                              return read[load] == never ? false
                                                         : read[load] < made[v] ||
                                                               (read[load] == made[v] && pending_[made[v]].overwrites);
                            });
      if (in_place) {
        store_of_[v] = k;
        pending_[made[v]].store = k;
      } else {
        pending_.push_back({.kernel = copy_kernel<T>(b_.is_uniform(v) && !store.once),
                            .operand = {v, none, none},
                            .store = k,
                            .overwrites = true,
                            .once = store.once});
      }
    }
  }

  /// Only the first element of it is computed.
  [[nodiscard]] bool is_once(Value v) const { return b_.entries_[v].kind == Kind::applied && b_.entries_[v].uniform; }

  void emit() {
    values_ = static_cast<Value>(b_.entries_.size());
    for (Value v = 0; v < b_.entries_.size(); ++v) {
      const auto& entry = b_.entries_[v];
      if (entry.kind != Kind::applied || pairs_.uses[v] == 0 || pairs_.absorbed[v]) continue;
      Pending step{.out = v};
      const auto [pair, position] = pairs_.of[v];
      const unsigned arity = entry.arity;
      if (entry.row != nullptr) {
        for (unsigned k = 0; k < arity; ++k) step.operand[k] = entry.operand[k];
        choose(
            step, arity,
            [row = entry.row](unsigned uniform) {
              return (uniform & ~unsigned{row->first}) == 0 ? kernel_of(*row) : nullptr;
            },
            entry.row->first);
      } else if (pair != Pair::none) {
        const auto& first = b_.entries_[entry.operand[position]];
        step.operand = {first.operand[0], first.operand[1], entry.operand[1u - position]};
        step.overwrites = true;
        choose(step, 3, [pair = pair](unsigned uniform) { return column_kernel<T>(pair, uniform); });
      } else {
        for (unsigned k = 0; k < arity; ++k) step.operand[k] = entry.operand[k];
        step.overwrites = may_overwrite(*entry.primitive);
        choose(step, arity, [&](unsigned uniform) { return column_kernel<T>(*entry.primitive, uniform); });
      }
      pending_.push_back(step);
    }
  }

  static ColumnKernel<T> kernel_of(const RowKernel& row) {
    if constexpr (sizeof(T) == sizeof(float))
      return row.f32;
    else
      return row.f64;
  }

  /// The kernel for the uniform operands of a step, or these spread over columns, but for `first`, of which it reads
  /// the first element anyway.
  template <class Kernels>
  void choose(Pending& step, unsigned arity, const Kernels& kernels, unsigned first = 0) {
    step.once = is_once(step.out) && b_.entries_[step.out].row == nullptr;
    if (step.once) {  // the first element of operands that have no other
      step.kernel = kernels(0);
      return;
    }
    unsigned uniform = 0;
    for (unsigned k = 0; k < arity; ++k)
      if (b_.is_uniform(step.operand[k])) uniform |= 1u << k;
    step.kernel = kernels(uniform);
    if (step.kernel != nullptr) return;
    for (unsigned k = 0; k < arity; ++k) {
      if (((uniform & ~first) >> k & 1u) == 0) continue;
      pending_.push_back({.kernel = copy_kernel<T>(true), .out = values_, .operand = {step.operand[k], none, none}});
      step.operand[k] = values_++;
    }
    step.kernel = kernels(uniform & first);
  }

  /// Gives every value its place. A register is free again after the last step that reads it; it never is an operand
  /// of the step that writes it.
  ColumnCode<T> place() {
    std::vector<std::uint32_t> last(values_, 0);
    for (std::uint32_t n = 0; n < pending_.size(); ++n)
      for (const Value x : pending_[n].operand)
        if (x != none) last[x] = n;
    std::vector<std::uint32_t> where(values_, none), free;
    const auto is_register = [&](Value v) {
      return v >= b_.entries_.size() || b_.entries_[v].kind == Kind::beside ||
             (b_.entries_[v].kind == Kind::applied && store_of_[v] == none);
    };
    const auto give_register = [&](Value v) {
      if (free.empty()) free.push_back(code_.registers++);
      where[v] = free.back();
      free.pop_back();
    };
    for (std::uint32_t n = 0; n < pending_.size(); ++n) {
      const Pending& step = pending_[n];
      if (step.out != none && step.store == none) give_register(step.out);
      for (const Value x : step.operand)
        if (x != none && is_register(x) && where[x] == none) give_register(x);  // it writes this one, too
      for (std::size_t k = 0; k < 3; ++k) {
        const Value x = step.operand[k];
        if (x == none || last[x] != n || !is_register(x)) continue;
        if (std::find(step.operand.begin(), step.operand.begin() + static_cast<std::ptrdiff_t>(k), x) !=
            step.operand.begin() + static_cast<std::ptrdiff_t>(k))
          continue;  // twice in this step
        free.push_back(where[x]);
      }
    }
    const auto place_of = [&](Value v) -> std::uint32_t {
      if (v == none) return 0;
      if (is_register(v)) return where[v];
      const auto& entry = b_.entries_[v];
      if (entry.kind == Kind::constant) return code_.constant(entry.index);
      return entry.kind == Kind::applied ? code_.store(store_of_[v]) : code_.load(entry.index);
    };
    for (const auto& entry : b_.entries_)
      if (entry.kind == Kind::constant) code_.constants.push_back(static_cast<T>(entry.number));
    code_.steps.reserve(pending_.size());
    for (const Pending& step : pending_) {
      code_.steps.push_back({step.kernel,
                             step.store != none ? code_.store(step.store) : where[step.out],
                             {place_of(step.operand[0]), place_of(step.operand[1]), place_of(step.operand[2])},
                             step.once});
    }
    return std::move(code_);
  }

  const ColumnBuilder& b_;
  ColumnBuilder::Pairs pairs_;
  std::vector<std::uint32_t> store_of_;  // by value: the store that is its place
  std::vector<Pending> pending_;
  Value values_ = 0;
  ColumnCode<T> code_;
};

template <class T>
ColumnCode<T> ColumnBuilder::columns() const {
  return ColumnEmitter<T>(*this).run();
}
template ColumnCode<float> ColumnBuilder::columns<float>() const;
template ColumnCode<double> ColumnBuilder::columns<double>() const;

template <class T>
void ColumnFrame<T>::Free::operator()(T* memory) const noexcept {
  ::operator delete(memory, line);
}

template <class T>
ColumnFrame<T>::ColumnFrame(const ColumnCode<T>& code, std::int64_t tile, T* registers)
    : code_(&code), tile_(tile), at_(code.places() + 1, nullptr) {
  if (registers == nullptr && code.registers != 0) {
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(tile) * code.registers;
    registers_.reset(static_cast<T*>(::operator new(bytes, line)));
    registers = registers_.get();
  }
  for (std::uint32_t k = 0; k < code.registers; ++k) at_[k] = registers + static_cast<std::int64_t>(k) * tile;
  // Never written: no step has a constant for its result.
  for (std::size_t k = 0; k < code.constants.size(); ++k)
    at_[code.constant(k)] = const_cast<T*>(code.constants.data()) + k;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}
template class ColumnFrame<float>;
template class ColumnFrame<double>;

// --- One sample -----------------------------------------------------------------------------------------------------

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

SampleCode ColumnBuilder::samples() const {
  SampleCode code;
  code.loads = static_cast<std::uint32_t>(loads_);
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
  for (const Store& store : stores_) code.stores.push_back(slot[store.value]);
  code.steps.push_back({.kind = end});
  return code;
}

// Threaded code: every kind jumps to the next step's kind by itself, so that the machine predicts each jump from the
// kind before it (a switch in a loop has one jump for all: a quarter slower on long programs).
void SampleCode::run(double* slots) const {
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
