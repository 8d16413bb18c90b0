// Broadcasting and its reverse, over all pairs of shapes with at most three extents of 0, 1, 2 or 3 (trap T33).
#include <boost/test/unit_test.hpp>

#include "tensor_helpers.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_CASE(broadcasting_follows_numpy_and_its_reverse_sums_to_shape) {
  std::mt19937 random(7);
  const std::vector<Shape> shapes = all_shapes(3, {0, 1, 2, 3});
  BOOST_TEST(shapes.size() == 85u);
  std::size_t fits = 0, refused = 0;
  for (const Shape& a_shape : shapes) {
    for (const Shape& b_shape : shapes) {
      Recording r;
      const Tensor a = r.variable(random_tensor({Dtype::f64, a_shape}, random));
      const Tensor b = r.variable(random_tensor({Dtype::f64, b_shape}, random));
      std::vector<std::int64_t> extents;
      const std::string what = to_string(a_shape) + " and " + to_string(b_shape);
      if (!broadcast_together(a_shape, b_shape, extents)) {
        ++refused;
        BOOST_CHECK_THROW(a - b, ShapeError);
        BOOST_TEST(r.statistics().values == 2u, what);
        continue;
      }
      ++fits;
      const Shape wanted{std::span<const std::int64_t>(extents)};
      const Tensor c = a - b;
      BOOST_REQUIRE_MESSAGE(c.shape() == wanted, what);
      const Tensor g = random_tensor(c.type(), random);
      std::vector<double> da(static_cast<std::size_t>(a.size())), db(static_cast<std::size_t>(b.size()));
      bool same = true;
      for (std::int64_t i = 0; i < c.size(); ++i) {
        const auto index = index_at(wanted, i);
        const std::int64_t from_a = source_of(a_shape, index), from_b = source_of(b_shape, index);
        same = same && c.value().element(i) == a.value().element(from_a) - b.value().element(from_b);
        da[static_cast<std::size_t>(from_a)] += g.value().element(i);
        db[static_cast<std::size_t>(from_b)] -= g.value().element(i);
      }
      const Adjoints adjoint = backward(c, g);
      const Tensor ga = adjoint[a], gb = adjoint[b];
      BOOST_REQUIRE_MESSAGE(ga.type() == a.type() && gb.type() == b.type(), what);
      const auto ha = ga.to_vector(), hb = gb.to_vector();
      for (std::size_t i = 0; i < da.size(); ++i) same = same && std::abs(ha[i] - da[i]) < 1e-13;
      for (std::size_t i = 0; i < db.size(); ++i) same = same && std::abs(hb[i] - db[i]) < 1e-13;
      BOOST_TEST(same, what);
    }
  }
  BOOST_TEST(fits > 1000u);
  BOOST_TEST(refused > 1000u);
}
