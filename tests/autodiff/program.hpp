// Random programs over the primitives: straight lines and loops, as data, so that one program can be recorded in
// several ways, computed in plain doubles, and differentiated by an oracle that shares no code with the library.
//
// A value of a program is an index: variables and statements count alike, in order. Reading order: Statement,
// evaluate() (what the kinds of statement are), Program and its generator, Oracle, record().
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "dual.hpp"
#include "wengert/autodiff/autodiff.hpp"

namespace wengert::oracle {

inline double max(double x, double y) { return x > y ? x : y; }
inline double min(double x, double y) { return x < y ? x : y; }

/// What happens between two statements, besides.
enum class Event : std::uint8_t { none, settle, guard, name, scope, sweep, rewind };

struct Statement {
  int kind = 0;                  ///< of evaluate(); `variable_kind`: a new variable of value p
  int place = 0;                 ///< which of the source lines of `places()`
  std::array<int, 3> operand{};  ///< values; -1: the constant Scalar `constant[k]`
  std::array<double, 3> constant{};
  double p = 0, q = 0;  ///< literals
  Event before = Event::none;
};

inline constexpr int kinds = 34;
inline constexpr int variable_kind = -1;

/// Statement `kind` on a, b, c of any number type; `store` makes a value of an expression, `choose` is where().
template <class T, class Store>
auto evaluate(int kind, const T& a, const T& b, const T& c, double p, double q, const Store& store) {
  using std::abs, std::cos, std::exp, std::log, std::pow, std::sin, std::sqrt, std::tanh;
  switch (kind) {
    case 0:
      return store(a + b);
    case 1:
      return store(a - b);
    case 2:
      return store(a * b);
    case 3:
      return store(a * p);
    case 4:
      return store(p * a + q * b);
    case 5:
      return store(sin(a));
    case 6:
      return store(sin(a) * b + p);
    case 7:
      return store(tanh(a));
    case 8:
      return store(tanh(a * b) * p);
    case 9:
      return store(exp(-a * a));
    case 10:
      return store(max(a, b));
    case 11:
      return store(min(a, b * p));
    case 12:
      return store(store.choose(a < b, a * p, b));
    case 13:
      return store(store.choose(a < b, a, b));
    case 14:
      return store(a / (1.0 + b * b));
    case 15:
      return store(a * a);
    case 16:
      return store(sqrt(a * a + 1.0));
    case 17:
      return store(relu(a) - p * abs(b));
    case 18:
      return store(heaviside(a) * b);
    case 19:
      return store(pow(a, 3) * p);
    case 20:
      return store(pow(a * a + 1.0, b * p));
    case 21:
      return store(a + b + c);
    case 22:
      return store((a * b + b * c + c * a) * p);
    case 23:
      return store(sigmoid(a + p) * b);
    case 24:
      return store(log(a * a + q * q + 1.0));
    case 25:
      return store(-a);
    case 26:
      return store(cos(a) * sin(b));
    case 27:
      return store(p - a);
    case 28:
      return store(store.choose(a < p, b, c));
    case 29:  // more leaves than a statement holds: it is cut
      return store((a * b + b * c + c * a) * p + (a * p + b * q + c * p) * q + (a * a - b * b + c * c) * p);
    case 30:
      return store(a * 0.0 + b);
    case 31:
      return store(heaviside(a) + p);
    case 32:
      return store(p * a - sin(q * b) / 3.0);
    default:
      return store(a + p * (b + c - 2.0 * a));
  }
}

/// How plain numbers and Duals are stored.
struct Plain {
  template <class T>
  T operator()(const T& x) const {
    return x;
  }
  template <class T>
  T choose(bool condition, const T& a, const T& b) const {
    return condition ? a : b;
  }
};

/// How Scalars are stored.
struct Recorded {
  std::source_location where;
  template <class E>
  Scalar operator()(const E& e) const {
    return Scalar(e, where);
  }
  template <class C, class A, class B>
  auto choose(const C& condition, const A& a, const B& b) const {
    return wengert::where(condition, a, b);
  }
};

/// Lines that statements may come from. (Not inline: g++ 12 at -O0 cannot link source locations of a function that two
/// translation units share.)
[[maybe_unused]] static const std::array<std::source_location, 4>& places() {
  static const std::array<std::source_location, 4> all{
      std::source_location::current(),
      std::source_location::current(),
      std::source_location::current(),
      std::source_location::current(),
  };
  return all;
}

// --- Programs
// ---------------------------------------------------------------------------------------------------------

struct Program {
  std::vector<double> inputs;
  std::vector<Statement> code;

  [[nodiscard]] int size() const { return static_cast<int>(inputs.size() + code.size()); }
};

inline std::string to_string(const Program& program) {
  std::string text = "inputs " + std::to_string(program.inputs.size()) + "\n";
  int value = static_cast<int>(program.inputs.size());
  for (const Statement& s : program.code) {
    text += "v" + std::to_string(value++) + " = kind " + std::to_string(s.kind) + " @" + std::to_string(s.place);
    for (std::size_t k = 0; k < 3; ++k)
      text += s.operand[k] < 0 ? " c" + std::to_string(s.constant[k]) : " v" + std::to_string(s.operand[k]);
    text += " p" + std::to_string(s.p) + " q" + std::to_string(s.q);
    if (s.before != Event::none) text += " event " + std::to_string(static_cast<int>(s.before));
    text += "\n";
  }
  return text;
}

/// Values of all statements in numbers of type T; `seed(i)` gives input i.
template <class T, class Seed>
std::vector<T> run(const Program& program, const Seed& seed) {
  std::vector<T> value;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) value.push_back(seed(i));
  for (const Statement& s : program.code) {
    if (s.kind == variable_kind) {
      value.push_back(T(s.p));
      continue;
    }
    std::array<T, 3> x;
    for (std::size_t k = 0; k < 3; ++k)
      x[k] = s.operand[k] < 0 ? T(s.constant[k]) : value[static_cast<std::size_t>(s.operand[k])];
    value.push_back(evaluate(s.kind, x[0], x[1], x[2], s.p, s.q, Plain{}));
  }
  return value;
}

/// Grows a program: loops with bodies of 1 … 6 statements (now and then more than a recording rolls up), operands that
/// stand still or move by -3 … 3 or with the body, constants that vary or do not, and now and then something out of
/// step.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Program operator()(int most_statements) {
    for (;;) {
      program_ = {};
      const int inputs = uniform(1, 4);
      for (int i = 0; i < inputs; ++i) program_.inputs.push_back(real(-1.5, 1.5));
      // Something for moving operands to move over.
      const int lead = uniform(0, 12);
      for (int i = 0; i < lead; ++i) add_variable();
      while (static_cast<int>(program_.code.size()) < most_statements / 2) {
        if (chance(0.8))
          add_loop(most_statements);
        else
          add_line(uniform(1, 6));
      }
      if (tame()) return program_;
    }
  }

  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  bool chance(double p) { return real(0, 1) < p; }

 private:
  struct Slot {
    bool constant = false, varying = false;
    int base = 0, step = 0;
    double value = 0;
  };
  struct Template {
    Statement statement;
    std::array<Slot, 3> slot{};
    bool varying_p = false, varying_q = false;
  };

  void add_variable() {
    Statement s;
    s.kind = variable_kind;
    s.p = real(-1.5, 1.5);
    program_.code.push_back(s);
  }
  Event event() {
    static constexpr std::array all{Event::settle, Event::guard, Event::name,
                                    Event::scope,  Event::sweep, Event::rewind};
    return chance(0.02) ? all[static_cast<std::size_t>(uniform(0, 5))] : Event::none;
  }
  Statement random_statement() {
    Statement s;
    s.kind = uniform(0, kinds - 1);
    s.place = chance(0.7) ? 0 : uniform(0, 3);
    s.p = real(-0.9, 0.9);
    s.q = real(-0.9, 0.9);
    return s;
  }
  void add_line(int count) {
    for (int i = 0; i < count; ++i) {
      Statement s = random_statement();
      for (std::size_t k = 0; k < 3; ++k) {
        s.operand[k] = chance(0.1) ? -1 : uniform(0, program_.size() - 1);
        s.constant[k] = real(-1, 1);
      }
      s.before = event();
      program_.code.push_back(s);
    }
  }
  void add_loop(int most_statements) {
    static constexpr std::array counts{1,  2,  3,  4,  5,  6,  7,   8,   9,   12,  17, 20,
                                       33, 63, 64, 65, 66, 70, 127, 128, 129, 150, 200};
    const int body = chance(0.03) ? uniform(30, 35) : uniform(1, 6);
    const int room = most_statements - static_cast<int>(program_.code.size());
    int count = counts[static_cast<std::size_t>(uniform(0, static_cast<int>(counts.size()) - 1))];
    count = std::max(1, std::min(count, room / body));
    const int begin = program_.size();
    std::vector<Template> templates(static_cast<std::size_t>(body));
    const bool with_constants = chance(0.3);
    for (int j = 0; j < body; ++j) {
      Template& t = templates[static_cast<std::size_t>(j)];
      t.statement = random_statement();
      t.varying_p = chance(0.3);
      t.varying_q = chance(0.3);
      for (Slot& slot : t.slot) slot = random_slot(begin, body, count, j, with_constants);
    }
    const bool irregular = chance(0.25);
    const bool eventful = chance(0.3);
    for (int i = 0; i < count; ++i) {
      // Values that were added out of step shift all that comes after.
      for (int j = 0; j < body; ++j) {
        const Template& t = templates[static_cast<std::size_t>(j)];
        Statement s = t.statement;
        for (std::size_t k = 0; k < 3; ++k) {
          const Slot& slot = t.slot[k];
          const int at = slot.base + i * slot.step;
          s.operand[k] = slot.constant ? -1 : std::clamp(at, 0, program_.size() - 1);
          s.constant[k] = slot.varying && i > count / 3 ? real(-1, 1) : slot.value;
        }
        if (t.varying_p) s.p = real(-0.9, 0.9);
        if (t.varying_q && i > count / 2) s.q = real(-0.9, 0.9);
        if (eventful) s.before = event();
        if (irregular && chance(0.02)) {
          switch (uniform(0, 4)) {
            case 0:
              s.operand[0] = uniform(0, program_.size() - 1);
              break;
            case 1:
              s.kind = uniform(0, kinds - 1);
              break;
            case 2:
              add_variable();
              break;
            case 3:
              continue;
            default:
              s.operand[1] = -1;
          }
        }
        program_.code.push_back(s);
      }
    }
  }
  Slot random_slot(int begin, int body, int count, int j, bool with_constants) {
    Slot slot;
    slot.value = real(-1, 1);
    const int own = begin + j;
    if (with_constants && chance(0.3)) {
      slot.constant = true;
      slot.varying = chance(0.5);
      return slot;
    }
    const double kind = real(0, 1);
    if (kind < 0.25) {  // stands still
      slot.base = uniform(0, begin - 1);
    } else if (kind < 0.7) {  // moves with the loop: its own value one repetition before, this repetition, those
                              // before, far ones
      slot.step = body;
      const double back = real(0, 1);
      slot.base = std::max(0, own - (back < 0.3   ? body
                                     : back < 0.6 ? uniform(1, std::max(1, j))
                                     : back < 0.8 ? uniform(1, 10)
                                                  : uniform(5, 70) * body));
    } else {  // moves at its own pace, over what was there before or into the loop
      slot.step = uniform(-3, 3);
      const int travel = slot.step * (count - 1);
      const int low = std::max(0, -travel), high = std::min(own - 1, own - 1 + body * (count - 1) - travel);
      slot.base = low <= high ? uniform(low, high) : uniform(0, begin - 1);
      if (low > high) slot.step = 0;
    }
    return slot;
  }
  [[nodiscard]] bool tame() const {
    for (const double v : run<double>(program_, [&](std::size_t i) { return program_.inputs[i]; }))
      if (!(std::abs(v) < 1e6)) return false;
    return true;
  }

  std::mt19937_64 random_;
  Program program_;
};

// --- The oracle
// -------------------------------------------------------------------------------------------------------

/// Reverse accumulation in numbers of type T, the plain way: all partials stored, one loop. Absolute: the same with the
/// absolute values of everything, which bounds what rounding can do.
template <class T>
class Oracle {
 public:
  template <class Seed>
  Oracle(const Program& program, const Seed& seed) : program_(program) {
    for (std::size_t i = 0; i < program.inputs.size(); ++i) value.push_back(seed(i));
    partial_.resize(program.inputs.size());
    for (const Statement& s : program.code) {
      partial_.emplace_back();
      if (s.kind == variable_kind) {
        value.push_back(T(s.p));
        continue;
      }
      std::array<Dual<T, 3>, 3> x;
      for (std::size_t k = 0; k < 3; ++k) {
        x[k].v = s.operand[k] < 0 ? T(s.constant[k]) : value[static_cast<std::size_t>(s.operand[k])];
        x[k].d[k] = T(1.0);
      }
      const Dual<T, 3> y = evaluate(s.kind, x[0], x[1], x[2], s.p, s.q, Plain{});
      value.push_back(y.v);
      partial_.back() = y.d;
    }
  }

  /// Adjoints of all values for output y.
  [[nodiscard]] std::vector<T> adjoints(int y, bool absolute = false) const {
    std::vector<T> a(value.size());
    a[static_cast<std::size_t>(y)] = T(1.0);
    for (std::size_t v = static_cast<std::size_t>(y) + 1; v-- > program_.inputs.size();) {
      const Statement& s = program_.code[v - program_.inputs.size()];
      if (s.kind == variable_kind) continue;
      for (std::size_t k = 0; k < 3; ++k) {
        if (s.operand[k] < 0) continue;
        T& to = a[static_cast<std::size_t>(s.operand[k])];
        to = to + (absolute ? magnitude(partial_[v][k]) : partial_[v][k]) * a[v];
      }
    }
    return a;
  }

  std::vector<T> value;

 private:
  // A partial may be a difference of larger terms; the sum stands for what they leave.
  static double magnitude(double x) { return std::abs(x) + 0.01; }
  template <class U, std::size_t N>
  static Dual<U, N> magnitude(const Dual<U, N>& x) {
    Dual<U, N> result;
    result.v = magnitude(x.v);
    for (std::size_t k = 0; k < N; ++k) result.d[k] = magnitude(x.d[k]);
    return result;
  }

  const Program& program_;
  std::vector<std::array<T, 3>> partial_;
};

// --- Recording
// --------------------------------------------------------------------------------------------------------

/// Records the program. `unrolled`: nothing is rolled up, because the roll is ended after every statement.
inline std::vector<Scalar> record(const Program& program, Recording& r, bool unrolled) {
  std::vector<Scalar> value = r.variables(program.inputs, "x");
  for (const Statement& s : program.code) {
    const Scalar last = value.back();
    switch (s.before) {
      case Event::none:
        break;
      case Event::settle:
        static_cast<void>(r.statistics());
        break;
      case Event::guard:
        static_cast<void>(bool(last < value.front()));
        break;
      case Event::name:
        if (!last.is_constant()) r.name(last, "named");
        break;
      case Event::scope:
        break;  // below: the statement lies in it
      case Event::sweep:
        static_cast<void>(backward(last)[value.front()]);
        break;
      case Event::rewind: {
        const auto mark = r.mark();
        Scalar v = last + value.front();
        for (int i = 0; i < 9; ++i) v = v * 0.5 + value.front();
        r.rewind(mark);
        break;
      }
    }
    if (s.kind == variable_kind) {
      value.push_back(r.variable(s.p));
      continue;
    }
    std::array<Scalar, 3> x;
    for (std::size_t k = 0; k < 3; ++k)
      x[k] = s.operand[k] < 0 ? Scalar(s.constant[k]) : value[static_cast<std::size_t>(s.operand[k])];
    const auto statement = [&] {
      return evaluate(s.kind, x[0], x[1], x[2], s.p, s.q, Recorded{places()[static_cast<std::size_t>(s.place)]});
    };
    if (s.before == Event::scope) {
      const auto scope = r.scope("inner");
      value.push_back(statement());
    } else {
      value.push_back(statement());
    }
    if (unrolled) static_cast<void>(r.statistics());
  }
  return value;
}

}  // namespace wengert::oracle
