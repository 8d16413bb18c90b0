// Every rewrite of the pass `stabilise`, proved on numbers: the formula of its pattern in 400 digits is what the
// replacement gives, to a stated number of units in the last place, over the domain and where the pattern itself fails.
#include "wengert/autodiff/passes/stabilise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/patterns.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

namespace wengert::passes {
namespace {

using graph::GraphBuilder;
using graph::NodeId;
// log(1 + exp(-800)) needs 348 digits before the first that matters.
using Wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<400>, boost::multiprecision::et_off>;
using Row = std::vector<Wide>;  // one element stands for all

constexpr std::size_t width = 4;

struct Range {
  double low = 0, high = 0;
};

/// What the error is measured against: units in the last place of this.
enum class Scale { result, operands, spread };

struct Case {
  const char* rule;
  Range x, y;                  ///< where the pattern is fine
  Range failing_x, failing_y;  ///< where it is not; empty: nowhere
  double ulps;                 ///< how far the replacement is from the exact value at most
  Scale scale = Scale::result;
};

constexpr Range zero_to_one{0, 1}, none{};

const std::array cases{
    Case{"logsumexp", {-2, 2}, none, {900, 1000}, none, 2, Scale::operands},
    Case{"logsumexp_reshaped", {-2, 2}, none, {-1000, -900}, none, 2, Scale::operands},
    Case{"softmax", {-1, 1}, none, {900, 902}, none, 4},
    Case{"log_softmax", {-2, 2}, none, {-1000, 0}, none, 2, Scale::spread},
    Case{"log_softmax_of_sum", {-2, 2}, none, {1e8, 1e8 + 4}, none, 2, Scale::spread},
    Case{"softplus", {-700, 700}, none, {710, 1000}, none, 2},
    Case{"softplus_of_log1p", {-700, 700}, none, {710, 1000}, none, 2},
    Case{"log_sigmoid_of_softplus", {-700, 700}, none, none, none, 2},
    Case{"sigmoid", {-700, 700}, none, {-730, -710}, none, 2},
    Case{"sigmoid_of_reciprocal", {-700, 700}, none, {-730, -710}, none, 2},
    Case{"sigmoid_of_minus", {-700, 700}, none, {710, 730}, none, 2},
    Case{"sigmoid_of_minus_reciprocal", {-700, 700}, none, {710, 730}, none, 2},
    Case{"sigmoid_of_ratio", {-700, 700}, none, {710, 1000}, none, 2},
    Case{"log_sigmoid", {-700, 700}, none, {-800, -746}, none, 2},
    Case{"log_sigmoid_of_rest", {-700, 700}, none, {38, 700}, none, 2},
    Case{"log_sigmoid_of_rest_log1p", {-700, 700}, none, {38, 700}, none, 2},
    Case{"cross_entropy", zero_to_one, {-700, 700}, none, none, 2},
    Case{"cross_entropy_minus", zero_to_one, {-700, 700}, none, none, 2},
    Case{"cross_entropy_of_minus", zero_to_one, {-700, 700}, none, none, 2},
    Case{"log1p", {-0.9, 1e6}, none, {1e-18, 1e-12}, none, 2},
    Case{"log1p_of_minus", {-1e6, 0.9}, none, {1e-18, 1e-12}, none, 2},
    Case{"expm1", {-50, 700}, none, {1e-18, 1e-12}, none, 2},
    Case{"expm1_of_sum", {-50, 700}, none, {1e-18, 1e-12}, none, 2},
    Case{"expm1_of_rest", {-50, 700}, none, {1e-18, 1e-12}, none, 2},
    Case{"tanh", {-4, 4}, none, {710, 1000}, none, 2},
    Case{"tanh_of_expm1", {-8, 8}, none, {710, 1000}, none, 2},
    Case{"tanh_of_minus", {-8, 8}, none, {710, 1000}, none, 2},
    Case{"hypot", {-1e3, 1e3}, {-1e3, 1e3}, {1e160, 1e300}, {1e160, 1e300}, 2},
    Case{"norm", {-1e3, 1e3}, none, {1e160, 1e300}, none, 4},
};

bool reduces(const StabilisingRule& rule) { return rule.pattern.find('[') != std::string_view::npos; }

// --- In 400 digits

Row each(const std::vector<Row>& x, Wide (*f)(const Wide*)) {
  std::size_t size = 1;
  for (const Row& row : x) size = std::max(size, row.size());
  Row result(size);
  for (std::size_t i = 0; i < size; ++i) {
    std::array<Wide, 2> at;
    for (std::size_t k = 0; k < x.size(); ++k) at[k] = x[k][x[k].size() == 1 ? 0 : i];
    result[i] = f(at.data());
  }
  return result;
}

Wide sum_of(const Row& row) {
  Wide total = 0;
  for (const Wide& x : row) total += x;
  return total;
}

/// The term, to the letter.
Row exact(const Term& term, const std::vector<Row>& letters) {
  if (term.kind == Term::Kind::node) return letters[term.index];
  if (term.kind == Term::Kind::number) return {Wide(term.number)};
  std::vector<Row> x;
  for (const Term& operand : term.operands) x.push_back(exact(operand, letters));
  if (term.kind == Term::Kind::square) return each(x, [](const Wide* v) -> Wide { return v[0] * v[0]; });
  if (term.kind == Term::Kind::over) return x[0];
  switch (term.operation) {
    case Known::add:
      return each(x, [](const Wide* v) -> Wide { return v[0] + v[1]; });
    case Known::sub:
      return each(x, [](const Wide* v) -> Wide { return v[0] - v[1]; });
    case Known::mul:
      return each(x, [](const Wide* v) -> Wide { return v[0] * v[1]; });
    case Known::div:
      return each(x, [](const Wide* v) -> Wide { return v[0] / v[1]; });
    case Known::neg:
      return each(x, [](const Wide* v) -> Wide { return -v[0]; });
    case Known::reciprocal:
      return each(x, [](const Wide* v) -> Wide { return 1 / v[0]; });
    case Known::exp:
      return each(x, [](const Wide* v) -> Wide { return exp(v[0]); });
    case Known::expm1:
      return each(x, [](const Wide* v) -> Wide { return exp(v[0]) - 1; });
    case Known::log:
      return each(x, [](const Wide* v) -> Wide { return log(v[0]); });
    case Known::log1p:
      return each(x, [](const Wide* v) -> Wide { return log(1 + v[0]); });
    case Known::sqrt:
      return each(x, [](const Wide* v) -> Wide { return sqrt(v[0]); });
    case Known::sigmoid:
      return each(x, [](const Wide* v) -> Wide { return 1 / (1 + exp(-v[0])); });
    case Known::softplus:
      return each(x, [](const Wide* v) -> Wide { return log(1 + exp(v[0])); });
    case Known::log_sigmoid:
      return each(x, [](const Wide* v) -> Wide { return -log(1 + exp(-v[0])); });
    case Known::sum:
      return {sum_of(x[0])};
    case Known::reshape:
      return x[0];
    case Known::logsumexp:
      return {log(sum_of(each(x, [](const Wide* v) -> Wide { return exp(v[0]); })))};
    case Known::softmax: {
      Row e = each(x, [](const Wide* v) -> Wide { return exp(v[0]); });
      const Wide total = sum_of(e);
      for (Wide& v : e) v /= total;
      return e;
    }
    default:
      BOOST_FAIL("a pattern with an operation that this test cannot compute");
      return {};
  }
}

// --- In numbers

struct Built {
  GraphBuilder builder{};
  std::vector<NodeId> letters{};
  std::vector<graph::Attribute> attributes{};
  Type type{};

  NodeId add(const Term& term) {
    if (term.kind == Term::Kind::node) return letters[term.index];
    if (term.kind == Term::Kind::number)
      return type == Type{} ? builder.constant(term.number) : builder.constant(Array::uniform(type, term.number));
    std::vector<NodeId> x;
    for (const Term& operand : term.operands) x.push_back(add(operand));
    if (term.kind == Term::Kind::square) return builder.add(id_of(Known::mul), {x[0], x[0]});
    if (term.kind == Term::Kind::over) {
      const NodeId kept = builder.add(id_of(Known::reshape), {x[0]}, std::vector<std::int64_t>{1, 1});
      return builder.add(id_of(Known::broadcast), {kept},
                         std::vector<std::int64_t>(type.shape.begin(), type.shape.end()));
    }
    return builder.add(id_of(term.operation), x,
                       term.attribute == Term::no_attribute ? graph::Attribute{} : attributes[term.attribute]);
  }
};

/// The graph of a term on variables of a type.
graph::Graph graph_of(const Term& term, const Letters& letters, const Type& type) {
  Built built;
  built.type = type;
  for (std::size_t k = 0; k < letters.nodes.size(); ++k)
    built.letters.push_back(built.builder.variable(type, letters.nodes[k]));
  for (const std::string_view letter : letters.attributes)
    built.attributes.emplace_back(letter == "s" ? std::vector<std::int64_t>{1, 1} : std::vector<std::int64_t>{1});
  built.builder.output(built.add(term));
  return std::move(built.builder).build();
}

double ulps_between(double got, const Wide& want, double scale) {
  if (std::isnan(got) || std::isinf(got)) return std::numeric_limits<double>::infinity();
  const double to = std::max(std::abs(scale), std::abs(static_cast<double>(want)));
  const double unit = std::max(std::nextafter(to, std::numeric_limits<double>::infinity()) - to, 0x1p-1074);
  return static_cast<double>(abs(Wide(got) - want) / unit);
}

class Prover {
 public:
  Prover(const Case& c, const StabilisingRule& rule) : case_(c), rule_(rule) {
    pattern_ = parse_term(rule.pattern, letters_);
    replacement_ = parse_term(rule.replacement, letters_);
    register_primitives();
  }

  /// What is wrong with the rule.
  std::vector<std::string> run() {
    if (reduces(rule_)) {
      with(Type{Dtype::f64, Shape{1, width}}, 40);
    } else {
      with(Type{}, 40);
      with(Type{Dtype::f64, Shape{40}}, 40);  // by the kernels
    }
    BOOST_TEST_MESSAGE(rule_.name << ": " << worst_ << " of " << case_.ulps << " ULPs");
    return wrong_;
  }

 private:
  void with(const Type& type, std::size_t count) {
    const graph::Graph original = graph_of(pattern_, letters_, type);
    const graph::Graph stable = graph_of(replacement_, letters_, type);
    // The pass makes of the pattern what it makes of the replacement, which may be in another order.
    const graph::Graph made = stabilise(original).graph;
    graph::verify(made);
    if (operations(made) != operations(stabilise(stable).graph))
      wrong_.push_back(std::string(rule_.name) + " is not made:\n" + graph::to_text(made));
    const std::size_t at_once = reduces(rule_) ? width : static_cast<std::size_t>(type.shape.size());
    const std::size_t runs = reduces(rule_) ? count : count / at_once;
    for (std::size_t k = 0; k < runs; ++k) {
      compare(original, stable, type, {points(case_.x, at_once), points(case_.y, at_once)}, false);
      if (case_.failing_x.high != case_.failing_x.low)
        compare(original, stable, type, {points(case_.failing_x, at_once), points(case_.failing_y, at_once)}, true);
    }
  }

  std::vector<double> points(const Range& range, std::size_t count) {
    std::vector<double> result;
    std::uniform_real_distribution<double> all(range.low, range.high),
        lower(range.low, range.low + 0.1 * (range.high - range.low));
    for (std::size_t k = 0; k < count; ++k) result.push_back(reduces(rule_) && k > 0 ? lower(random_) : all(random_));
    if (reduces(rule_)) result[0] = range.high;
    return result;
  }

  void compare(const graph::Graph& original, const graph::Graph& stable, const Type& type,
               std::vector<std::vector<double>> x, bool failing) {
    x.resize(letters_.nodes.size());
    std::vector<Array> inputs;
    for (const auto& column : x) inputs.push_back(Array::from(column, type.shape));
    const Array was = evaluate(original, inputs)[0], is = evaluate(stable, inputs)[0];
    std::vector<Row> letters;
    for (const auto& column : x) letters.emplace_back(column.begin(), column.end());
    const Row want = exact(pattern_, letters);
    double scale = 0;
    const auto [least, most] = std::minmax_element(x[0].begin(), x[0].end());
    if (case_.scale == Scale::operands) scale = std::max({1.0, std::abs(*least), std::abs(*most)});
    if (case_.scale == Scale::spread) scale = std::max(1.0, *most - *least);
    double worst_before = 0;
    for (std::int64_t i = 0; i < is.size(); ++i) {
      const Wide& exactly = want[want.size() == 1 ? 0 : static_cast<std::size_t>(i)];
      const double before = ulps_between(was.element(i), exactly, scale);
      const double after = ulps_between(is.element(i), exactly, scale);
      worst_ = std::max(worst_, after);
      worst_before = std::max(worst_before, before);
      const double at = x[0][reduces(rule_) ? 0 : static_cast<std::size_t>(i)];
      if (!(after <= case_.ulps)) wrong("is", after, at);
      // What fails does so in every place of a tensor.
      if (failing && !reduces(rule_) && before < 100 * case_.ulps) wrong("was", before, at);
    }
    if (failing && worst_before < 100 * case_.ulps) wrong("was", worst_before, x[0][0]);
  }
  void wrong(const char* verb, double ulps, double at) {
    wrong_.push_back(std::string(rule_.name) + " " + verb + " off by " + std::to_string(ulps) + " ULPs at " +
                     std::to_string(at));
  }
  static std::map<std::string_view, int> operations(const graph::Graph& g) {
    std::map<std::string_view, int> count;
    for (NodeId id = 0; id < g.size(); ++id) ++count[g.operation(id).name];
    return count;
  }

  const Case& case_;
  const StabilisingRule& rule_;
  Letters letters_;
  Term pattern_, replacement_;
  std::mt19937_64 random_{7};
  std::vector<std::string> wrong_;
  double worst_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stabilisation)

BOOST_AUTO_TEST_CASE(every_rule_is_an_identity_and_better_where_its_pattern_fails) {
  for (const StabilisingRule& rule : stabilising_rules()) {
    const auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& c) { return c.rule == rule.name; });
    BOOST_TEST_REQUIRE((found != cases.end()), rule.name << " is not proved");
    for (const std::string& wrong : Prover(*found, rule).run()) BOOST_ERROR(wrong);
  }
  BOOST_TEST(cases.size() == stabilising_rules().size());
}

BOOST_AUTO_TEST_CASE(the_page_lists_every_rule_and_every_pass) {
  std::ifstream file(WENGERT_SOURCE_DIR "/docs/passes.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const StabilisingRule& rule : stabilising_rules()) {
    std::string row = "| `";
    for (const std::string_view part : {rule.name, rule.formula, rule.domain, rule.gain})
      row += std::string(part) + (part == rule.name ? "` | " : " | ");
    row.pop_back();
    BOOST_TEST((page.find(row + "\n") != std::string::npos), row << " is not in docs/passes.md");
  }
  std::vector<const Pass*> passes(all().begin(), all().end());
  passes.insert(passes.end(), others().begin(), others().end());
  for (const Pass* pass : passes)
    BOOST_TEST((page.find("\n| `" + std::string(pass->name) + "` | ") != std::string::npos),
               pass->name << " is not in docs/passes.md");
}

BOOST_AUTO_TEST_CASE(a_wrong_rule_is_found) {
  const Case softplus{"", {-700, 700}, none, {710, 1000}, none, 2};
  const auto wrong = [&](const char* pattern, const char* replacement) {
    return !Prover(softplus, {"wrong", pattern, replacement, "", "", ""}).run().empty();
  };
  BOOST_TEST(!wrong("log(add(1, exp(x)))", "softplus(x)"));
  BOOST_TEST(wrong("log(add(1, exp(x)))", "softplus(neg(x))"));
  BOOST_TEST(wrong("log(add(1, exp(x)))", "relu(x)"));
  BOOST_TEST(wrong("log(add(1, exp(x)))", "log1p(exp(x))"));  // right where log(1 + exp x) is, but overflows as it does
  BOOST_TEST(wrong("softplus(x)", "softplus(x)"));            // nothing fails
}

BOOST_AUTO_TEST_CASE(the_operands_of_a_pattern_are_nodes_of_their_own_kind) {
  const auto stabilised = [](auto make) {
    GraphBuilder builder;
    const NodeId x = builder.variable(Type{}, "x"), y = builder.variable(Type{}, "y");
    builder.output(make(builder, x, y));
    const graph::Graph g = stabilise(std::move(builder).build()).graph;
    return std::string(g.operation(g.outputs()[0]).name);
  };
  const auto made = [](GraphBuilder& b, Known what, std::vector<NodeId> x) { return b.add(id_of(what), x); };
  // Letters stand for one node, numbers for their value, and the operation has to be that.
  BOOST_TEST(stabilised([&](GraphBuilder& b, NodeId x, NodeId) {
               return made(b, Known::log, {made(b, Known::add, {made(b, Known::exp, {x}), b.constant(1.0)})});
             }) == "softplus");
  BOOST_TEST(stabilised([&](GraphBuilder& b, NodeId x, NodeId) {
               return made(b, Known::log, {made(b, Known::add, {made(b, Known::exp, {x}), b.constant(1.5)})});
             }) == "log");
  BOOST_TEST(stabilised([&](GraphBuilder& b, NodeId x, NodeId y) {
               return made(
                   b, Known::div,
                   {made(b, Known::exp, {x}), made(b, Known::add, {b.constant(1.0), made(b, Known::exp, {y})})});
             }) == "div");
  BOOST_TEST(
      stabilised([&](GraphBuilder& b, NodeId x, NodeId y) {
        return made(b, Known::sqrt, {made(b, Known::add, {made(b, Known::mul, {x, y}), made(b, Known::mul, {x, x})})});
      }) == "sqrt");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::passes
