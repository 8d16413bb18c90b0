// Structs with members(), optionals and spans as what replayed, cond, scan and while_loop take and give.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/replayed.hpp"

namespace wengert {
namespace {

/// Numbers after a tensor, and a number that is carried along.
template <class T>
struct Particle {
  Tensor spin;
  T place{};
  std::vector<T> speeds;
  int power = 1;
  static auto members(auto& self) { return std::tie(self.spin, self.place, self.speeds, self.power); }
};

Particle<double> particle(double place, int power = 2) { return {tensor({1.0, place}), place, {0.5, 3.0}, power}; }

/// One step, for every kind of number.
template <class T>
Particle<T> moved(const Particle<T>& p) {
  Particle<T> next = p;
  next.spin = p.spin * 2.0;
  next.place = p.place + 0.25 * p.speeds[0];
  next.speeds = {p.speeds[0] * p.speeds[1], p.speeds[1] - p.place};
  return next;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(structures_in_control_flow)

BOOST_AUTO_TEST_CASE(a_struct_goes_into_a_replayed_function_and_comes_out) {
  int calls = 0;
  auto f = replayed([&](const Particle<Scalar>& p, const Scalar& t) {
    ++calls;
    Particle<Scalar> next = moved(p);
    next.place = next.place + t * pow(p.place, p.power);
    return std::pair{next, sum(p.spin)};
  });
  for (const double place : {2.0, -1.5, 0.25}) {
    const auto [next, spin] = f(particle(place), 3.0);
    static_assert(std::is_same_v<decltype(next), const Particle<double>>);
    const Particle<double> expected = moved(particle(place));
    BOOST_TEST(next.place == expected.place + 3.0 * place * place);
    BOOST_TEST(next.speeds == expected.speeds, boost::test_tools::per_element());
    BOOST_TEST(next.spin.to_vector() == (std::vector{2.0, 2.0 * place}), boost::test_tools::per_element());
    BOOST_TEST(next.power == 2);
    BOOST_TEST(spin.item() == 1.0 + place);
    BOOST_TEST(f.verify_at(particle(place), 3.0).same);
  }
  BOOST_TEST(f.times_recorded() == 1u);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_no_number_is_not_replayed_with_another_value) {
  auto f = replayed([](const Particle<Scalar>& p) { return pow(p.place, p.power); });
  BOOST_TEST(f(particle(3.0, 2)) == 9.0);
  BOOST_TEST(f(particle(3.0, 3)) == 27.0);
  BOOST_TEST(f(particle(2.0, 2)) == 4.0);
  BOOST_TEST(f(particle(2.0, 3)) == 8.0);
  BOOST_TEST(f.times_recorded() == 2u);
}

BOOST_AUTO_TEST_CASE(value_and_gradient_of_a_struct_replayed) {
  auto f = replayed(value_and_grad([](const Particle<Scalar>& p) {
    const Particle<Scalar> next = moved(moved(p));
    return next.place * next.speeds[1] + to_scalar(sum(p.spin * p.spin));
  }));
  auto fresh = value_and_grad([](const Particle<Scalar>& p) {
    const Particle<Scalar> next = moved(moved(p));
    return next.place * next.speeds[1] + to_scalar(sum(p.spin * p.spin));
  });
  for (const double place : {2.0, -1.5, 0.25}) {
    const auto [value, gradient] = f(particle(place));
    static_assert(std::is_same_v<decltype(gradient), const Particle<double>>);
    const auto expected = fresh(particle(place));
    BOOST_TEST(value == expected.value);
    BOOST_TEST(gradient.place == expected.gradient.place);
    BOOST_TEST(gradient.speeds == expected.gradient.speeds, boost::test_tools::per_element());
    BOOST_TEST(gradient.spin.to_vector() == (std::vector{2.0, 2.0 * place}), boost::test_tools::per_element());
  }
  BOOST_TEST(f.times_recorded() == 1u);
}

BOOST_AUTO_TEST_CASE(optionals_and_spans_go_into_a_replayed_function) {
  auto f = replayed([](const std::vector<Scalar>& x, const std::optional<Scalar>& offset) {
    return std::pair{x[0] * x.back() + offset.value_or(Scalar(0.0)), offset};
  });
  const std::vector<double> x{2.0, 3.0, 5.0}, z{7.0, 3.0, 11.0};
  const std::optional<double> none, one = 1.0, four = 4.0;
  BOOST_TEST(f(std::span<const double>(x), none).first == 10.0);
  BOOST_TEST(!f(std::span<const double>(x), none).second.has_value());
  BOOST_TEST(f(std::span<const double>(z), four).first == 81.0);
  BOOST_TEST(f.times_recorded() == 2u);
  BOOST_TEST(f(z, one).second.value() == 1.0);  // a vector is the same to f
  BOOST_TEST(f(z, none).first == 77.0);
  BOOST_TEST(f(std::span<const double>(z).first(2), none).first == 21.0);
  BOOST_TEST(f.times_recorded() == 3u);
}

BOOST_AUTO_TEST_CASE(a_struct_is_the_state_of_a_while_loop) {
  Recording r;
  const Scalar place = r.variable(2.0, "place"), speed = r.variable(0.5, "speed");
  const Particle<Scalar> first{tensor({1.0, 2.0}), place, {speed, 3.0}, 7};
  const Particle<Scalar> last = while_loop([](const Particle<Scalar>& p) { return p.place < 2.5; },
                                           [](const Particle<Scalar>& p) { return moved(p); }, first);
  Particle<double> expected = particle(2.0);
  while (expected.place < 2.5) expected = moved(expected);
  Particle<Scalar> plain = first;
  while (plain.place < 2.5) plain = moved(plain);
  BOOST_TEST(last.place.value() == expected.place);
  BOOST_TEST(last.speeds[0].value() == expected.speeds[0]);
  BOOST_TEST(last.speeds[1].value() == expected.speeds[1]);
  BOOST_TEST(last.spin.to_vector() == expected.spin.to_vector(), boost::test_tools::per_element());
  BOOST_TEST(last.power == 7);
  const std::vector<Scalar> x{place, speed};
  const std::vector<Scalar> slope = gradient(last.speeds[1] * last.place, x);
  const std::vector<Scalar> of_plain = gradient(plain.speeds[1] * plain.place, x);
  for (std::size_t k = 0; k < x.size(); ++k)
    BOOST_TEST(slope[k].value() == of_plain[k].value(), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_struct_is_carry_parameter_and_result_of_a_scan) {
  // An element of a tensor and a Scalar, in this order: each gets its own.
  const std::vector<double> pushes{0.5, -1.0, 2.0};
  const Tensor rows = tensor(std::vector{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, Shape{3, 2});
  using Element = std::pair<Tensor, Scalar>;
  using Parameters = std::pair<Particle<Scalar>, std::optional<Scalar>>;
  const auto body = [](const Particle<Scalar>& p, const Element& x, const Parameters& with) {
    Particle<Scalar> next = moved(p);
    next.place = next.place + x.second * with.first.place * with.second.value();
    next.spin = p.spin + x.first;
    return std::pair{next, next};
  };
  const std::pair<Particle<double>, std::optional<double>> with{particle(5.0), 0.125};
  const auto [last, all] = scan(body, particle(2.0), std::pair{rows, std::span<const double>(pushes)}, with);
  static_assert(std::is_same_v<decltype(last), const Particle<Scalar>>);
  static_assert(std::is_same_v<decltype(all), const Particle<Tensor>>);
  Particle<double> expected = particle(2.0);
  for (std::size_t k = 0; k < pushes.size(); ++k) {
    const double place = moved(expected).place + pushes[k] * 5.0 * 0.125;
    const std::vector<double> spin{expected.spin.to_vector()[0] + rows.to_vector()[2 * k],
                                   expected.spin.to_vector()[1] + rows.to_vector()[2 * k + 1]};
    expected = moved(expected);
    expected.place = place;
    expected.spin = tensor(spin, Shape{2});
    BOOST_TEST(all.place.to_vector()[k] == place);
    BOOST_TEST(all.speeds[0].to_vector()[k] == expected.speeds[0]);
    BOOST_TEST(all.speeds[1].to_vector()[k] == expected.speeds[1]);
    BOOST_TEST(all.spin.to_vector()[2 * k] == spin[0]);
    BOOST_TEST(all.spin.to_vector()[2 * k + 1] == spin[1]);
  }
  BOOST_TEST(all.power == 2);
  BOOST_TEST(last.place.value() == expected.place);
  BOOST_TEST(last.spin.to_vector() == expected.spin.to_vector(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_body_gives_the_structure_that_it_was_given) {
  const auto counts = [](const Particle<Scalar>& p) {
    Particle<Scalar> next = p;
    next.power = p.power + 1;
    return next;
  };
  BOOST_CHECK_THROW(static_cast<void>(scan(counts, particle(1.0), Steps{2})), ShapeError);
  BOOST_CHECK_THROW(
      static_cast<void>(while_loop([](const Particle<Scalar>& p) { return p.place < 0.0; }, counts, particle(1.0))),
      ShapeError);
  const auto same = [](const Particle<Scalar>& p) { return p; };
  BOOST_CHECK_THROW(static_cast<void>(cond(true, same, counts, particle(1.0))), ShapeError);
  BOOST_TEST(cond(true, same, same, particle(1.0)).power == 2);
  // As many numbers, in vectors of other sizes.
  using Lists = std::array<std::vector<Scalar>, 2>;
  const auto left = [](const Scalar& x) { return Lists{std::vector{x}, std::vector{x, x}}; };
  const auto right = [](const Scalar& x) { return Lists{std::vector{x, x}, std::vector{x}}; };
  BOOST_CHECK_THROW(static_cast<void>(cond(true, left, right, 1.0)), ShapeError);
  BOOST_TEST(cond(true, left, left, 1.0)[1].size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
