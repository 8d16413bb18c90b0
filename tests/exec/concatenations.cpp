// Concatenations whose operands are computed where they lie in the result.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// Runs the program twice, and compares all of its outputs with what was recorded, to the last bit.
std::string checked_report(const Recording& r, const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
  const Program p(r, inputs, outputs, {.exact = true});
  Program::Workspace w(p);
  for (int run = 0; run < 2; ++run) {
    for (std::size_t k = 0; k < inputs.size(); ++k) w.set(k, inputs[k]);
    p.run(w);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      BOOST_TEST(largest_difference(w.get(k), outputs[k]) == 0.0, "run " << run << ", output " << k << "\n"
                                                                         << p.report());
  }
  return p.report();
}
bool has(const std::string& report, const char* what) { return report.find(what) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(concatenations)

BOOST_AUTO_TEST_CASE(what_is_computed_is_written_to_its_place) {
  for (const std::int64_t width : {8, 7}) {  // rows that begin at whole lines of memory, and rows that do not
    Recording r;
    const Tensor x = r.variable(random_tensor({1, width})), w = r.variable(random_tensor({width, width}));
    const Tensor a = tanh(x), b = matmul(a, w), c = exp(matmul(b, w));
    const std::string report = checked_report(r, {x, w}, {concatenate({a, b, c}, 0)});
    BOOST_TEST(!has(report, "concatenate"), report);
    BOOST_TEST(has(report, "copy") == (width == 7), report);
  }
}

BOOST_AUTO_TEST_CASE(what_is_read_elsewhere_or_twice_or_is_no_result_is_right) {
  Recording r;
  const Tensor x = r.variable(random_tensor({4, 16})), w = r.variable(random_tensor({16, 16}));
  const Tensor a = matmul(x, w), b = tanh(a);
  const Tensor ones = tensor(std::vector<double>(64, 1.0), Shape{4, 16});
  const Tensor first = concatenate({a, b, a}, 0);      // one operand twice
  const Tensor second = concatenate({b, x, ones}, 0);  // in two results; an input; a constant
  const Tensor nested = concatenate({exp(first), second, b}, 0);
  const Tensor after = sin(a) + b;  // a part is read behind the concatenation
  checked_report(r, {x, w}, {first, second, nested, after, a, matmul(nested, w)});
  checked_report(r, {x, w}, {matmul(concatenate({reshape(a, {8, 8}), reshape(b, {8, 8})}, 0), random_tensor({8, 3}))});
}

BOOST_AUTO_TEST_CASE(results_that_are_written_over_are_those_that_nobody_reads_any_more) {
  Recording r;
  const Tensor x = r.variable(random_tensor({8, 32}));
  const Tensor a = exp(matmul(x, permute(x, {1, 0}))), b = matmul(a, a);
  const Tensor joined = concatenate({a, b}, 0);
  const Tensor over = tanh(joined) * 2.0;  // may take the place of `joined`, in which a lies
  const Tensor late = matmul(over, a);     // which is read again
  checked_report(r, {x}, {over, late, matmul(b, b)});
  checked_report(r, {x}, {late});
}

BOOST_AUTO_TEST_CASE(along_an_inner_axis_it_is_a_step_of_its_own) {
  Recording r;
  const Tensor x = r.variable(random_tensor({4, 16}));
  const Tensor a = tanh(x), b = matmul(a, permute(a, {1, 0}));
  BOOST_TEST(has(checked_report(r, {x}, {concatenate({a, b}, 1)}), "concatenate"));
}

BOOST_AUTO_TEST_SUITE_END()
