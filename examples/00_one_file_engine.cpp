// The whole idea in one file, without the library: record, sweep backwards, differentiate the gradient again, draw.
//
// What the library does is what is done here. It adds statements that hold whole expressions, loops that roll up,
// tensors, errors instead of assumptions, and speed; docs/recording.md tells how. From top to bottom, ten minutes:
//   1. the recording: a list of statements, and handles into it
//   2. the primitives: for each its value and its local partial derivatives, once, for any kind of number
//   3. the reverse sweep: one loop backwards over the list, which is the chain rule
//   4. the drawing, and a main() that uses all of it
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

// --- 1. The recording ------------------------------------------------------------------------------------------------

struct Recording;

/// A handle: which value of which recording. The number itself lies in the recording.
struct Scalar {
  Recording* recording;
  std::size_t id;
  double value() const;
};

/// What a sweep must know of a primitive: how many operands it has, and its partial derivatives, twice.
struct Rule {
  const char* name;
  std::size_t operands;
  double (*value)(double a, double b);
  double (*partial)(std::size_t k, double y, double a, double b);           // ∂value/∂operand k, as a number
  Scalar (*recorded_partial)(std::size_t k, Scalar y, Scalar a, Scalar b);  // recorded: it can be differentiated again
};

/// One line of the recording: value = rule(operands). Without a rule it is an input or a constant.
struct Statement {
  const Rule* rule;
  std::size_t operand[2];  // ids; always smaller than the statement's own
  double value;
  std::string name;
};

/// Statements in the order in which they were computed. That order is a topological order of the graph, so every walk
/// over the graph is a plain loop.
struct Recording {
  std::vector<Statement> statements;

  Scalar variable(double value, const char* name = "") {
    statements.push_back({nullptr, {0, 0}, value, name});
    return {this, statements.size() - 1};
  }
  Scalar apply(const Rule& rule, Scalar a, Scalar b) {
    statements.push_back({&rule, {a.id, b.id}, rule.value(a.value(), b.value()), rule.name});
    return {this, statements.size() - 1};
  }
};

double Scalar::value() const { return recording->statements[id].value; }

// --- 2. The primitives -----------------------------------------------------------------------------------------------
// y is the value, a and b are the operands (b is not used where there is one operand). `partial` takes any kind of
// number: with double it computes, with Scalar it records.

double constant_like(double, double c) { return c; }
Scalar constant_like(Scalar y, double c) { return y.recording->variable(c); }

struct Add {
  static double value(double a, double b) { return a + b; }
  static auto partial(std::size_t, auto y, auto, auto) { return constant_like(y, 1.0); }
};
struct Sub {
  static double value(double a, double b) { return a - b; }
  static auto partial(std::size_t k, auto y, auto, auto) { return constant_like(y, k == 0 ? 1.0 : -1.0); }
};
struct Mul {
  static double value(double a, double b) { return a * b; }
  static auto partial(std::size_t k, auto, auto a, auto b) { return k == 0 ? b : a; }
};
struct Sigmoid {
  static double value(double a, double) { return 1.0 / (1.0 + std::exp(-a)); }
  static auto partial(std::size_t, auto y, auto, auto) { return y * (constant_like(y, 1.0) - y); }
};
struct Exp {
  static double value(double a, double) { return std::exp(a); }
  static auto partial(std::size_t, auto y, auto, auto) { return y; }
};

Scalar operator+(Scalar a, Scalar b);
Scalar operator-(Scalar a, Scalar b);
Scalar operator*(Scalar a, Scalar b);

const Rule add{"+", 2, &Add::value, &Add::partial, &Add::partial};
const Rule sub{"-", 2, &Sub::value, &Sub::partial, &Sub::partial};
const Rule mul{"*", 2, &Mul::value, &Mul::partial, &Mul::partial};
const Rule sigmoid_rule{"sigmoid", 1, &Sigmoid::value, &Sigmoid::partial, &Sigmoid::partial};
const Rule exp_rule{"exp", 1, &Exp::value, &Exp::partial, &Exp::partial};

Scalar operator+(Scalar a, Scalar b) { return a.recording->apply(add, a, b); }
Scalar operator-(Scalar a, Scalar b) { return a.recording->apply(sub, a, b); }
Scalar operator*(Scalar a, Scalar b) { return a.recording->apply(mul, a, b); }
Scalar sigmoid(Scalar a) { return a.recording->apply(sigmoid_rule, a, a); }
Scalar exp(Scalar a) { return a.recording->apply(exp_rule, a, a); }

// --- 3. The reverse sweep --------------------------------------------------------------------------------------------

double partial(const Rule& rule, std::size_t k, double y, double a, double b) { return rule.partial(k, y, a, b); }
Scalar partial(const Rule& rule, std::size_t k, Scalar y, Scalar a, Scalar b) {
  return rule.recorded_partial(k, y, a, b);
}
void get(Recording& r, std::size_t id, double& to) { to = r.statements[id].value; }
void get(Recording& r, std::size_t id, Scalar& to) { to = {&r, id}; }

/// The adjoint of every value: the derivative of y by it; empty where y does not depend on it. With Number = double it
/// computes; with Number = Scalar the adjoints are recorded behind what is there, a graph like any other.
template <class Number>
std::vector<std::optional<Number>> adjoints(Scalar y) {
  Recording& r = *y.recording;
  std::vector<std::optional<Number>> adjoint(y.id + 1);
  Number value{}, a{}, b{};
  get(r, y.id, value);
  adjoint[y.id] = constant_like(value, 1.0);  // ∂y/∂y
  for (std::size_t id = y.id + 1; id-- > 0;) {
    const Statement s = r.statements[id];  // a copy: recording may move the list
    if (s.rule == nullptr || !adjoint[id]) continue;
    get(r, id, value);
    get(r, s.operand[0], a);
    get(r, s.operand[1], b);
    for (std::size_t k = 0; k < s.rule->operands; ++k) {
      const Number contribution = *adjoint[id] * partial(*s.rule, k, value, a, b);  // the chain rule
      auto& to = adjoint[s.operand[k]];
      to = to ? *to + contribution : contribution;  // what is used twice gets both
    }
  }
  return adjoint;
}

double derivative(Scalar y, Scalar x) { return adjoints<double>(y)[x.id].value_or(0.0); }
Scalar gradient(Scalar y, Scalar x) { return adjoints<Scalar>(y)[x.id].value(); }

// --- 4. The drawing --------------------------------------------------------------------------------------------------

/// The graph of y as Graphviz text: in each node its value and adjoint, on each edge the local partial derivative.
void print_dot(Scalar y) {
  const auto adjoint = adjoints<double>(y);
  const auto& statements = y.recording->statements;
  std::puts("digraph {\n  rankdir=LR node [shape=box]");
  for (std::size_t id = 0; id <= y.id; ++id) {
    const Statement& s = statements[id];
    if (!adjoint[id]) continue;
    std::printf("  n%zu [label=\"%s\\n%.4g\\nadjoint %.4g\"]\n", id, s.name.c_str(), s.value, *adjoint[id]);
    for (std::size_t k = 0; s.rule != nullptr && k < s.rule->operands; ++k) {
      const double a = statements[s.operand[0]].value, b = statements[s.operand[1]].value;
      std::printf("  n%zu -> n%zu [label=\"%.4g\"]\n", s.operand[k], id, s.rule->partial(k, s.value, a, b));
    }
  }
  std::puts("}");
}

/// How far a neuron, the sigmoid of a weighted input and a bias, is from what it should give: the squared error.
Scalar loss_of(Scalar x, Scalar w, Scalar b, Scalar target) {
  const Scalar error = sigmoid(w * x + b) - target;
  return error * error;
}

int main() {
  Recording r;
  const Scalar x = r.variable(0.05, "x"), w = r.variable(0.15, "w"), b = r.variable(0.35, "b"),
               t = r.variable(0.01, "t");
  const Scalar loss = loss_of(x, w, b, t);
  std::printf("loss %.6f, by w %.6f, by b %.6f\n", loss.value(), derivative(loss, w), derivative(loss, b));
  print_dot(loss);

  // The gradient was recorded by the same loop, so it has derivatives too. Beside it the difference of two first ones.
  const auto by_w = [](double at) {
    Recording q;
    const Scalar v = q.variable(at);
    return derivative(loss_of(q.variable(0.05), v, q.variable(0.35), q.variable(0.01)), v);
  };
  std::printf("second derivative by w %.9f, by difference %.9f\n", derivative(gradient(loss, w), w),
              (by_w(0.15 + 1e-4) - by_w(0.15 - 1e-4)) / 2e-4);

  const Scalar z = r.variable(1.0);
  Scalar power = exp(z * z);
  for (int order = 0; order <= 4; ++order, power = gradient(power, z))
    std::printf("derivative %d of exp(z*z) at 1: %.6f\n", order, power.value());
}
