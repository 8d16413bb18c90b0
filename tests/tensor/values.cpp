// Values of tensor operations against plain loops, and what a tensor is.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>

#include "tensor_helpers.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_constant_records_nothing) {
  Recording r;
  const Tensor a = tensor({1, 2, 3}), b = tensor({4, 5, 6});
  const Tensor c = a * b + 1.0;
  BOOST_TEST(c.is_constant());
  BOOST_TEST(c.to_vector() == (std::vector<double>{5, 11, 19}), boost::test_tools::per_element());
  BOOST_TEST(r.statistics().values == 0u);
}

BOOST_AUTO_TEST_CASE(an_operation_records_one_entry) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2, 3}), "a");
  BOOST_TEST(r.statistics().values == 1u);
  const Tensor b = a + a;
  BOOST_TEST(r.statistics().values == 2u);
  BOOST_TEST(!b.is_constant());
  const Tensor c = a * 2.0;  // the number costs no entry
  BOOST_TEST(r.statistics().values == 3u);
  const Tensor d = c + tensor({1.0});  // the constant is broadcast outside the recording
  BOOST_TEST(r.statistics().values == 4u);
  BOOST_TEST(d.to_vector() == (std::vector<double>{3, 5, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_tensor_shares_its_buffer) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2, 3}));
  const Tensor copy = a;
  BOOST_TEST(copy.value().data<double>().data() == a.value().data<double>().data());
  BOOST_TEST(reshape(a, Shape{3, 1}).value().data<double>().data() == a.value().data<double>().data());
}

BOOST_AUTO_TEST_CASE(broadcasting_one_element_costs_nothing) {
  const Tensor t = broadcast(tensor({2.5}, Shape{}), Shape{1000, 1000});
  BOOST_TEST(t.value().is_uniform());
  BOOST_TEST(sin(t).value().is_uniform());
  BOOST_TEST(sum(t).item() == 2.5e6);
}

BOOST_AUTO_TEST_CASE(numbers_take_the_dtype_of_the_tensor) {
  const Tensor t = tensor(std::vector<float>{1, 2}, Shape{2});
  BOOST_TEST((t * 0.1).dtype() == Dtype::f32);
  BOOST_TEST((t * 0.1).to_vector()[0] == static_cast<double>(0.1F));
  BOOST_TEST((2 - t).dtype() == Dtype::f32);
  BOOST_TEST(max(t, 1.5).dtype() == Dtype::f32);
  BOOST_TEST(pow(t, 2).dtype() == Dtype::f32);
  BOOST_TEST(where(t > 1.5, t, 0.0).dtype() == Dtype::f32);
  BOOST_TEST((t > 1.5).dtype() == Dtype::boolean);
}

BOOST_AUTO_TEST_CASE(integers_and_booleans_are_values) {
  const Tensor i = tensor(std::vector<std::int64_t>{1, 2, 3}, Shape{3});
  BOOST_TEST((i == 2).to_vector() == (std::vector<double>{0, 1, 0}), boost::test_tools::per_element());
  BOOST_TEST(convert(i < 3, Dtype::f64).to_vector() == (std::vector<double>{1, 1, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(where(i >= 2, 1.0, 0.0).dtype() == Dtype::f64);
  BOOST_CHECK_THROW((void)(i + i), DtypeError);
  BOOST_CHECK_THROW((void)(i + 1), DtypeError);
  BOOST_CHECK_THROW((void)sin(i), DtypeError);
  BOOST_CHECK_THROW((void)sum(i), DtypeError);
  BOOST_TEST(slice(i, {1}, {3}).to_vector() == (std::vector<double>{2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(convert_rounds_and_refuses) {
  BOOST_TEST(convert(tensor({0.1}), Dtype::f32).to_vector()[0] == static_cast<double>(0.1F));
  BOOST_TEST(convert(tensor({-1.9, 1.9}), Dtype::i32).to_vector() == (std::vector<double>{-1, 1}),
             boost::test_tools::per_element());
  BOOST_TEST(convert(tensor({0.0, -2.0}), Dtype::boolean).to_vector() == (std::vector<double>{0, 1}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW((void)convert(tensor({3e9}), Dtype::i32), DomainError);
  BOOST_CHECK_THROW((void)convert(tensor({std::numeric_limits<double>::quiet_NaN()}), Dtype::i64), DomainError);
}

BOOST_AUTO_TEST_CASE(rank_0_is_not_one_element_of_rank_1) {
  const Tensor zero = tensor({2.0}, Shape{}), one = tensor({2.0});
  BOOST_TEST(zero.rank() == 0u);
  BOOST_TEST(one.rank() == 1u);
  BOOST_TEST((zero + zero).rank() == 0u);
  BOOST_TEST((zero + one).rank() == 1u);
  BOOST_TEST(sum(one).rank() == 0u);
  BOOST_TEST(sum(one, {0}).rank() == 0u);
  BOOST_TEST(sum(one, {0}, Keep::yes).rank() == 1u);
  BOOST_TEST(stack({zero}).rank() == 1u);
  BOOST_TEST(one.item() == 2.0);
}

BOOST_AUTO_TEST_CASE(nothing_of_no_elements_fails) {
  const Tensor none = zeros(Shape{0, 3});
  BOOST_TEST((none + 1.0).size() == 0);
  BOOST_TEST(sin(none).size() == 0);
  BOOST_TEST(sum(none).item() == 0.0);
  BOOST_TEST(sum(none, {0}).to_vector() == (std::vector<double>{0, 0, 0}), boost::test_tools::per_element());
  BOOST_TEST(sum(none, {1}).size() == 0);
  BOOST_TEST(std::isnan(mean(none).item()));
  BOOST_TEST(transpose(none).shape() == (Shape{3, 0}));
  BOOST_TEST(matmul(none, zeros(Shape{3, 2})).shape() == (Shape{0, 2}));
  BOOST_TEST(matmul(zeros(Shape{2, 0}), zeros(Shape{0, 3})).to_vector() == std::vector<double>(6, 0.0),
             boost::test_tools::per_element());
  BOOST_TEST(concatenate({none, ones(Shape{1, 3})}).shape() == (Shape{1, 3}));
  BOOST_TEST(stack({none, none}, 1).shape() == (Shape{0, 2, 3}));
  BOOST_TEST(slice(ones(Shape{2, 3}), {1, 0}, {1, 3}).shape() == (Shape{0, 3}));
  BOOST_TEST(reshape(none, Shape{0}).size() == 0);
  BOOST_TEST(where(none > 0.0, none, 1.0).size() == 0);
  BOOST_CHECK_THROW((void)none.item(), ShapeError);
}

BOOST_AUTO_TEST_CASE(permute_moves_every_element) {
  std::mt19937 random(1);
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{17, 33, 2}, Shape{3, 1, 40, 21}, Shape{70, 41}})
    for (const Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::i64}) {
      const Tensor x = dtype == Dtype::i64 ? convert(1000.0 * random_tensor({Dtype::f64, shape}, random), dtype)
                                           : random_tensor({dtype, shape}, random);
      std::vector<std::int64_t> axes(shape.rank());
      for (std::size_t k = 0; k < axes.size(); ++k) axes[k] = static_cast<std::int64_t>(k);
      const auto from = x.to_vector();
      do {
        const Tensor y = permute(x, axes);
        const auto to = y.to_vector();
        bool same = true;
        for (std::int64_t i = 0; i < y.size(); ++i) {
          const auto index = index_at(y.shape(), i);
          std::vector<std::int64_t> source(index.size());
          for (std::size_t k = 0; k < index.size(); ++k) source[static_cast<std::size_t>(axes[k])] = index[k];
          same = same && to[static_cast<std::size_t>(i)] == from[static_cast<std::size_t>(position_of(shape, source))];
        }
        BOOST_TEST(same, to_string(shape));
      } while (std::next_permutation(axes.begin(), axes.end()));
    }
}

BOOST_AUTO_TEST_CASE(slice_and_embed_place_elements) {
  std::mt19937 random(2);
  const Tensor x = random_tensor({Dtype::f64, Shape{5, 7, 3}}, random);
  const Tensor y = slice(x, {1, 0, 2}, {5, 7, 3}, {2, 3, 1});
  BOOST_TEST(y.shape() == (Shape{2, 3, 1}));
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      BOOST_TEST(element(y, {i, j, 0}).value() == element(x, {1 + 2 * i, 3 * j, 2}).value());
  const Tensor z = embed(y, x.shape(), {1, 0, 2}, {2, 3, 1});
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto at = index_at(x.shape(), i);
    const bool taken = at[0] % 2 == 1 && at[1] % 3 == 0 && at[2] == 2;
    BOOST_TEST(z.value().element(i) == (taken ? x.value().element(i) : 0.0));
  }
  const Tensor f = convert(x, Dtype::f32);
  BOOST_TEST(slice_along(f, -1, 1, 3).value().element(1) == f.value().element(2));
}

BOOST_AUTO_TEST_CASE(stack_and_concatenate_join) {
  const Tensor a = tensor({1, 2}), b = tensor({3, 4});
  BOOST_TEST(stack({a, b}).to_vector() == (std::vector<double>{1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(stack({a, b}, 1).to_vector() == (std::vector<double>{1, 3, 2, 4}), boost::test_tools::per_element());
  BOOST_TEST(stack({a, b}, -1).to_vector() == (std::vector<double>{1, 3, 2, 4}), boost::test_tools::per_element());
  const Tensor m = tensor({1, 2, 3, 4}, Shape{2, 2});
  BOOST_TEST(concatenate({m, reshape(b, Shape{2, 1})}, 1).to_vector() == (std::vector<double>{1, 2, 3, 3, 4, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(concatenate({m, full(Shape{1, 2}, 7.0)}).to_vector() == (std::vector<double>{1, 2, 3, 4, 7, 7}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sum_adds_along_any_axes) {
  std::mt19937 random(3);
  const Shape shape{3, 2, 130, 5};
  const Tensor x = random_tensor({Dtype::f64, shape}, random);
  const auto from = x.to_vector();
  for (unsigned mask = 0; mask < 16; ++mask) {
    std::vector<std::int64_t> axes, kept;
    for (std::size_t axis = 0; axis < 4; ++axis) {
      if (mask >> axis & 1u)
        axes.push_back(static_cast<std::int64_t>(axis));
      else
        kept.push_back(shape[axis]);
    }
    const Tensor y = sum(x, axes);
    const Shape wanted{std::span<const std::int64_t>(kept)};
    BOOST_TEST(y.shape() == wanted);
    std::vector<double> sums(static_cast<std::size_t>(wanted.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
      std::vector<std::int64_t> to;
      const auto index = index_at(shape, i);
      for (std::size_t axis = 0; axis < 4; ++axis)
        if (!(mask >> axis & 1u)) to.push_back(index[axis]);
      sums[static_cast<std::size_t>(position_of(wanted, to))] += from[static_cast<std::size_t>(i)];
    }
    const auto got = y.to_vector();
    for (std::size_t i = 0; i < sums.size(); ++i) BOOST_TEST(std::abs(got[i] - sums[i]) < 1e-12);
  }
}

// Trap T19: ten million f32 of 0.1 added one after the other give 1087937; the true sum is 1000000.0149.
BOOST_AUTO_TEST_CASE(long_sums_of_f32_keep_their_digits) {
  const std::int64_t count = 10'000'000;
  const std::vector<float> values(static_cast<std::size_t>(count), 0.1F);
  const double exact = static_cast<double>(count) * static_cast<double>(0.1F);
  const Tensor x = tensor(values, Shape{count});
  BOOST_TEST(std::abs(sum(x).item() - exact) < 2e-7 * exact);
  const Tensor columns = sum(reshape(x, Shape{count / 4, 4}), {0});
  for (const double column : columns.to_vector()) BOOST_TEST(std::abs(column - exact / 4) < 2e-7 * exact / 4);
}

BOOST_AUTO_TEST_CASE(matmul_follows_numpys_rules) {
  std::mt19937 random(4);
  const auto check = [&](const Shape& a_shape, const Shape& b_shape, const Shape& wanted, Dtype dtype) {
    const Tensor a = random_tensor({dtype, a_shape}, random), b = random_tensor({dtype, b_shape}, random);
    const Tensor c = matmul(a, b);
    BOOST_TEST(c.shape() == wanted, to_string(a_shape)
                                        << " by " << to_string(b_shape) << " gives " << to_string(c.shape()));
    BOOST_TEST(c.dtype() == dtype);
    const std::int64_t inner = a_shape[a_shape.rank() - 1];
    for (std::int64_t i = 0; i < c.size(); ++i) {
      auto index = index_at(wanted, i);
      const std::int64_t column = b_shape.rank() == 1 ? 0 : index.back();
      if (b_shape.rank() > 1) index.pop_back();
      const std::int64_t row = a_shape.rank() == 1 ? 0 : index.back();
      if (a_shape.rank() > 1) index.pop_back();
      double sum = 0;
      for (std::int64_t p = 0; p < inner; ++p) {
        const auto lead = [&](const Shape& s) {
          return s.rank() <= 2 ? std::int64_t{0} : source_of(Shape(s.extents().first(s.rank() - 2)), index);
        };
        const std::int64_t a_at =
            lead(a_shape) * (a_shape.rank() > 1 ? a_shape[a_shape.rank() - 2] : 1) * inner + row * inner + p;
        const std::int64_t columns = b_shape.rank() == 1 ? 1 : b_shape[b_shape.rank() - 1];
        const std::int64_t b_at = lead(b_shape) * inner * columns + p * columns + column;
        sum += a.value().element(a_at) * b.value().element(b_at);
      }
      BOOST_TEST(std::abs(c.value().element(i) - sum) <
                 (dtype == Dtype::f32 ? 1e-5 : 1e-13) * static_cast<double>(inner));
    }
  };
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    check({2, 3}, {3, 4}, {2, 4}, dtype);
    check({20, 33}, {33, 17}, {20, 17}, dtype);
    check({20, 33}, {33}, {20}, dtype);
    check({33}, {33, 5}, {5}, dtype);
    check({33}, {33}, {}, dtype);
    check({1, 40}, {40, 30}, {1, 30}, dtype);
    check({30, 40}, {40, 1}, {30, 1}, dtype);
    check({2, 5, 3, 4}, {4, 6}, {2, 5, 3, 6}, dtype);
    check({2, 3, 4}, {2, 4, 5}, {2, 3, 5}, dtype);
    check({2, 1, 3, 4}, {5, 4, 2}, {2, 5, 3, 2}, dtype);
    check({3, 4}, {2, 4, 5}, {2, 3, 5}, dtype);
    check({4}, {2, 4, 5}, {2, 5}, dtype);
    check({2, 3, 4}, {4}, {2, 3}, dtype);
  }
}

BOOST_AUTO_TEST_CASE(matmul_gives_the_same_bits_every_time) {
  std::mt19937 random(5);
  const Tensor a = random_tensor({Dtype::f32, Shape{150, 200}}, random),
               b = random_tensor({Dtype::f32, Shape{200, 130}}, random);
  const Tensor c = matmul(a, b);
  for (int k = 0; k < 5; ++k) BOOST_TEST((matmul(a, b).value() == c.value()));
}

BOOST_AUTO_TEST_SUITE_END()
