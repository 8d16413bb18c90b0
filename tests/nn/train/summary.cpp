// Summaries: rows from scopes, parameters, memory and operations of one forward pass; the table.

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"
#include "wengert/nn/train/summary.hpp"

namespace {

using namespace wengert;
using nn::Random;

struct Mlp {
  nn::Linear hidden, out;
  static auto members(auto& self) { return std::tie(self.hidden, self.out); }
  static constexpr std::array names{"hidden", "out"};
  Tensor operator()(const Tensor& x) const { return out(relu(hidden(x))); }
};

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(a_row_for_each_layer_and_for_what_lies_between) {
  Random random(1);
  const Mlp model{nn::Linear(784, 100, random), nn::Linear(100, 10, random)};
  const nn::Summary s = nn::summarise(model, zeros({32, 784}, Dtype::f32));
  BOOST_TEST_REQUIRE(s.rows.size() == 3u);
  BOOST_TEST(s.rows[0].name == "hidden");
  BOOST_TEST(s.rows[0].kind == "Linear");
  BOOST_TEST(to_string(s.rows[0].output) == "f32[32,100]");
  BOOST_TEST(s.rows[0].parameter_count == 78500);
  BOOST_TEST(s.rows[0].parameters == (std::vector<std::string>{"hidden.weight", "hidden.bias"}),
             boost::test_tools::per_element());
  BOOST_TEST(s.rows[1].name == "");
  BOOST_TEST(s.rows[1].kind == "(relu)");
  BOOST_TEST(s.rows[1].activation_bytes == 32 * 100 * 4);
  BOOST_TEST(s.rows[1].flops == 3200);
  BOOST_TEST(s.rows[2].name == "out");
  BOOST_TEST(s.rows[2].flops == 2.0 * 32 * 100 * 10 + 320);  // the product, and the bias
  BOOST_TEST(s.rows[0].flops == 2.0 * 32 * 784 * 100 + 3200);

  BOOST_TEST(s.parameter_count == nn::parameter_count(model));
  BOOST_TEST(s.parameter_bytes == 4 * s.parameter_count);
  BOOST_TEST(s.trained_count == s.parameter_count);
  BOOST_TEST(to_string(s.input) == "f32[32,784]");
  BOOST_TEST(to_string(s.output) == "f32[32,10]");
  BOOST_TEST(s.unused.empty());
  double flops = 0;
  std::int64_t bytes = 0, count = 0;
  for (const auto& row : s.rows) flops += row.flops, bytes += row.activation_bytes, count += row.parameter_count;
  BOOST_TEST(flops == s.flops);
  BOOST_TEST(bytes == s.activation_bytes);
  BOOST_TEST(count == s.parameter_count);
}

/// The operations of everything that y needs.
double flops_of(Recording& r, const Tensor& y) {
  const Expansion e = expand(r, {y}, {.merge_duplicates = false});
  double sum = 0;
  for (graph::NodeId node = 0; node < e.graph.size(); ++node) sum += nn::flops_of(e.graph, node);
  return sum;
}

BOOST_AUTO_TEST_CASE(operations_are_counted_as_documented) {
  Recording r;
  const Tensor a = r.variable(ones({2, 3, 4}), "a"), b = r.variable(ones({2, 4, 5}), "b");
  const Tensor picture = r.variable(ones({2, 4, 6, 6}), "x"), filter = r.variable(ones({6, 2, 3, 3}), "w");
  BOOST_TEST(flops_of(r, matmul(a, b)) == 2.0 * 2 * 3 * 4 * 5);
  BOOST_TEST(flops_of(r, matmul_transposed(r.variable(ones({3, 4})), r.variable(ones({5, 4})))) == 2.0 * 3 * 4 * 5);
  BOOST_TEST(flops_of(r, a * a) == 24.0);
  BOOST_TEST(flops_of(r, tanh(a)) == 24.0);
  BOOST_TEST(flops_of(r, sum(a, {1})) == 24.0);
  BOOST_TEST(flops_of(r, reshape(permute(a, {2, 0, 1}), {24})) == 0.0);
  // Two groups: each of 2·6·4·4 outputs sees 2·3·3 elements.
  BOOST_TEST(flops_of(r, conv2d(picture, filter, {.groups = 2})) == 2.0 * (2 * 6 * 4 * 4) * (2 * 3 * 3));
  BOOST_TEST(flops_of(r, avg_pool2d(picture, {2, 2})) == 2.0 * 4 * 3 * 3 * 4);
  // Transposed: each element of the input meets 3·3·3 elements of the filter.
  const Tensor wide = r.variable(ones({4, 3, 3, 3}), "v");
  BOOST_TEST(flops_of(r, conv_transpose2d(picture, wide)) == 2.0 * (2 * 4 * 6 * 6) * (3 * 3 * 3));
}

BOOST_AUTO_TEST_CASE(what_shares_elements_takes_no_memory) {
  Random random(1);
  const Mlp model{nn::Linear(4, 3, random, {.dtype = Dtype::f64}), nn::Linear(3, 2, random, {.dtype = Dtype::f64})};
  Recording r;
  Mlp live = nn::lifted(model, r);
  const Tensor x = r.variable(ones({5, 4}), "x"), y = live(x), flat = reshape(y, {10});
  const auto plain = nn::summarise(r, y, nn::parameters(live)), reshaped = nn::summarise(r, flat, nn::parameters(live));
  BOOST_TEST(plain.activation_bytes == reshaped.activation_bytes);
  BOOST_TEST(reshaped.rows.back().kind == "(reshape)");
}

/// Calls one layer twice, and another never.
struct Shared {
  nn::Linear twice, never;
  static auto members(auto& self) { return std::tie(self.twice, self.never); }
  static constexpr std::array names{"twice", "never"};
  Tensor operator()(const Tensor& x) const { return twice(twice(x)); }
};

BOOST_AUTO_TEST_CASE(a_layer_called_twice_is_one_row_and_one_never_called_is_named) {
  Random random(1);
  const Shared model{nn::Linear(4, 4, random), nn::Linear(2, 2, random)};
  const nn::Summary s = nn::summarise(model, zeros({3, 4}, Dtype::f32));
  BOOST_TEST_REQUIRE(s.rows.size() == 1u);
  BOOST_TEST(s.rows[0].calls == 2);
  BOOST_TEST(s.rows[0].parameter_count == 20);
  BOOST_TEST(s.parameter_count == 26);
  BOOST_TEST(s.unused == (std::vector<std::string>{"never.weight", "never.bias"}), boost::test_tools::per_element());
  BOOST_TEST(to_string(s).find("does not depend on never.weight never.bias") != std::string::npos);
  BOOST_TEST(to_string(s).find("Linear ×2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(rows_lie_in_rows) {
  Recording r;
  const Tensor x = r.variable(ones({4}), "x");
  Tensor y;
  {
    const auto block = r.scope("block");
    Tensor inner;
    {
      const auto layer = r.scope("layer");
      inner = tanh(x);
    }
    y = inner + x;
  }
  const nn::Summary s = nn::summarise(r, y, {});
  BOOST_TEST_REQUIRE(s.rows.size() == 2u);
  BOOST_TEST(s.rows[0].kind == "block");
  BOOST_TEST(s.rows[0].depth == 0u);
  BOOST_TEST(s.rows[0].flops == 4.0);
  BOOST_TEST(s.rows[1].kind == "layer");
  BOOST_TEST(s.rows[1].depth == 1u);
  BOOST_TEST(s.flops == 8.0);
}

BOOST_AUTO_TEST_CASE(a_constant_output_has_no_rows) {
  const nn::Summary s = nn::summarise(Recording{}, ones({2}), {});
  BOOST_TEST(s.rows.empty());
  BOOST_TEST(to_string(s.output) == "f64[2]");
}

BOOST_AUTO_TEST_CASE(the_table) {
  Random random(1);
  const Mlp model{nn::Linear(784, 100, random), nn::Linear(100, 10, random)};
  BOOST_TEST(to_string(nn::summarise(model, zeros({32, 784}, Dtype::f32))) ==
             "layer   kind    output    parameters  activations   FLOPs\n"
             "---------------------------------------------------------\n"
             "hidden  Linear  [32,100]      78 500     37.5 KiB   5.0 M\n"
             "        (relu)  [32,100]                 12.5 KiB   3.2 k\n"
             "out     Linear  [32,10]        1 010      3.8 KiB  64.3 k\n"
             "---------------------------------------------------------\n"
             "total           [32,10]       79 510     53.8 KiB   5.1 M\n"
             "parameters: 310.6 KiB\n");
  nn::Summary long_names = nn::summarise(model, zeros({32, 784}, Dtype::f32));
  long_names.rows[0].name = "a_very_long_name_of_a_block.and_of_a_layer_in_it.that_says_much";
  const std::string table = to_string(long_names, 72);
  for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
    end = table.find('\n', at);
    BOOST_TEST(std::min(end, table.size()) - at <= 74u);  // an ellipsis takes three bytes
  }
  BOOST_TEST(table.find("…") != std::string::npos);
  BOOST_TEST(table.find("says_much") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_as_the_table_writes_them) {
  BOOST_TEST(nn::counted(0) == "0");
  BOOST_TEST(nn::counted(999) == "999");
  BOOST_TEST(nn::counted(235146) == "235 146");
  BOOST_TEST(nn::counted(1234567) == "1 234 567");
  BOOST_TEST(nn::as_bytes(1023) == "1023 B");
  BOOST_TEST(nn::as_bytes(1536) == "1.5 KiB");
  BOOST_TEST(nn::as_flops(999) == "999");
  BOOST_TEST(nn::as_flops(25.7e6) == "25.7 M");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
