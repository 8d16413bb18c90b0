// Datasets: rows, parts, and functions of batches; variations are functions of epoch and position.
#include "wengert/nn/data/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/data/loader.hpp"
#include "wengert/nn/data/transforms.hpp"

namespace {

using namespace wengert;
using nn::Batch;
using nn::Positions;
using nn::Random;
using Numbers = std::vector<double>;

std::shared_ptr<const nn::TensorDataset> counting(std::int64_t n) {
  std::vector<double> x(static_cast<std::size_t>(2 * n));
  std::vector<std::int64_t> y(static_cast<std::size_t>(n));
  std::iota(x.begin(), x.end(), 0.0);
  std::iota(y.begin(), y.end(), 100);
  return std::make_shared<nn::TensorDataset>(tensor(x, Shape{n, 2}), tensor(y, Shape{n}));
}

Numbers labels(const nn::Dataset& data) { return nn::all_of(data).y.to_vector(); }
bool here(const Error& e) { return e.where().line() != 0; }

BOOST_AUTO_TEST_SUITE(datasets)

BOOST_AUTO_TEST_CASE(rows_at_positions) {
  const auto data = counting(5);
  BOOST_TEST(data->size() == 5);
  const std::vector<std::int64_t> positions{4, 0, 4};
  const Batch b = data->batch(positions);
  BOOST_TEST((b.x.shape() == Shape{3, 2}));
  BOOST_TEST((b.x.to_vector() == Numbers{8, 9, 0, 1, 8, 9}));
  BOOST_TEST((b.y.dtype() == Dtype::i64));
  BOOST_TEST((b.y.to_vector() == Numbers{104, 100, 104}));
  BOOST_TEST((data->batch({}).x.shape() == Shape{0, 2}));
}

BOOST_AUTO_TEST_CASE(every_dtype_uniform_arrays_and_no_targets) {
  const std::vector<std::int64_t> two{1, 0};
  const nn::TensorDataset masks(full(Shape{3, 4}, 1, Dtype::boolean));  // one element is stored
  const Batch b = masks.batch(two);
  BOOST_TEST((b.x.type() == Type{Dtype::boolean, Shape{2, 4}}));
  BOOST_TEST((b.x.to_vector() == Numbers(8, 1)));
  BOOST_TEST(b.y.size() == 0);
  const nn::TensorDataset single(convert(tensor({1, 2, 3}), Dtype::f32), convert(tensor({1, 2, 3}), Dtype::i32));
  BOOST_TEST((single.batch(two).x.value() == convert(tensor({2, 1}), Dtype::f32).value()));
  BOOST_TEST((single.batch(two).y.value() == convert(tensor({2, 1}), Dtype::i32).value()));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  BOOST_CHECK_EXCEPTION(nn::TensorDataset(tensor({1, 2}), tensor({1, 2, 3})), ShapeError, here);
  BOOST_CHECK_EXCEPTION(nn::TensorDataset(full(Shape{}, 1)), ShapeError, here);
  BOOST_CHECK_EXCEPTION(nn::TensorDataset(tensor({1, 2}), full(Shape{}, 1)), ShapeError, here);
  const std::vector<std::int64_t> behind{0, 5}, before{-1};
  BOOST_CHECK_THROW((void)counting(5)->batch(behind), DomainError);
  BOOST_CHECK_THROW((void)counting(5)->batch(before), DomainError);
  BOOST_CHECK_EXCEPTION((void)nn::subset(counting(5), {5}), DomainError, here);
  BOOST_CHECK_THROW((void)nn::subset(counting(5), {3, 4})->batch(std::vector<std::int64_t>{2}), DomainError);
  BOOST_CHECK_EXCEPTION((void)nn::take(counting(5), -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::take(nullptr, 1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::split(counting(5), 1.5), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::split(counting(5), std::numeric_limits<double>::quiet_NaN()), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::mapped(counting(5), {}), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::varied(nullptr, nn::flipped_at_random()), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::flipped_at_random(2), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::shifted_at_random(-1), ArgumentError, here);
}

BOOST_AUTO_TEST_CASE(parts) {
  BOOST_TEST((labels(*nn::subset(counting(5), {3, 1})) == Numbers{103, 101}));
  BOOST_TEST((labels(*nn::take(nn::subset(counting(5), {3, 1, 0}), 2)) == Numbers{103, 101}));
  BOOST_TEST(nn::take(counting(5), 9)->size() == 5);
  BOOST_TEST(nn::take(counting(5), 0)->size() == 0);

  const auto [first, second] = nn::split(counting(101), 0.3, 4);
  BOOST_TEST(first->size() == 30);
  Numbers all = labels(*first);
  BOOST_TEST(!std::is_sorted(all.begin(), all.end()));
  for (const double v : labels(*second)) all.push_back(v);
  std::sort(all.begin(), all.end());
  BOOST_TEST((all == labels(*counting(101))));
  BOOST_TEST((labels(*nn::split(counting(101), 0.3, 4).first) == labels(*first)));
  BOOST_TEST((labels(*nn::split(counting(101), 0.3, 5).first) != labels(*first)));
  BOOST_TEST(nn::split(counting(101), 1).second->size() == 0);
}

BOOST_AUTO_TEST_CASE(a_mapping_sees_every_batch_and_a_variation_those_of_epochs) {
  const auto doubled = nn::mapped(counting(3), [](Batch b) { return Batch{b.x * 2, b.y}; });
  const auto moved = nn::varied(doubled, [](Batch b, Positions p, const Random& random) {
    std::vector<double> steps;
    for (const std::int64_t k : p) steps.push_back(random.child(static_cast<std::uint64_t>(k)).uniform() * 0.5);
    return Batch{b.x + tensor(steps, Shape{static_cast<std::int64_t>(p.size()), 1}), b.y};
  });
  BOOST_TEST((nn::all_of(*moved).x.to_vector() == Numbers{0, 2, 4, 6, 8, 10}));
  // Through a subset, which hands on the positions of the inner dataset.
  const auto part = nn::subset(moved, {2, 0});
  const std::vector<std::int64_t> both{0, 1}, zero{2};
  const Random random(5);
  const Numbers x = part->epoch_batch(both, random).x.to_vector();
  BOOST_TEST((x[0] > 8 && x[0] < 8.5));
  BOOST_TEST(x[0] == moved->epoch_batch(zero, random).x.to_vector()[0]);
  BOOST_TEST(x[0] - 8 != x[2]);
  BOOST_TEST(x[0] != part->epoch_batch(both, Random(6)).x.to_vector()[0]);
}

BOOST_AUTO_TEST_CASE(pictures_are_flipped_and_shifted_each_in_its_way) {
  const std::int64_t n = 400;
  std::vector<double> pixels(static_cast<std::size_t>(n * 2 * 3 * 4));
  for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = 1 + static_cast<double>(k % 24);
  const auto data = std::make_shared<nn::TensorDataset>(tensor(pixels, Shape{n, 2, 3, 4}));
  std::vector<std::int64_t> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);

  const Tensor flipped = nn::varied(data, nn::flipped_at_random(0.25))->epoch_batch(all, Random(1)).x;
  const Tensor plain = nn::all_of(*data).x, mirrored = reverse(plain, {-1});
  double turned = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    const Tensor one = slice_along(flipped, 0, k, k + 1);
    const bool same = one.value() == slice_along(plain, 0, k, k + 1).value();
    BOOST_REQUIRE((same || one.value() == slice_along(mirrored, 0, k, k + 1).value()));
    turned += same ? 0 : 1;
  }
  BOOST_TEST(std::abs(turned - 100) < 5 * std::sqrt(400 * 0.25 * 0.75));

  // Every shift by -1 … 1 occurs about as often as another; each is a slice of the padded picture.
  const Tensor shifted = nn::varied(data, nn::shifted_at_random(1))->epoch_batch(all, Random(1)).x;
  const Tensor wide = pad(plain, {0, 0, 1, 1}, {0, 0, 1, 1});
  std::array<double, 9> counts{};
  for (std::int64_t k = 0; k < n; ++k) {
    std::size_t found = 9;
    for (std::size_t s = 0; s < 9; ++s) {
      const auto down = static_cast<std::int64_t>(s) / 3, right = static_cast<std::int64_t>(s) % 3;
      const Tensor part = slice(wide, {k, 0, down, right}, {k + 1, 2, down + 3, right + 4});
      if (part.value() == slice_along(shifted, 0, k, k + 1).value()) found = s;
    }
    BOOST_REQUIRE(found < 9U);
    counts[found] += 1;
  }
  for (const double c : counts) BOOST_TEST(std::abs(c - n / 9.0) < 5 * std::sqrt(n / 9.0));

  // What comes in is told.
  const Tensor filled = nn::varied(data, nn::shifted_at_random(1, -7.0))->epoch_batch(all, Random(1)).x;
  BOOST_TEST((filled.value() == where(shifted == 0, -7.0, shifted).value()));  // no pixel is 0

  // Not of how batches are cut.
  const auto both = nn::varied(nn::varied(data, nn::shifted_at_random(1)), nn::flipped_at_random());
  const Tensor together = both->epoch_batch(all, Random(2)).x;
  const Tensor part = both->epoch_batch(Positions(all).subspan(17, 5), Random(2)).x;
  BOOST_TEST((part.value() == slice_along(together, 0, 17, 22).value()));
  // More than the extent leaves nothing.
  BOOST_CHECK_NO_THROW((void)nn::varied(data, nn::shifted_at_random(100))->epoch_batch(all, Random(2)));
  const auto flat = nn::varied(counting(3), nn::flipped_at_random());
  BOOST_CHECK_EXCEPTION((void)flat->epoch_batch(Positions(all).first(2), Random(1)), ShapeError, here);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
