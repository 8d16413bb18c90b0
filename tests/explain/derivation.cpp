// Derivations: the lecture's slides 27 to 33 as they stand there (with slide 33's misprint put right), the numbers in
// them against the engine's, and every format well-formed.
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/explain/derivation.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {
namespace {

/// The 2-2-2 network with the lecture's names.
struct Network {
  Recording r;
  std::vector<Scalar> w;
  Scalar loss;

  Network() {
    const Scalar i1 = r.variable(0.05, "i1"), i2 = r.variable(0.10, "i2");
    const Scalar t1 = r.variable(0.01, "t1"), t2 = r.variable(0.99, "t2");
    const Scalar b1 = r.variable(0.35, "b1"), b2 = r.variable(0.60, "b2");
    const std::array weights{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};
    for (std::size_t k = 0; k < 8; ++k) w.push_back(r.variable(weights[k], "w" + std::to_string(k + 1)));
    const auto neuron = [&](std::size_t first, const Scalar& a, const Scalar& b, const Scalar& bias,
                            const std::string& name) {
      const Scalar net = w[first] * a + w[first + 1] * b + bias;
      r.name(net, "net_" + name);
      const Scalar out = sigmoid(net);
      r.name(out, name);
      return out;
    };
    const Scalar h1 = neuron(0, i1, i2, b1, "h1"), h2 = neuron(2, i1, i2, b1, "h2");
    const Scalar o1 = neuron(4, h1, h2, b2, "o1"), o2 = neuron(6, h1, h2, b2, "o2");
    loss = (square(t1 - o1) + square(t2 - o2)) / 2.0;
    r.name(loss, "L");
  }
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Tags open and close as they should; attributes are not looked at.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find(' '));
    if (name[0] == '!' || name == "meta") continue;
    if (name[0] != '/') {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name.substr(1)) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(derivations)

BOOST_AUTO_TEST_CASE(slides_27_to_33) {
  Network n;
  const std::string text = to_text(derivation(n.loss, {n.w[4], n.w[0]}, {.digits = 4}));
  // Slide 29 to 32, factor by factor; slide 33 the product.
  for (const char* line :
       {"  net_o1 = w5·h1 + w6·h2 + b2 = ", "  o1 = σ(net_o1) = σ(1.106) = 0.7514\n",
        "  ∂L/∂o1 = 0.5·2·(t1 − o1)·(−1) = −(t1 − o1) = −(0.01 − 0.7514) = 0.7414\n",
        "  ∂o1/∂net_o1 = o1·(1 − o1) = 0.7514·(1 − 0.7514) = 0.1868\n", "  ∂net_o1/∂w5 = h1 = 0.5933\n",
        "  ∂L/∂w5 = ∂L/∂o1 · ∂o1/∂net_o1 · ∂net_o1/∂w5 = 0.7414 · 0.1868 · 0.5933 = 0.08217\n",
        "  ∂L/∂w1 = ∂L/∂o1 · ∂o1/∂net_o1 · ∂net_o1/∂h1 · ∂h1/∂net_h1 · ∂net_h1/∂w1 + ∂L/∂o2 · ∂o2/∂net_o2 · "
        "∂net_o2/∂h1 · ∂h1/∂net_h1 · ∂net_h1/∂w1\n"})
    BOOST_TEST(holds(text, line), line << "\nis not in\n" << text);
  const std::string precise = to_text(derivation(n.loss, {n.w[4]}, {.digits = 16}));
  for (const char* number : {"0.7513650695523157", "0.2983711087600027", "0.7413650695523157"})
    BOOST_TEST(holds(precise, number), number << "\nis not in\n" << precise);
}

BOOST_AUTO_TEST_CASE(adjoints_are_the_engines) {
  Network n;
  std::vector<detail::AnyHandle> all(n.w.begin(), n.w.end());
  const Derivation d = derivation(n.loss, all);
  const Adjoints adjoints = backward(n.loss);
  BOOST_REQUIRE(d.inputs.size() == 8u);
  for (std::size_t k = 0; k < 8; ++k)
    BOOST_TEST(d.quantities[d.inputs[k]].adjoint.element(0) == adjoints[n.w[k]], boost::test_tools::tolerance(1e-14));
  // What is contributed is the adjoint of the user times the local derivative, and adds up to the adjoint.
  for (const Quantity& q : d.quantities) {
    if (!q.depends || q.contributions.empty()) continue;
    double sum = 0;
    for (const Contribution& c : q.contributions) {
      sum += c.contribution.element(0);
      BOOST_TEST(c.contribution.element(0) == d.quantities[c.user].adjoint.element(0) * c.local->element(0),
                 boost::test_tools::tolerance(1e-14));
    }
    BOOST_TEST(sum == q.adjoint.element(0), boost::test_tools::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(without_names_a_step_for_each_primitive) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  const Scalar f = sin(x) * y + x * x;
  const std::string text = to_text(derivation(f, {x}));
  for (const char* line : {"  v1 = sin(x) = sin(2) = 0.909297\n", "  v2 = v1·y = ", "  ∂v2/∂v1 = y = 3\n",
                           "  ∂v1/∂x = cos(x) = cos(2) = -0.416147\n", "  ∂v3/∂x = 2·x = 2·2 = 4\n"})
    BOOST_TEST(holds(text, line), line << "\nis not in\n" << text);
}

BOOST_AUTO_TEST_CASE(the_chain_rule_inside_a_step_stands_before_its_result) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), t = r.variable(0.5, "t");
  const Scalar u = exp(-square(x - t));
  r.name(u, "u");
  const Scalar y = u * u + x * u;
  r.name(y, "y");
  const std::string text = to_text(derivation(y, {x, t}, {.digits = 4}));
  BOOST_TEST(holds(text, "∂u/∂t = u·(−1)·2·(x − t)·(−1) = "), text);
  BOOST_TEST(holds(text, "∂u/∂x = u·(−1)·2·(x − t) = "), text);
  // Two ways through one step are no product: u is used three times in y.
  BOOST_TEST(holds(text, "∂y/∂u = x + 2·u = "), text);
}

BOOST_AUTO_TEST_CASE(choices_are_shown_and_made) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  const Scalar p = pow(x, y), m = max(p, y);
  r.name(p, "p");
  r.name(m, "m");
  const Scalar f = m * relu(x);
  r.name(f, "f");
  const std::string text = to_text(derivation(f, {x, y}));
  BOOST_TEST(holds(text, "= y·x^(y − 1) = 3·2^(3 − 1) = 12\n"), text);
  BOOST_TEST(holds(text, "= p·ln(x) = 8·ln(2) = 5.54518\n"), text);
  BOOST_TEST(holds(text, "∂m/∂p = where(p ≥ y, where(p = y, 0.5, 1), 0) = 1\n"), text);
  BOOST_TEST(holds(text, "∂m/∂y = where(y ≥ p, where(p = y, 0.5, 1), 0) = 0\n"), text);
}

BOOST_AUTO_TEST_CASE(equations_hold_as_they_are_written) {
  Recording r;
  const Scalar x = r.variable(-1.5, "x");
  const Scalar u = x * x * x;
  r.name(u, "u");
  const Scalar v = u * u + 2.0 * u;
  r.name(v, "v");
  const Scalar f = v / u;
  r.name(f, "f");
  const std::string text = to_text(derivation(f, {x}));
  // A minus before a negative number, and ∂f/∂u as a whole, not its part along one edge.
  BOOST_TEST(!holds(text, "−-"), text);
  BOOST_TEST(holds(text, "∂f/∂x = ∂f/∂v · ∂v/∂u · ∂u/∂x + (−f/u · ∂u/∂x)"), text);
  const Scalar z = r.variable(0.0, "z");
  const Scalar difference = sin(z) - z * log(z);
  const std::string plain = to_text(derivation(difference, {z}));
  BOOST_TEST(!holds(plain, "−1 = -1"), plain);
  BOOST_TEST(holds(plain, "∂v"), plain);
  BOOST_TEST(!holds(plain, "-0\n"), plain);
  // A number is no array, and a vector no column.
  const Tensor w = r.variable(tensor({1.0, 2.0, 3.0, 4.0}, Shape{2, 2}), "W"), b = r.variable(tensor({1.0, -1.0}), "b");
  const std::string arrays = to_text(derivation(sum(tanh(matmul(w, b))), {w}));
  BOOST_TEST(holds(arrays, "v1 = W @ b = [1, 2; 3, 4] @ [1, -1] = [-1, -1]\n"), arrays);
  BOOST_TEST(holds(arrays, "∂y/∂v2 = [1, 1]\n"), arrays);
}

BOOST_AUTO_TEST_CASE(tensors_have_the_rule_in_symbols) {
  Recording r;
  const Tensor a = r.variable(tensor({1.0, 2.0, 3.0, 4.0}, Shape{2, 2}), "A"), x = r.variable(tensor({1.0, -1.0}), "x");
  const Tensor u = tanh(matmul(a, x));
  r.name(u, "u");
  const Tensor f = sum(u * u);
  const Derivation d = derivation(f, {a, x});
  const std::string text = to_text(d);
  BOOST_TEST(holds(text, "∂y/∂u = 2·u = "), text);
  BOOST_TEST(holds(text, "∂y/∂x = Aᵀ @ (∂y/∂u · (1 − u·u))\n"), text);
  BOOST_TEST(holds(text, "∂y/∂A = (∂y/∂u · (1 − u·u)) @ xᵀ\n"), text);
  const std::vector<double> slope = backward(f)[a].to_vector();
  for (std::size_t k = 0; k < slope.size(); ++k)
    BOOST_TEST(d.quantities[d.inputs[0]].adjoint.element(static_cast<std::int64_t>(k)) == slope[k],
               boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(an_element_goes_back_to_its_place) {
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0, 3.0}), "x");
  const Scalar y = log(element(x, {1})) * (1.0 / 3.0);
  const std::string text = to_text(derivation(y, {x}));
  BOOST_TEST(holds(text, "at[1]("), text);
  BOOST_TEST(holds(text, "= [0, 0.166667, 0]"), text);
}

BOOST_AUTO_TEST_CASE(every_format_stands_whatever_the_names) {
  Recording r;
  const Scalar x = r.variable(2.0, "</math><script>alert(1)</script>"), z = r.variable(1.0, "$x_{\\% \"ü∂\n");
  const Scalar u = x * exp(z);
  r.name(u, "a & b");
  const Scalar y = sqrt(u) / (1.0 + u) - abs(z);
  const Derivation d = derivation(y, {x, z});
  const std::string html = to_html(d);
  BOOST_TEST(is_well_formed(html), html);
  BOOST_TEST(!holds(html, "<script"));
  BOOST_TEST(!holds(html, "http"));
  BOOST_TEST(holds(html, "<math display=\"block\">"));
  BOOST_TEST(holds(to_markdown(d), "$$\n\\begin{aligned}\n"));
  const std::string latex = to_latex(d);
  int braces = 0;
  for (std::size_t k = 0; k < latex.size(); ++k) {
    if (k > 0 && latex[k - 1] == '\\') continue;
    braces += latex[k] == '{' ? 1 : latex[k] == '}' ? -1 : 0;
    BOOST_REQUIRE(braces >= 0);
  }
  BOOST_TEST(braces == 0);
  if (std::system("pdflatex --version >/dev/null 2>&1 && kpsewhich amsmath.sty iftex.sty geometry.sty amssymb.sty "
                  "2>/dev/null | grep -c . | grep -q 4") != 0)
    return;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("wengert-derivation-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "d.tex") << latex;
  const std::string command =
      "cd " + folder.string() + " && pdflatex -interaction=nonstopmode -halt-on-error d.tex >/dev/null 2>&1";
  BOOST_TEST(std::system(command.c_str()) == 0, latex);
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(formulas_are_tidy) {
  const Math x = Math::of(0);
  MathNames names;
  names.name = [](std::size_t) { return "x"; };
  const auto text = [&](const Math& math) { return written(math, MathFormat::text, names); };
  BOOST_TEST(text(product_of({Math::number(1), x})) == "x");
  BOOST_TEST(text(product_of({Math::number(-1), x})) == "−x");
  BOOST_TEST(text(product_of({Math::number(0.5), Math::number(2), x})) == "x");
  BOOST_TEST(text(product_of({Math::number(0), x})) == "0");
  BOOST_TEST(text(sum_of({x, x})) == "2·x");
  BOOST_TEST(text(sum_of({x, product_of({Math::number(-1), x})})) == "0");
  BOOST_TEST(text(sum_of({Math::number(1), product_of({Math::number(-1), x})})) == "1 − x");
  const Math negative = product_of({Math::number(-2), x});
  BOOST_TEST(text({.kind = MathKind::product, .parts = {x, negative}}) == "x·(−2·x)");
  BOOST_TEST(text({.kind = MathKind::power, .parts = {negative, Math::number(2)}}) == "(−2·x)²");
  BOOST_TEST(text({.kind = MathKind::quotient, .parts = {sum_of({x, Math::number(1)}), x}}) == "(x + 1)/x");
  BOOST_TEST(written(Math::local(0, 0), MathFormat::latex, names) == "\\frac{\\partial x}{\\partial x}");
}

BOOST_AUTO_TEST_CASE(bad_requests_are_refused) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), z = r.variable(3.0, "z");
  Scalar v = x;
  for (int k = 0; k < 50; ++k) v = sin(v);
  BOOST_CHECK_THROW(static_cast<void>(derivation(v, {x}, {.most_steps = 20})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(derivation(v, {x}, {.digits = 0})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(derivation(v, {})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(derivation(Scalar(1.0), {x})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(derivation(v, {Scalar(1.0)})), ArgumentError);
  const Derivation none = derivation(v, {z});
  BOOST_TEST(none.missing.size() == 1u);
  BOOST_TEST(none.inputs.empty());
  BOOST_TEST(holds(to_text(none), "what it does not depend on"));
  // A statement that fills a page is cut into steps that can be read.
  Recording large;
  const Scalar a = large.variable(0.5, "a");
  Scalar u = a;
  for (int k = 0; k < 30; ++k) u = sin(u) * u;
  large.name(u, "u");
  const Scalar f = u * 2.0;
  BOOST_TEST(derivation(f, {a}).quantities.size() > 30u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
