// The front functions that reduce over axes: axes, Keep, shapes, dtypes, and values against plain loops.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <limits>

#include "naive.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

using Row = std::vector<double>;

struct Reduction {
  const char* name;
  Tensor (*over)(const Tensor&, const Indices&, Keep);
  Tensor (*all)(const Tensor&);
  double (*naive)(const Row&);
};

double mean_of(const Row& e) {
  double s = 0;
  for (const double x : e) s += x;
  return s / static_cast<double>(e.size());
}
double variance_of(const Row& e) {
  double s = 0;
  const double m = mean_of(e);
  for (const double x : e) s += (x - m) * (x - m);
  return s / static_cast<double>(e.size());
}

const Reduction reductions[]{
    {"sum", [](const Tensor& x, const Indices& a, Keep k) { return sum(x, a, k); },
     [](const Tensor& x) { return sum(x); }, [](const Row& e) { return mean_of(e) * static_cast<double>(e.size()); }},
    {"mean", [](const Tensor& x, const Indices& a, Keep k) { return mean(x, a, k); },
     [](const Tensor& x) { return mean(x); }, mean_of},
    {"prod", [](const Tensor& x, const Indices& a, Keep k) { return prod(x, a, k); },
     [](const Tensor& x) { return prod(x); }, [](const Row& e) { return naive_reduction("prod")(e); }},
    {"amax", [](const Tensor& x, const Indices& a, Keep k) { return amax(x, a, k); },
     [](const Tensor& x) { return amax(x); }, [](const Row& e) { return naive_reduction("amax")(e); }},
    {"amin", [](const Tensor& x, const Indices& a, Keep k) { return amin(x, a, k); },
     [](const Tensor& x) { return amin(x); }, [](const Row& e) { return naive_reduction("amin")(e); }},
    {"variance", [](const Tensor& x, const Indices& a, Keep k) { return variance(x, a, k); },
     [](const Tensor& x) { return variance(x); }, variance_of},
    {"stddev", [](const Tensor& x, const Indices& a, Keep k) { return stddev(x, a, k); },
     [](const Tensor& x) { return stddev(x); }, [](const Row& e) { return std::sqrt(variance_of(e)); }},
    {"norm", [](const Tensor& x, const Indices& a, Keep k) { return norm(x, a, k); },
     [](const Tensor& x) { return norm(x); }, [](const Row& e) { return naive_reduction("norm")(e); }},
    {"logsumexp", [](const Tensor& x, const Indices& a, Keep k) { return logsumexp(x, a, k); },
     [](const Tensor& x) { return logsumexp(x); }, [](const Row& e) { return naive_reduction("logsumexp")(e); }},
};

void close(const std::string& what, const Row& got, const Row& wanted, double tolerance) {
  BOOST_REQUIRE_MESSAGE(got.size() == wanted.size(), what);
  for (std::size_t i = 0; i < got.size(); ++i)
    BOOST_TEST(std::abs(got[i] - wanted[i]) <= tolerance * (1 + std::abs(wanted[i])),
               what << ", element " << i << ": " << got[i] << " for " << wanted[i]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reductions_over_axes)

BOOST_AUTO_TEST_CASE(any_axes_in_any_order_kept_or_not) {
  std::mt19937 random(21);
  for (const Reduction& reduction : reductions) {
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      const Shape shape{3, 2, 17, 4};
      const Tensor x = random_tensor({dtype, shape}, random);
      const Naive from = naive(x);
      for (unsigned mask = 0; mask < 16; ++mask) {
        Index axes, given, kept, ones;
        for (std::size_t axis = 0; axis < 4; ++axis) {
          const auto a = static_cast<std::int64_t>(axis);
          const bool reduced = mask >> axis & 1u;
          if (reduced) {
            axes.push_back(a);
            given.insert(given.begin(), axis % 2 == 0 ? a : a - 4);  // the last first; some counted from the end
          } else {
            kept.push_back(shape[axis]);
          }
          ones.push_back(reduced ? 1 : shape[axis]);
        }
        const std::string what = std::string(reduction.name) + " over " + to_string(Indices(axes));
        const Tensor y = reduction.over(x, given, Keep::no), with_ones = reduction.over(x, given, Keep::yes);
        BOOST_TEST(y.shape() == Shape(std::span<const std::int64_t>(kept)), what);
        BOOST_TEST(with_ones.shape() == Shape(std::span<const std::int64_t>(ones)), what);
        BOOST_TEST(y.dtype() == dtype, what);
        Row wanted;
        for_each_index(y.shape(), [&](const Index& i) {
          wanted.push_back(reduction.naive(group_of(from, unreduced(i, 4, axes), axes)));
        });
        const double tolerance = dtype == Dtype::f32 ? 1e-5 : 1e-13;
        close(what, y.to_vector(), wanted, tolerance);
        close(what, with_ones.to_vector(), wanted, tolerance);
      }
      close(reduction.name, reduction.all(x).to_vector(), {reduction.naive(from.at)},
            dtype == Dtype::f32 ? 1e-4 : 1e-13);
    }
  }
}

BOOST_AUTO_TEST_CASE(rank_0_and_one_element_stay_what_they_are) {
  for (const Reduction& reduction : reductions) {
    const Tensor zero = tensor({-2.0}, Shape{}), one = tensor({-2.0});
    const double wanted = reduction.naive({-2.0});
    for (const Tensor& y :
         {reduction.all(zero), reduction.over(zero, {}, Keep::no), reduction.over(zero, {}, Keep::yes),
          reduction.all(one), reduction.over(one, {0}, Keep::no)}) {
      BOOST_TEST(y.rank() == 0u, reduction.name);
      BOOST_TEST(y.item() == wanted, reduction.name);
    }
    BOOST_TEST(reduction.over(one, {0}, Keep::yes).shape() == (Shape{1}), reduction.name);
    BOOST_TEST(reduction.over(one, {}, Keep::no).shape() == (Shape{1}), reduction.name);
  }
}

BOOST_AUTO_TEST_CASE(extents_of_0_beside_the_axes) {
  for (const Reduction& reduction : reductions) {
    const Tensor none = zeros(Shape{0, 3, 2}, Dtype::f32);
    BOOST_TEST(reduction.over(none, {1}, Keep::no).type() == (Type{Dtype::f32, Shape{0, 2}}), reduction.name);
    BOOST_TEST(reduction.over(none, {1, 2}, Keep::yes).type() == (Type{Dtype::f32, Shape{0, 1, 1}}), reduction.name);
  }
}

BOOST_AUTO_TEST_CASE(dtypes_are_kept_and_integers_refused) {
  const Tensor whole = tensor(std::vector<std::int64_t>{1, 2}, Shape{2}), truth = tensor({1, 2}) > 1.5;
  for (const Reduction& reduction : reductions) {
    BOOST_CHECK_THROW((void)reduction.all(whole), DtypeError);
    BOOST_CHECK_THROW((void)reduction.over(truth, {0}, Keep::yes), DtypeError);
    BOOST_CHECK_THROW((void)reduction.over(tensor({1, 2}), {1}, Keep::no), ShapeError);
    BOOST_CHECK_THROW((void)reduction.over(tensor({1, 2}), {0, -1}, Keep::no), ShapeError);
    BOOST_CHECK_THROW((void)reduction.over(tensor({1}, Shape{}), {0}, Keep::no), ShapeError);
  }
  for (const auto& f : {softmax, log_softmax}) {
    const auto here = std::source_location::current();
    BOOST_TEST(f(ones(Shape{2}, Dtype::f32), {-1}, here).dtype() == Dtype::f32);
    BOOST_CHECK_THROW((void)f(whole, {0}, here), DtypeError);
    BOOST_CHECK_THROW((void)f(tensor({1}, Shape{}), {-1}, here), ShapeError);
  }
  BOOST_CHECK_THROW((void)cumsum(whole, 0), DtypeError);
  BOOST_CHECK_THROW((void)cumsum(tensor({1}, Shape{}), 0), ShapeError);
}

// `max(x, 1)` is no reduction over axis 1.
BOOST_AUTO_TEST_CASE(a_number_beside_a_tensor_is_a_value_not_an_axis) {
  const Tensor x = tensor({0, 5, -3, 1}, Shape{2, 2});
  close("max", max(x, 1).to_vector(), {1, 5, 1, 1}, 0);
  close("min", min(x, 0).to_vector(), {0, 0, -3, 0}, 0);
  close("amax", amax(x, {1}).to_vector(), {5, 1}, 0);
  close("amin", amin(x, {0}).to_vector(), {-3, 1}, 0);
}

BOOST_AUTO_TEST_CASE(a_reduction_that_fails_records_nothing) {
  Recording r({.last_id = 4});
  const Tensor x = r.variable(ones(Shape{2, 3})), other = r.variable(ones(Shape{2, 3}));
  BOOST_CHECK_THROW((void)variance(x, {0}), CapacityError);
  BOOST_CHECK_THROW((void)stddev(x), CapacityError);
  BOOST_CHECK_THROW((void)trace(x), CapacityError);
  BOOST_TEST(r.statistics().values == 2u);
  BOOST_TEST(prod(x, {1}, Keep::yes).shape() == (Shape{2, 1}));
  BOOST_TEST(r.statistics().values == 4u);
}

BOOST_AUTO_TEST_CASE(softmax_over_several_axes_sums_to_one) {
  std::mt19937 random(22);
  const Tensor x = random_tensor({Dtype::f64, Shape{3, 4, 5}}, random);
  for (const Indices& axes : {Indices{-1}, Indices{1}, Indices{0, 2}, Indices{2, 0, 1}, Indices{}}) {
    const Tensor y = softmax(x, axes);
    for (const double s : sum(y, axes).to_vector()) BOOST_TEST(std::abs(s - 1) < 1e-14);
    close("log", exp(log_softmax(x, axes)).to_vector(), y.to_vector(), 1e-14);
    close("logsumexp", (x - broadcast(logsumexp(x, axes, Keep::yes), x.shape())).to_vector(),
          log_softmax(x, axes).to_vector(), 1e-14);
  }
  close("softmax by default", softmax(x).to_vector(), softmax(x, {2}).to_vector(), 0);
}

BOOST_AUTO_TEST_CASE(running_sums) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3});
  close("rows", cumsum(x, 1).to_vector(), {1, 3, 6, 4, 9, 15}, 0);
  close("columns", cumsum(x, 0).to_vector(), {1, 2, 3, 5, 7, 9}, 0);
  close("from the end", cumsum(x, -1).to_vector(), {1, 3, 6, 4, 9, 15}, 0);
  Recording r;
  const Tensor v = r.variable(x);
  close("reverse", backward(cumsum(v, 1), x)[v].to_vector(), {6, 5, 3, 15, 11, 6}, 0);
  // f32 is added up in f64: of ten million 0.1, one after the other in f32, 1087937 is left.
  const std::int64_t n = 10'000'000;
  const Tensor y = cumsum(full(Shape{n}, 0.1, Dtype::f32), 0);
  BOOST_TEST(std::abs(y.value().element(n - 1) / (static_cast<double>(n) * static_cast<double>(0.1F)) - 1) < 1e-7);
}

BOOST_AUTO_TEST_CASE(the_trace_is_the_sum_of_the_diagonal) {
  const Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3});
  BOOST_TEST(trace(x).item() == 6.0);
  BOOST_TEST(trace(x, 1).item() == 8.0);
  BOOST_TEST(trace(x, -1).item() == 4.0);
  BOOST_TEST(trace(x, 3).item() == 0.0);
  close("matrices", trace(stack({x, 10.0 * x})).to_vector(), {6, 60}, 0);
  BOOST_TEST(trace(zeros(Shape{2, 0, 3})).shape() == (Shape{2}));
}

BOOST_AUTO_TEST_SUITE_END()
