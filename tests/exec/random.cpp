// Programs against evaluate() on random programs with their gradients and a second derivative, of Scalars and of
// tensors: as recorded, with the exact passes, and with all of them.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/tests/passes/samples.hpp"
#include "wengert/tests/support/environment.hpp"
#include "wengert/tests/support/running_error.hpp"

namespace wengert::test {
namespace {

struct Variant {
  const char* name;
  ProgramOptions options;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(random_programs)

BOOST_AUTO_TEST_CASE(a_program_gives_what_its_graph_gives) {
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_PROGRAMS", 1000);
  const std::vector<Variant> variants{
      {"as recorded", {.passes = false}}, {"exact passes", {.exact = true}}, {"all passes", {}}};
  Counts counts;
  std::uint64_t scalar = 0, fused = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Computation c = random_computation(seed, true);
    const RunningError errors(c.expansion);
    if (!errors.meaningful()) continue;
    const std::vector<Array> want = evaluate(c.graph(), c.inputs);
    const auto outputs = c.graph().outputs();
    for (const Variant& variant : variants) {
      const std::string where = "program " + std::to_string(seed) + ", " + variant.name;
      const Program p(c.graph(), variant.options);
      Program::Workspace w(p);
      for (std::size_t k = 0; k < c.inputs.size(); ++k) w.set(k, c.inputs[k]);
      // Twice: nothing of the first run may be left.
      for (int run = 0; run < 2; ++run) {
        p.run(w);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
          const Tensor got = w.get(k);
          BOOST_TEST_REQUIRE((got.type() == want[k].type() || got.size() == 1), where);
          if (!is_real(want[k].dtype())) continue;
          for (std::int64_t i = 0; i < want[k].size(); ++i)
            counts.compare("programs", got.value().element(i), want[k].element(i),
                           errors.allowed(outputs[k], static_cast<std::size_t>(i)), where);
        }
      }
      if (!p.is_scalar()) {
        ++fused;
        continue;
      }
      // The same sample in a batch, wherever it stands: the bits of one are those of all.
      ++scalar;
      constexpr std::size_t n = 37;
      std::vector<double> x(n * c.inputs.size()), y(n * outputs.size());
      for (std::size_t k = 0; k < c.inputs.size(); ++k)
        for (std::size_t i = 0; i < n; ++i) x[k * n + i] = c.inputs[k].element(0);
      p.run_batch(w, x, y, n);
      for (std::size_t k = 0; k < outputs.size(); ++k) {
        counts.compare("batches", y[k * n], want[k].element(0), errors.allowed(outputs[k], 0), where + ", batch");
        for (std::size_t i = 1; i < n; ++i)
          BOOST_TEST_REQUIRE((y[k * n + i] == y[k * n] || (std::isnan(y[k * n]) && std::isnan(y[k * n + i]))), where);
      }
    }
  }
  for (const std::string& text : counts.mismatches) BOOST_ERROR(text);
  BOOST_TEST(counts.mismatch_count == 0u);
  BOOST_TEST(counts.checks["programs"] > 50 * count);
  BOOST_TEST(scalar > count / 3);
  BOOST_TEST(fused > count / 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
