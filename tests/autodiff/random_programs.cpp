// Random programs, recorded with and without rolling up, with and without locations: values, numeric and recorded
// derivatives to third order, forward and reverse, against an oracle that shares no code with the library.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <map>
#include <sstream>

#include "program.hpp"

namespace wengert::oracle {
namespace {

using Jet = Dual<double, 1>;
using Jet2 = Dual<Jet, 1>;

struct Failure {
  std::string what;
};

void compare(const char* what, double got, double want, double bound) {
  if (got == want || (std::isnan(got) && std::isnan(want)) || std::abs(got - want) <= bound) return;
  std::ostringstream text;
  text.precision(17);
  text << what << ": " << got << ", expected " << want << " ± " << bound;
  throw Failure{text.str()};
}

struct Totals {
  std::uint64_t programs = 0, statements = 0, rolled = 0, gradient_rolled = 0;
};

/// Checks one program recorded one way.
void check(const Program& program, std::uint64_t seed, bool unrolled, bool locations, Totals& totals) {
  Generator random(seed ^ 0x5eedu);
  Recording r(RecordingOptions{.locations = locations});
  // What was learned of the program before clear() must not show.
  for (int rehearsals = random.uniform(0, 3); rehearsals > 0; --rehearsals) {
    const Scalar y = record(program, r, unrolled).back();
    static_cast<void>(backward(y));
    r.clear();
  }
  const std::vector<Scalar> value = record(program, r, unrolled);
  const auto input = [&](std::size_t i) { return program.inputs[i]; };
  const Oracle<double> oracle(program, input);
  const std::size_t inputs = program.inputs.size();
  const double rounding = 1e-15 * (10 + program.size());

  const RecordingStatistics statistics = r.statistics();
  if (unrolled) compare("rolled statements of an unrolled recording", static_cast<double>(statistics.rolled), 0, 0);
  ++totals.programs;
  totals.statements += program.code.size();
  totals.rolled += statistics.rolled;

  for (std::size_t v = 0; v < value.size(); ++v) compare("value", value[v].value(), oracle.value[v], 0);

  // The last value and some in the middle of everything.
  std::vector<int> outputs{program.size() - 1};
  for (int k = 0; k < 2; ++k) outputs.push_back(random.uniform(0, program.size() - 1));
  for (const int output : outputs) {
    const Scalar y = value[static_cast<std::size_t>(output)];
    if (y.is_constant()) continue;
    const std::vector<double> want = oracle.adjoints(output), scale = oracle.adjoints(output, true);
    const Adjoints a = backward(y);
    for (std::size_t v = 0; v < value.size(); ++v)
      if (!value[v].is_constant()) compare("backward", a[value[v]], want[v], rounding * scale[v]);

    const std::size_t i = static_cast<std::size_t>(random.uniform(0, static_cast<int>(inputs) - 1));
    const Tangents t = forward({value[i]}, {1.0});
    compare("forward", t[y], want[i], rounding * scale[i]);
    const std::size_t inner = static_cast<std::size_t>(random.uniform(0, program.size() - 1));
    if (!value[inner].is_constant())
      compare("forward from inside", forward({value[inner]}, {1.0})[y], want[inner], rounding * scale[inner]);

    const std::vector<Scalar> x(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(inputs));
    const std::vector<Scalar> g = gradient(y, x);
    for (std::size_t k = 0; k < inputs; ++k) compare("gradient", g[k].value(), want[k], rounding * scale[k]);
    totals.gradient_rolled += r.statistics().rolled - statistics.rolled;

    // Second order: row i of the Hessian.
    const Oracle<Jet> second(program, [&](std::size_t k) {
      Jet jet(program.inputs[k]);
      jet.d[0] = k == i ? 1 : 0;
      return jet;
    });
    const std::vector<Jet> want2 = second.adjoints(output), scale2 = second.adjoints(output, true);
    const Adjoints a2 = backward(g[i]);
    const std::vector<Scalar> h = gradient(g[i], x);
    const std::size_t j = static_cast<std::size_t>(random.uniform(0, static_cast<int>(inputs) - 1));
    const Tangents t2 = forward({x[j]}, {1.0});
    const auto bound2 = [&](std::size_t k) { return 30 * rounding * (scale2[k].d[0] + scale2[k].v); };
    for (std::size_t k = 0; k < inputs; ++k) {
      compare("backward of gradient", a2[x[k]], want2[k].d[0], bound2(k));
      compare("gradient of gradient", h[k].value(), want2[k].d[0], bound2(k));
    }
    compare("forward of gradient", t2[g[i]], want2[j].d[0], bound2(j));

    if (program.size() > 120) continue;
    const Oracle<Jet2> third(program, [&](std::size_t k) {
      Jet2 jet(program.inputs[k]);
      jet.v.d[0] = k == i ? 1 : 0;
      jet.d[0].v = k == j ? 1 : 0;
      return jet;
    });
    const std::vector<Jet2> want3 = third.adjoints(output), scale3 = third.adjoints(output, true);
    const Adjoints a3 = backward(h[j]);
    for (std::size_t k = 0; k < inputs; ++k) {
      const Jet2& s = scale3[k];
      compare("backward of second gradient", a3[x[k]], want3[k].d[0].d[0],
              1000 * rounding * (s.d[0].d[0] + s.d[0].v + s.v.d[0] + s.v.v));
    }
  }
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_programs)

BOOST_AUTO_TEST_CASE(rolled_and_unrolled_recordings_agree_with_the_oracle) {
  const std::uint64_t count = setting("WENGERT_PROGRAMS", 400), first = setting("WENGERT_SEED", 1);
  Totals totals, unrolled;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 3; ++seed) {
    Generator generator(seed);
    const int most = std::array{6, 20, 60, 150, 400}[seed % 5];
    const Program program = generator(most);
    const char* mode = "";
    try {
      mode = "rolled";
      check(program, seed, false, true, totals);
      mode = "rolled, without locations";
      check(program, seed, false, false, totals);
      mode = "unrolled";
      check(program, seed, true, true, unrolled);
    } catch (const Failure& failure) {
      ++failures;
      BOOST_ERROR("seed " << seed << ", " << mode << ": " << failure.what << "\n"
                          << (program.size() < 80 ? to_string(program) : ""));
    } catch (const std::exception& error) {
      ++failures;
      BOOST_ERROR("seed " << seed << ", " << mode << " threw " << error.what());
    }
  }
  // Without this the test could pass because nothing rolls any more.
  BOOST_TEST_MESSAGE(totals.statements << " statements, " << totals.rolled << " rolled up, " << totals.gradient_rolled
                                       << " of gradients");
  if (failures == 0 && count >= 100) {
    BOOST_TEST(totals.rolled > totals.statements / 10);
    BOOST_TEST(totals.gradient_rolled > 0u);
  }
}

// The oracle itself, against differences: Richardson's extrapolation of central differences.
BOOST_AUTO_TEST_CASE(the_oracle_agrees_with_differences) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Generator generator(seed);
    const Program program = generator(20);
    const Oracle<double> oracle(program, [&](std::size_t i) { return program.inputs[i]; });
    const int output = program.size() - 1;
    const std::vector<double> a = oracle.adjoints(output);
    for (std::size_t i = 0; i < program.inputs.size(); ++i) {
      const auto at = [&](double h) {
        return run<double>(program, [&](std::size_t k) { return program.inputs[k] + (k == i ? h : 0.0); }).back();
      };
      const auto central = [&](double h) { return (at(h) - at(-h)) / (2 * h); };
      const double coarse = central(2e-4), fine = central(1e-4);
      if (std::abs(coarse - fine) > 1e-5 * (1 + std::abs(fine))) continue;  // a kink is near
      BOOST_TEST(std::abs((4 * fine - coarse) / 3 - a[i]) <= 1e-7 * (1 + std::abs(a[i])),
                 "seed " << seed << ", input " << i << ": " << a[i] << ", differences " << fine);
      ++compared;
    }
  }
  BOOST_TEST(compared > 40);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::oracle
