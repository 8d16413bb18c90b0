// The front functions that choose, place and order elements: NumPy's rules, shapes, dtypes, bounds.
#include <boost/test/unit_test.hpp>

#include <numeric>

#include "naive.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

using Row = std::vector<double>;

Tensor positions(std::vector<std::int64_t> values) {
  const Shape shape{static_cast<std::int64_t>(values.size())};
  return tensor(values, shape);
}
Tensor positions(std::vector<std::int64_t> values, const Shape& shape) { return tensor(values, shape); }

void equal(const Tensor& got, const Shape& shape, const Row& wanted) {
  BOOST_TEST(got.shape() == shape);
  BOOST_TEST(got.to_vector() == wanted, boost::test_tools::per_element());
}
/// The adjoint of x for a cotangent that counts: 1, 2, 3 …
template <class F>
Row adjoint(const Tensor& x, const F& f) {
  Recording r;
  const Tensor v = r.variable(x), y = f(v);
  Row count(static_cast<std::size_t>(y.size()));
  std::iota(count.begin(), count.end(), 1.0);
  return backward(y, convert(tensor(count, y.shape()), y.dtype()))[v].to_vector();
}

const Tensor x23 = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3});

}  // namespace

BOOST_AUTO_TEST_SUITE(indexing)

BOOST_AUTO_TEST_CASE(reverse_and_negative_steps) {
  equal(reverse(x23, {1}), {2, 3}, {3, 2, 1, 6, 5, 4});
  equal(reverse(x23, {0, -1}), {2, 3}, {6, 5, 4, 3, 2, 1});
  equal(slice(x23, {1, 2}, {-1, -1}, {-1, -2}), {2, 2}, {6, 4, 3, 1});
  equal(slice(x23, {0, 2}, {2, 0}, {1, -1}), {2, 2}, {3, 2, 6, 5});
  equal(slice_along(x23, 1, 2, 2, -1), {2, 0}, {});
  equal(slice_along(x23, 1, -1, -1, -1), {2, 0}, {});
  BOOST_TEST(adjoint(x23, [](const Tensor& x) { return reverse(x, {1}); }) == (Row{3, 2, 1, 6, 5, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(adjoint(x23,
                     [](const Tensor& x) {
                       return slice(x, {0, 2}, {2, -1}, {1, -2});
                     }) == (Row{2, 0, 1, 4, 0, 3}),
             boost::test_tools::per_element());
  BOOST_TEST(reverse(zeros(Shape{0, 3}), {0, 1}).shape() == (Shape{0, 3}));
  BOOST_TEST(reverse(tensor({1}, Shape{}), {}).rank() == 0u);
  equal(reverse(x23 > 3.0, {1}), {2, 3}, {0, 0, 0, 1, 1, 1});
  Recording r;
  const Tensor v = r.variable(ones(Shape{1, 0}));
  BOOST_TEST(reverse(v, {0, 1}).id() == v.id());  // nothing moves, nothing is recorded
  for (const auto& [start, stop, step] : {std::array{3, 0, -1}, std::array{0, 2, -1}, std::array{2, -2, -1},
                                          std::array{0, 2, 0}, std::array{2, 0, 1}, std::array{-1, 2, 1}})
    BOOST_CHECK_THROW((void)slice_along(x23, 1, start, stop, step), ShapeError);
}

// Its transpose is a slice of nothing, which must be able to stand there.
BOOST_AUTO_TEST_CASE(nothing_is_embedded_where_a_slice_of_nothing_may_stand) {
  const Tensor none = zeros(Shape{0});
  for (const auto& [start, step] : {std::array{0, 1}, std::array{1, 1}, std::array{0, -1}, std::array{-1, -1}}) {
    Recording r;
    const Tensor x = r.variable(none), y = embed(x, Shape{1}, {start}, {step});
    BOOST_TEST(backward(y, ones(Shape{1}))[x].shape() == (Shape{0}));
    BOOST_TEST(gradient(sum(y), x).shape() == (Shape{0}));
  }
  for (const auto& [start, step] : {std::array{-1, 1}, std::array{2, 1}, std::array{1, -1}, std::array{-2, -1}})
    BOOST_CHECK_THROW((void)embed(none, Shape{1}, {start}, {step}), ShapeError);
}

BOOST_AUTO_TEST_CASE(pad_puts_a_value_around) {
  equal(pad(x23, {1, 0}, {0, 2}), {3, 5}, {0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0});
  equal(pad(x23, {0, 1}, {1, 0}, -7.0), {3, 4}, {-7, 1, 2, 3, -7, 4, 5, 6, -7, -7, -7, -7});
  equal(pad(positions({1, 2}), {1}, {1}), {4}, {0, 1, 2, 0});
  equal(pad(x23 > 3.0, {0, 1}, {0, 0}, 1.0), {2, 4}, {1, 0, 0, 0, 1, 1, 1, 1});
  equal(pad(zeros(Shape{0}), {2}, {1}, 5.0), {3}, {5, 5, 5});
  equal(pad(zeros(Shape{0}), {2}, {1}), {3}, {0, 0, 0});
  equal(pad(tensor({4}, Shape{}), {}, {}, 3.0), {}, {4});
  BOOST_TEST(pad(ones(Shape{2}, Dtype::f32), {1}, {1}, 0.1).dtype() == Dtype::f32);
  for (const double value : {0.0, 2.0})
    BOOST_TEST(adjoint(x23,
                       [&](const Tensor& x) {
                         return pad(x, {1, 0}, {0, 2}, value);
                       }) == (Row{6, 7, 8, 11, 12, 13}),
               boost::test_tools::per_element());
  // The elements stay what they are, bit by bit.
  BOOST_TEST(std::signbit(pad(tensor({-0.0}), {1}, {0}, 1.0).to_vector()[1]));
  BOOST_CHECK_THROW((void)pad(x23, {1}, {1}), ShapeError);
  BOOST_CHECK_THROW((void)pad(x23, {-1, 0}, {0, 0}), ShapeError);
  BOOST_CHECK_THROW((void)pad(x23, {std::numeric_limits<std::int64_t>::max(), 0}, {0, 0}), ShapeError);
  BOOST_CHECK_THROW((void)pad(positions({1}), {1}, {1}, 0.5), ArgumentError);
}

BOOST_AUTO_TEST_CASE(diagonals) {
  equal(diagonal(x23), {2}, {1, 5});
  equal(diagonal(x23, 1), {2}, {2, 6});
  equal(diagonal(x23, 2), {1}, {3});
  equal(diagonal(x23, 3), {0}, {});
  equal(diagonal(x23, -1), {1}, {4});
  equal(diagonal(transpose(x23), -1), {2}, {2, 6});
  equal(diagonal(stack({x23, -x23}), 1), {2, 2}, {2, 6, -2, -6});
  equal(diagonal(zeros(Shape{0, 3})), {0}, {});
  equal(diagonal(zeros(Shape{3, 0}), -3), {0}, {});
  BOOST_TEST(adjoint(x23, [](const Tensor& x) { return diagonal(x, 1); }) == (Row{0, 1, 0, 0, 0, 2}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW((void)diagonal(tensor({1, 2})), ShapeError);
  BOOST_CHECK_THROW((void)diagonal(x23, 4), ShapeError);
}

BOOST_AUTO_TEST_CASE(outer_products) {
  equal(outer(tensor({1, 2}), tensor({3, 4, 5})), {2, 3}, {3, 4, 5, 6, 8, 10});
  BOOST_TEST(outer(zeros(Shape{0}), tensor({1, 2})).shape() == (Shape{0, 2}));
  BOOST_TEST(outer(ones(Shape{2}, Dtype::f32), ones(Shape{1}, Dtype::f32)).type() == (Type{Dtype::f32, Shape{2, 1}}));
  const Tensor b = tensor({3, 4, 5});
  BOOST_TEST(adjoint(tensor({1, 2}), [&](const Tensor& a) { return outer(a, b); }) == (Row{26, 62}),
             boost::test_tools::per_element());
  BOOST_TEST(adjoint(b, [](const Tensor& x) { return outer(x, x); }) == (Row{80, 128, 176}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW((void)outer(x23, b), ShapeError);
  BOOST_CHECK_THROW((void)outer(b, tensor({1}, Shape{})), ShapeError);
  BOOST_CHECK_THROW((void)outer(b, ones(Shape{3}, Dtype::f32)), DtypeError);
}

BOOST_AUTO_TEST_CASE(gather_follows_numpys_take) {
  equal(gather(x23, positions({1, 0, 1})), {3, 3}, {4, 5, 6, 1, 2, 3, 4, 5, 6});
  equal(gather(x23, positions({2, 2}), 1), {2, 2}, {3, 3, 6, 6});
  equal(gather(x23, positions({2, 0}), -1), {2, 2}, {3, 1, 6, 4});
  equal(gather(x23, positions({1}, {})), {3}, {4, 5, 6});  // rank 0 takes the axis away, [1] keeps it
  equal(gather(x23, positions({1})), {1, 3}, {4, 5, 6});
  equal(gather(x23, positions({0, 1, 1, 0}, {2, 2})), {2, 2, 3}, {1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3});
  equal(gather(x23, positions({})), {0, 3}, {});
  equal(gather(zeros(Shape{0, 3}), positions({2, 2}), 1), {0, 2}, {});
  equal(gather(positions({7, 8, 9}), positions({2, 0})), {2}, {9, 7});
  equal(gather(x23 > 2.0, positions({1}), 0), {1, 3}, {1, 1, 1});
  BOOST_TEST(gather(full(Shape{1000, 10}, 2.0), positions({1, 2})).value().is_uniform());
  BOOST_TEST(adjoint(x23,
                     [](const Tensor& x) {
                       return gather(x, positions({1, 0, 1}));
                     }) == (Row{4, 5, 6, 8, 10, 12}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_gather_costs_what_it_takes_not_what_it_takes_from) {
  Recording r;
  const Tensor table = r.variable(zeros(Shape{100'000, 8}));
  Tensor y = zeros(Shape{8});
  for (std::int64_t k = 0; k < 2'000; ++k) y = y + gather(table, positions({k}, {}));
  // Dense contributions would write 2000 · 800 000 numbers: some seconds.
  const Adjoints a = backward(sum(y));
  const Row g = a[table].to_vector();
  BOOST_TEST(std::accumulate(g.begin(), g.end(), 0.0) == 16'000.0);
}

BOOST_AUTO_TEST_CASE(scatter_add_is_the_transpose_of_gather) {
  equal(scatter_add(x23, positions({1, 1}), 3), {3, 3}, {0, 0, 0, 5, 7, 9, 0, 0, 0});
  equal(scatter_add(x23, positions({0, 3, 0}), 4, 1), {2, 4}, {4, 0, 0, 2, 10, 0, 0, 5});
  equal(scatter_add(x23, positions({0, 3, 0}), 4, -1), {2, 4}, {4, 0, 0, 2, 10, 0, 0, 5});
  equal(scatter_add(x23, positions({0, 1, 2, 2, 1, 0}, {2, 3}), 3), {3}, {7, 7, 7});
  equal(scatter_add(tensor({2, 3}), positions({1}, {}), 2), {2, 2}, {0, 0, 2, 3});
  equal(scatter_add(tensor({5}, Shape{}), positions({1}, {}), 3), {3}, {0, 5, 0});
  equal(scatter_add(zeros(Shape{0, 2}), positions({}), 2), {2, 2}, {0, 0, 0, 0});
  equal(scatter_add(zeros(Shape{0}), positions({}), 0), {0}, {});
  BOOST_TEST(scatter_add(ones(Shape{2}, Dtype::f32), positions({0, 0}), 1).dtype() == Dtype::f32);
  BOOST_TEST(adjoint(x23,
                     [](const Tensor& x) {
                       return scatter_add(x, positions({1, 1}), 3);
                     }) == (Row{4, 5, 6, 4, 5, 6}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(take_along_broadcasts_beside_the_axis) {
  equal(take_along(x23, positions({2, 0, 1, 1}, {2, 2}), 1), {2, 2}, {3, 1, 5, 5});
  equal(take_along(x23, positions({1, 0, 1}, {1, 3}), 0), {1, 3}, {4, 2, 6});
  equal(take_along(x23, positions({2}, {1, 1}), 1), {2, 1}, {3, 6});
  equal(take_along(tensor({7, 8, 9}, Shape{1, 3}), positions({2, 0}, {2, 1}), 1), {2, 1}, {9, 7});
  equal(take_along(x23, positions({}, {2, 0}), 1), {2, 0}, {});
  equal(take_along(positions({7, 8, 9}), positions({2, 2})), {2}, {9, 9});
  equal(scatter_add_along(x23, positions({0, 0, 1, 1, 1, 1}, {2, 3}), 2), {2, 2}, {3, 3, 0, 15});
  equal(scatter_add_along(x23, positions({0, 1, 0, 0, 0, 1}, {2, 3}), 2, 0), {2, 3}, {5, 5, 3, 0, 2, 6});
  BOOST_TEST(adjoint(tensor({7, 8, 9}, Shape{1, 3}),
                     [](const Tensor& x) {
                       return take_along(x, positions({2, 2}, {2, 1}), 1);
                     }) == (Row{0, 0, 3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(positions_that_are_not_there_are_refused) {
  for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{3}, std::numeric_limits<std::int64_t>::min()}) {
    BOOST_CHECK_THROW((void)gather(x23, positions({0, bad}), 1), DomainError);
    BOOST_CHECK_THROW((void)take_along(x23, positions({bad, bad}, {2, 1}), 1), DomainError);
    BOOST_CHECK_THROW((void)scatter_add(x23, positions({0, bad}), 3), DomainError);
    BOOST_CHECK_THROW((void)scatter_add_along(tensor({1}), positions({bad}), 3), DomainError);
    // Also where nothing would be moved.
    BOOST_CHECK_THROW((void)gather(zeros(Shape{3, 0}), positions({bad})), DomainError);
    BOOST_CHECK_THROW((void)gather(full(Shape{3}, 1.0), positions({bad})), DomainError);
  }
  BOOST_CHECK_THROW((void)gather(zeros(Shape{0, 3}), positions({0})), DomainError);
  BOOST_CHECK_THROW((void)gather(tensor({1}, Shape{}), positions({0})), ShapeError);
  BOOST_CHECK_THROW((void)gather(x23, tensor({0, 1})), DtypeError);
  BOOST_CHECK_THROW((void)gather(x23, convert(tensor({0, 1}), Dtype::i32)), DtypeError);
  BOOST_CHECK_THROW((void)gather(x23, positions({0}), 2), ShapeError);
  BOOST_CHECK_THROW((void)gather(ones(Shape{1, 1, 1, 1, 1}), zeros(Shape{1, 1, 1, 1, 1}, Dtype::i64)), ShapeError);
  BOOST_CHECK_THROW((void)take_along(x23, positions({0})), ShapeError);
  BOOST_CHECK_THROW((void)take_along(x23, positions({0, 0, 0}, {3, 1}), 1), ShapeError);
  BOOST_CHECK_THROW((void)scatter_add(x23, positions({0, 0, 0}), 3), ShapeError);
  BOOST_CHECK_THROW((void)scatter_add(x23, positions({0, 0}), -1), ShapeError);
  BOOST_CHECK_THROW((void)scatter_add(positions({1}), positions({0}), 1), DtypeError);
  BOOST_CHECK_THROW((void)scatter_add_along(x23, positions({0}), 3), ShapeError);
}

BOOST_AUTO_TEST_CASE(a_bad_position_records_nothing) {
  Recording r;
  const Tensor x = r.variable(x23), index = r.variable(positions({5}));
  BOOST_CHECK_THROW((void)gather(x, index), DomainError);
  BOOST_CHECK_THROW((void)take_along(x, reshape(positions({5}), Shape{1, 1}), 1), DomainError);
  BOOST_TEST(r.statistics().values == 2u);
}

BOOST_AUTO_TEST_CASE(positions_of_the_largest_and_smallest) {
  const Tensor x = tensor({3, 9, 9, 4, 1, 1}, Shape{2, 3});
  equal(argmax(x), {}, {1});
  equal(argmin(x), {}, {4});
  equal(argmax(x, 1), {2}, {1, 0});
  equal(argmin(x, 0), {3}, {0, 1, 1});
  equal(argmax(x, -1, Keep::yes), {2, 1}, {1, 0});
  BOOST_TEST(argmax(x).dtype() == Dtype::i64);
  equal(argmax(tensor({5}, Shape{})), {}, {0});
  equal(argmax(positions({4, 7, 7})), {}, {1});
  equal(argmin(tensor({1, 2}) > 1.5), {}, {0});
  equal(argmax(zeros(Shape{0, 3}), 1), {0}, {});
  BOOST_CHECK_THROW((void)argmax(x, 2), ShapeError);
  BOOST_CHECK_THROW((void)argmax(zeros(Shape{0})), ShapeError);
  BOOST_CHECK_THROW((void)argmax(tensor({5}, Shape{}), 0), ShapeError);
}

BOOST_AUTO_TEST_CASE(sorting_along_an_axis) {
  const Tensor x = tensor({3, 1, 2, 6, 5, 4}, Shape{2, 3});
  equal(sort(x), {2, 3}, {1, 2, 3, 4, 5, 6});
  equal(sort(x, 0, Order::descending), {2, 3}, {6, 5, 4, 3, 1, 2});
  equal(argsort(x), {2, 3}, {1, 2, 0, 2, 1, 0});
  equal(sort(positions({3, 1, 2})), {3}, {1, 2, 3});
  equal(sort(tensor({1, 0, 1}) > 0.5, 0, Order::descending), {3}, {1, 1, 0});
  equal(sort(zeros(Shape{2, 0})), {2, 0}, {});
  BOOST_TEST(sort(ones(Shape{2}, Dtype::f32)).dtype() == Dtype::f32);
  const Ranked two = topk(x, 2);
  equal(two.values, {2, 2}, {3, 2, 6, 5});
  equal(two.positions, {2, 2}, {0, 2, 0, 1});
  equal(topk(x, 1, 0, Order::ascending).values, {1, 3}, {3, 1, 2});
  equal(topk(x, 0).values, {2, 0}, {});
  BOOST_TEST(adjoint(x, [](const Tensor& v) { return topk(v, 2).values; }) == (Row{1, 0, 2, 3, 4, 0}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW((void)topk(x, 4), ShapeError);
  BOOST_CHECK_THROW((void)topk(x, -1), ShapeError);
  BOOST_CHECK_THROW((void)sort(tensor({1}, Shape{})), ShapeError);
}

BOOST_AUTO_TEST_CASE(long_rows_are_sorted_as_the_standard_library_does) {
  std::mt19937 random(31);
  Row values(5000);
  for (double& v : values) v = static_cast<double>(random() % 300);  // many alike
  std::vector<std::int64_t> up(values.size()), down;
  std::iota(up.begin(), up.end(), std::int64_t{0});
  down = up;
  const auto at = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  std::stable_sort(up.begin(), up.end(), [&](auto a, auto b) { return at(a) < at(b); });
  std::stable_sort(down.begin(), down.end(), [&](auto a, auto b) { return at(a) > at(b); });
  const Tensor x = tensor(values, Shape{5000});
  BOOST_TEST((argsort(x).value() == positions(up).value()));
  BOOST_TEST((argsort(x, 0, Order::descending).value() == positions(down).value()));
  down.resize(40);
  BOOST_TEST((topk(x, 40).positions.value() == positions(down).value()));
}

BOOST_AUTO_TEST_SUITE_END()
