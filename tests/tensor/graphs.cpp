// Structural primitives in graphs: value, gradient and gradient of the gradient of each are expanded, verified, written
// and read, drawn, and computed anew, also with other operands (other positions and another order of elements among
// them): nothing of what was recorded may be left in the graph but shapes (trap T13).
#include <boost/test/unit_test.hpp>

#include "differentiated.hpp"
#include "structural_cases.hpp"
#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// The outputs of a graph for these values of its variables, node after node.
std::vector<Array> computed(const graph::Graph& graph, std::span<const Array> variables) {
  std::vector<Array> at;
  std::size_t next = 0;
  for (graph::NodeId id = 0; id < graph.size(); ++id) {
    const graph::Attribute& attribute = graph.attribute(id);
    if (graph.operation_id(id) == graph::variable_operation) {
      at.push_back(variables[next++]);
    } else if (graph.operation_id(id) == graph::constant_operation) {
      if (const auto* const array = std::get_if<Array>(&attribute))
        at.push_back(*array);
      else if (const auto* const number = std::get_if<double>(&attribute))
        at.push_back(Array::scalar(*number));
      else
        at.push_back(Array::uniform({Dtype::i64, {}}, static_cast<double>(std::get<std::int64_t>(attribute))));
    } else {
      std::vector<Array> x;
      for (const graph::NodeId operand : graph.operands(id)) x.push_back(at[operand]);
      const auto& primitive = static_cast<const Primitive&>(graph.operation(id));
      at.push_back(primitive.on_tensors.value(x, attribute, graph.type(id)));
    }
  }
  std::vector<Array> outputs;
  for (const graph::NodeId id : graph.outputs()) outputs.push_back(at[id]);
  return outputs;
}

bool same_elements(const Array& a, const Array& b) { return a.type() == b.type() && a.dense() == b.dense(); }

/// The checks of this file for a function of operands, at `a` and replayed at `b`.
template <class F>
void check_graph(const F& f, const std::vector<Tensor>& a, const std::vector<Tensor>& b, unsigned seed) {
  const Differentiated at_a(f, a, seed), at_b(f, b, seed);
  const Expansion expansion = at_a.expanded();
  BOOST_CHECK_NO_THROW(graph::verify(expansion.graph));
  const std::string text = graph::to_text(expansion.graph);
  const graph::Graph again = graph::from_text(text);
  BOOST_TEST(identical(expansion.graph, again));
  BOOST_TEST(!to_dot(at_a.outputs[0], {at_a.x[0]}, {.view = View::forward}).empty());
  if (at_a.outputs.size() > 1) BOOST_TEST(!to_dot(at_a.outputs[1], {at_a.x[0]}).empty());
  for (const auto& [operands, differentiated] : {std::pair{&a, &at_a}, std::pair{&b, &at_b}}) {
    std::vector<Array> variables;
    for (const Tensor& t : *operands) variables.push_back(t.value());
    const std::vector<Array> outputs = computed(again, variables);
    for (std::size_t k = 0; k < differentiated->outputs.size(); ++k)
      BOOST_TEST(same_elements(outputs[k], differentiated->outputs[k].value()), "output " << k);
  }
}

std::vector<Tensor> matrix(std::mt19937& random, const Shape& shape) {
  return {separated_tensor({Dtype::f64, shape}, random)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graphs)

BOOST_AUTO_TEST_CASE(every_primitive_is_written_read_drawn_and_computed_anew) {
  for (const StructuralCase& c : structural_cases(10)) {
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> a = sample_operands(c.sample, random), b = sample_operands(c.sample, random);
      check_graph([&](const std::vector<Tensor>& x) { return c(x); }, a, b, c.seed);
    }
  }
}

// Compositions: what they choose must be chosen anew.
BOOST_AUTO_TEST_CASE(compositions_are_computed_anew) {
  std::mt19937 random(5);
  const auto check = [&](const char* name, auto f) {
    for (const Shape& shape : {Shape{4, 5}, Shape{1, 5}, Shape{3, 1}}) {
      BOOST_TEST_CONTEXT(name << " of " << to_string(shape)) {
        check_graph([&](const std::vector<Tensor>& x) { return f(x[0]); }, matrix(random, shape), matrix(random, shape),
                    3);
      }
    }
  };
  check("sort", [](const Tensor& x) { return sort(x, 0, Order::descending); });
  check("topk", [](const Tensor& x) { return topk(x, 1, 1).values; });
  check("variance", [](const Tensor& x) { return variance(x, {0}); });
  check("stddev", [](const Tensor& x) { return stddev(x, {1}, Keep::yes, 1); });
  check("trace", [](const Tensor& x) { return trace(x); });
  check("pad", [](const Tensor& x) { return pad(x, {1, 0}, {0, 2}, -3.0); });
  check("reverse", [](const Tensor& x) { return reverse(x, {0, 1}); });
  check("outer", [](const Tensor& x) { return outer(sum(x, {1}), sum(x, {0})); });
  check("largest by position", [](const Tensor& x) { return take_along(x, argmax(x, 1, Keep::yes), 1); });
  check("masked softmax",
        [](const Tensor& x) { return softmax(where(x > 0.0, x, -std::numeric_limits<double>::infinity())); });
}

// The type rules meet attributes and shapes that no front function would give them.
BOOST_AUTO_TEST_CASE(mutated_texts_end_in_a_graph_or_a_parse_error) {
  std::mt19937 random(17);
  std::size_t graphs = 0, refused = 0;
  for (const StructuralCase& c : structural_cases(5)) {
    std::mt19937 operands(c.seed);
    const Differentiated at([&](const std::vector<Tensor>& x) { return c(x); }, sample_operands(c.sample, operands), 1);
    const std::string text = graph::to_text(at.expanded().graph, {.locations = false});
    for (int round = 0; round < 30; ++round) {
      std::string mutant = text;
      for (unsigned k = 0; k <= random() % 3; ++k) {
        // A number is exchanged for another: a dimension, an axis, an extent, an operand.
        const std::size_t at_digit = mutant.find_first_of("0123456789", random() % mutant.size());
        if (at_digit == std::string::npos) continue;
        const std::array<const char*, 8> numbers{
            "-1", "0", "1", "2", "7", "9223372036854775807", "-9223372036854775808", "4611686018427387904"};
        mutant.replace(at_digit, 1, numbers[random() % numbers.size()]);
      }
      try {
        graph::verify(graph::from_text(mutant));
        ++graphs;
      } catch (const ParseError&) {
        ++refused;
      }
    }
  }
  BOOST_TEST(graphs > 100u);
  BOOST_TEST(refused > 100u);
}

// Through Scalars, with the checker that users have.
BOOST_AUTO_TEST_CASE(the_gradient_checker_finds_nothing_wrong) {
  const std::vector<double> at{0.3, -1.2, 0.8, 2.1, -0.4, 1.7};
  const auto check = [&](const char* name, auto f) {
    const GradientCheck report = check_gradient(
        [&](const std::vector<Scalar>& x) {
          const Tensor y = f(reshape(stack(x), Shape{2, 3}));
          return to_scalar(sum(y * y));
        },
        at, {.order = 2});
    BOOST_TEST(report.passed(), name << ": " << report.text());
  };
  check("softmax", [](const Tensor& x) { return softmax(x, {1}); });
  check("log_softmax", [](const Tensor& x) { return log_softmax(x, {0, 1}); });
  check("logsumexp", [](const Tensor& x) { return logsumexp(x, {0}); });
  check("norm", [](const Tensor& x) { return norm(x, {1}); });
  check("prod", [](const Tensor& x) { return prod(x, {1}); });
  check("amax", [](const Tensor& x) { return amax(x, {0}); });
  check("amin", [](const Tensor& x) { return amin(x); });
  check("sort", [](const Tensor& x) { return cumsum(sort(x, 1), 1); });
  check("topk", [](const Tensor& x) { return topk(x, 2).values; });
  check("variance", [](const Tensor& x) { return variance(x, {1}, Keep::no, 1); });
  check("stddev", [](const Tensor& x) { return stddev(x, {0}); });
  check("gather", [](const Tensor& x) {
    return gather(x, tensor(std::vector<std::int64_t>{2, 0, 2, 2}, Shape{4}), 1);
  });
  check("scatter_add", [](const Tensor& x) {
    return scatter_add(x, tensor(std::vector<std::int64_t>{1, 1, 0}, Shape{3}), 2, 1);
  });
}

BOOST_AUTO_TEST_SUITE_END()
