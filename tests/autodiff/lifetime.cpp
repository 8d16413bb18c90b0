// Handles that are stale or foreign, marks, ids that run out, user code that throws: typed errors, and the recording
// stays whole (T26, T27, T29, T31).
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

/// Everything that one can do with a handle x, beside a live handle y; `Kind` is what each must throw.
template <class Kind>
void check_refused(const Scalar& x, const Scalar& y) {
  BOOST_CHECK_THROW(Scalar(y * x), Kind);
  BOOST_CHECK_THROW(Scalar(x * y), Kind);
  BOOST_CHECK_THROW(Scalar(where(x < y, y, y)), Kind);
  BOOST_CHECK_THROW(Scalar(where(y < 1.0, y, x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(static_cast<bool>(y < x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(static_cast<bool>(x < y)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(gradient(y, x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(backward(y)[x]), Kind);
  BOOST_CHECK_THROW(static_cast<void>(forward({y}, {1.0})[x]), Kind);
  BOOST_CHECK_THROW(static_cast<void>(forward({y, x}, {1.0, 1.0})), Kind);
  Adjoints adjoints;
  const std::vector outputs{y, x};
  BOOST_CHECK_THROW(backward(outputs, std::vector{1.0, 1.0}, adjoints), Kind);
}
template <class Kind>
void check_dead(const Scalar& x) {
  BOOST_CHECK_THROW(Scalar(x + 1.0), Kind);
  BOOST_CHECK_THROW(Scalar(sin(x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(gradient(x, x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(backward(x)), Kind);
  BOOST_CHECK_THROW(static_cast<void>(forward({x}, {1.0})), Kind);
  BOOST_CHECK_THROW(static_cast<void>(static_cast<bool>(x == x)), Kind);
  Scalar copy = x;
  BOOST_CHECK_THROW(copy += 1.0, Kind);
}

/// A loop that is being rolled up when the test looks at it.
Scalar roll(const Scalar& x, int count = 40) {
  Scalar v = x;
  for (int i = 0; i < count; ++i) v = v * 0.5 + x;
  return v;
}
double rolled_derivative(int count = 40) {
  double d = 1;
  for (int i = 0; i < count; ++i) d = d * 0.5 + 1;
  return d;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lifetime)

BOOST_AUTO_TEST_CASE(after_clear_all_handles_are_stale) {
  Recording r;
  const Scalar x = r.variable(2.0), v = roll(x);
  r.clear();
  const Scalar y = r.variable(3.0);
  check_refused<StaleHandle>(x, y);
  check_refused<StaleHandle>(v, y);
  check_dead<StaleHandle>(x);
  check_dead<StaleHandle>(v);
  BOOST_CHECK_THROW(r.name(x, "x"), StaleHandle);
  const Scalar w = roll(y);
  check_refused<StaleHandle>(x, w);
  BOOST_TEST(backward(w)[y] == rolled_derivative());
  BOOST_TEST(x.value() == 2.0);  // the number needs no recording
}

BOOST_AUTO_TEST_CASE(after_destruction_all_handles_are_stale) {
  auto r = std::make_unique<Recording>();
  const Scalar x = r->variable(2.0), v = roll(x);
  r.reset();
  check_dead<StaleHandle>(x);
  // As many as there are slots, so that one of them lies where the old one lay.
  for (int i = 0; i < 5000; ++i) {
    Recording other;
    const Scalar y = other.variable(1.0);
    BOOST_CHECK_THROW(Scalar(y * x), StaleHandle);
    BOOST_CHECK_THROW(Scalar(v * y), StaleHandle);
  }
}

BOOST_AUTO_TEST_CASE(handles_of_another_recording_are_foreign) {
  Recording r, other;
  const Scalar x = r.variable(2.0), foreign = other.variable(3.0);
  check_refused<ForeignRecording>(foreign, x);
  const Scalar v = roll(x);
  check_refused<ForeignRecording>(foreign, v);
  BOOST_CHECK_THROW(r.name(foreign, "x"), ForeignRecording);
  BOOST_TEST(backward(v)[x] == rolled_derivative());
  BOOST_TEST(r.statistics().values == 41u);
  BOOST_TEST(other.statistics().values == 1u);
}

// The ids are those that the roll expects, but the recording is another.
BOOST_AUTO_TEST_CASE(the_twin_of_an_expected_operand_is_foreign) {
  Recording r, other;
  const Scalar x = r.variable(2.0), x2 = other.variable(2.0);
  Scalar v = x, v2 = x2;
  const auto step = [](const Scalar& a, const Scalar& b) { return Scalar(a * 0.5 + b); };
  for (int i = 0; i < 40; ++i) {
    v = step(v, x);
    v2 = step(v2, x2);
  }
  BOOST_CHECK_THROW(step(v, x2), ForeignRecording);
  BOOST_CHECK_THROW(step(v2, x), ForeignRecording);
  BOOST_CHECK_THROW(step(v, x2), ForeignRecording);
  v = step(v, x);
  BOOST_TEST(backward(v)[x] == rolled_derivative(41));
}

BOOST_AUTO_TEST_CASE(after_rewind_only_newer_handles_are_stale) {
  Recording r;
  const Scalar x = r.variable(2.0), a = roll(x);
  const auto mark = r.mark();
  const Scalar b = roll(a);
  r.rewind(mark);
  const Scalar c = roll(a), d = r.variable(1.0);
  BOOST_TEST(b.id() == a.id() + 40);
  check_refused<StaleHandle>(b, c);
  check_refused<StaleHandle>(b, d);
  check_dead<StaleHandle>(b);
  BOOST_TEST(backward(c)[x] == rolled_derivative() * rolled_derivative(), boost::test_tools::tolerance(1e-14));
  // Again, to a mark before the first.
  r.rewind(mark);
  BOOST_CHECK_THROW(static_cast<void>(backward(c)), StaleHandle);
  BOOST_TEST(backward(a)[x] == rolled_derivative());
}

BOOST_AUTO_TEST_CASE(marks_that_are_gone_are_refused) {
  Recording r, other;
  const Scalar x = r.variable(2.0);
  const auto early = r.mark();
  const Scalar a = roll(x);
  const auto late = r.mark();
  static_cast<void>(roll(a));
  r.rewind(early);
  BOOST_CHECK_THROW(r.rewind(late), StaleHandle);
  static_cast<void>(roll(x, 200));
  BOOST_CHECK_THROW(r.rewind(late), StaleHandle);
  BOOST_CHECK_THROW(other.rewind(early), StaleHandle);
  r.rewind(early);
  BOOST_TEST(r.statistics().values == 1u);
  // Two marks between which nothing but a guard was recorded.
  const Scalar y = r.variable(1.0);
  const auto before = r.mark();
  static_cast<void>(static_cast<bool>(x < y));
  const auto after = r.mark();
  r.rewind(before);
  BOOST_CHECK_THROW(r.rewind(after), StaleHandle);
  r.rewind(before);
  BOOST_TEST(r.statistics().guards == 0u);
  r.clear();
  BOOST_CHECK_THROW(r.rewind(early), StaleHandle);
}

BOOST_AUTO_TEST_CASE(results_of_a_sweep_know_their_recording) {
  Recording r, other;
  const Scalar x = r.variable(2.0), y = roll(x), foreign = other.variable(1.0);
  const Adjoints a = backward(y);
  const Tangents t = forward({x}, {1.0});
  BOOST_CHECK_THROW(static_cast<void>(a[foreign]), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(t[foreign]), ForeignRecording);
  BOOST_TEST(a[Scalar(3.0)] == 0.0);
  const Scalar later = r.variable(1.0);
  BOOST_TEST(a[later] == 0.0);
  r.clear();
  const Scalar z = r.variable(2.0);
  BOOST_CHECK_THROW(static_cast<void>(a[z]), StaleHandle);
}

BOOST_AUTO_TEST_CASE(a_moved_recording_keeps_its_handles) {
  Recording r;
  const Scalar x = r.variable(2.0);
  Recording moved = std::move(r);
  const Scalar y = roll(x);
  BOOST_TEST(backward(y)[x] == rolled_derivative());
  Recording third;
  const Scalar old = third.variable(1.0);
  third = std::move(moved);
  BOOST_CHECK_THROW(static_cast<void>(backward(old)), StaleHandle);
  BOOST_TEST(backward(y)[x] == rolled_derivative());
}

BOOST_AUTO_TEST_CASE(results_overwrite_and_do_not_accumulate) {
  Recording r;
  const Scalar x = r.variable(3.0), y = x * x, z = roll(x);
  Adjoints a;
  for (int i = 0; i < 3; ++i) {
    backward(y, a);
    BOOST_TEST(a[x] == 6.0);
    backward(z, a);
    BOOST_TEST(a[x] == rolled_derivative());
    BOOST_TEST(a[y] == 0.0);
  }
  backward(Scalar(1.0), a);
  BOOST_TEST(a[x] == 0.0);
}

// --- Ids
// --------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(options_that_make_no_sense) {
  BOOST_CHECK_THROW(Recording({.first_id = 0}), ArgumentError);
  BOOST_CHECK_THROW(Recording({.first_id = 9, .last_id = 8}), ArgumentError);
  BOOST_CHECK_THROW(Recording({.last_id = std::numeric_limits<std::uint32_t>::max()}), ArgumentError);
}

BOOST_AUTO_TEST_CASE(ids_run_out_with_a_typed_error) {
  for (const std::uint32_t first : {1u, 1000u, 0xFFFFFFFEu - 99}) {
    // Irregular statements, variables and rolled-up statements in turn meet the end.
    for (int way = 0; way < 3; ++way) {
      Recording r({.first_id = first, .last_id = first + 99});
      const Scalar x = r.variable(2.0);
      Scalar v = x;
      int made = 0;
      const auto more = [&] {
        if (way == 0)
          v = made % 3 == 0 ? Scalar(v + x) : made % 5 < 2 ? Scalar(sin(v)) : Scalar(v * 0.5);
        else if (way == 1)
          static_cast<void>(r.variable(1.0));
        else
          v = v * 0.5 + x;
        ++made;
      };
      for (int i = 0; i < 99; ++i) more();
      const double derivative = backward(v)[x];
      for (int i = 0; i < 3; ++i) {
        BOOST_CHECK_THROW(more(), CapacityError);
        BOOST_TEST(r.statistics().values == 100u);
        BOOST_TEST(backward(v)[x] == derivative);
      }
      if (way == 2) BOOST_TEST(derivative == rolled_derivative(99));
      BOOST_CHECK_THROW(static_cast<void>(gradient(v * 1.0, x)), CapacityError);
      BOOST_TEST(backward(v)[x] == derivative);
      // There is room again after going back.
      r.clear();
      const Scalar y = r.variable(1.0);
      BOOST_TEST(y.id() == first);
      BOOST_TEST(backward(roll(y))[y] == rolled_derivative());
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_near_the_last_id) {
  Recording r({.first_id = 0xFFFFFFFEu - 2000, .last_id = 0xFFFFFFFEu});
  const Scalar x = r.variable(0.5), y = roll(x);
  const Scalar g = gradient(y, x);
  BOOST_TEST(g.value() == rolled_derivative());
  BOOST_TEST(forward({x}, {1.0})[y] == rolled_derivative());
  std::vector<Scalar> all{x};
  // Operands that move down, and up to the newest value; the expected ids pass both ends of the range.
  for (int i = 0; i < 60; ++i) all.push_back(all.back() * 0.99);
  Scalar sum = 0.0;
  for (std::size_t i = all.size(); i-- > 0;) sum = sum + all[i];
  const double expected = (1 - std::pow(0.99, 61)) / 0.01;
  BOOST_TEST(backward(sum)[x] == expected, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(gradient(sum, x).value() == expected, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(recordings_alive_are_counted) {
  std::vector<Recording> many;
  BOOST_CHECK_THROW(for (int i = 0; i < 5000; ++i) many.emplace_back(), CapacityError);
  BOOST_TEST(many.size() > 4000u);
  many.resize(many.size() - 1);
  Recording r;
  const Scalar x = r.variable(2.0);
  BOOST_TEST(backward(x * x)[x] == 4.0);
}

// --- Exceptions of the user
// --------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(user_code_that_throws_leaves_a_whole_recording) {
  Recording r;
  for (int depth = 0; depth < 60; ++depth) {
    r.clear();
    const Scalar x = r.variable(2.0);
    Scalar v = x;
    try {
      const auto scope = r.scope("outer");
      const auto line = r.location();
      for (int i = 0;; ++i) {
        if (i == depth) throw std::runtime_error("the user's");
        v = v * 0.5 + x;
      }
    } catch (const std::runtime_error&) {
    }
    BOOST_TEST(backward(v)[x] == rolled_derivative(depth), boost::test_tools::tolerance(1e-15));
    const Scalar w = v * x;
    BOOST_TEST(backward(w)[x] == rolled_derivative(depth) * 2 + v.value(), boost::test_tools::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(a_recording_that_dies_while_unwinding) {
  const auto f = [] {
    Recording r;
    const Scalar x = r.variable(2.0);
    static_cast<void>(roll(x, 1000));
    throw std::runtime_error("the user's");
  };
  BOOST_CHECK_THROW(f(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_derivative_inside_a_derivative) {
  // value_and_grad calls itself with numbers from inside; each level has a recording of its own.
  const auto inner = [](const auto& x) { return sin(x) * x; };
  auto outer = value_and_grad([&](const Scalar& x) {
    const double d = value_and_grad(inner)(x.value()).gradient;
    return Scalar(x * d);
  });
  BOOST_TEST(outer(0.5).gradient == std::sin(0.5) + 0.5 * std::cos(0.5), boost::test_tools::tolerance(1e-15));
  // … and with Scalars it records into theirs.
  auto second = value_and_grad([&](const Scalar& x) { return value_and_grad(inner)(x).gradient; });
  BOOST_TEST(second(0.5).gradient == 2 * std::cos(0.5) - 0.5 * std::sin(0.5), boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(stopping_at_the_first_nan) {
  Recording r({.stop_at_nan = true});
  const Scalar x = r.variable(-1.0);
  Scalar v = roll(x);
  BOOST_CHECK_THROW(v = log(v), DomainError);
  BOOST_CHECK_THROW(v = sqrt(x) + v, DomainError);
  BOOST_TEST(r.statistics().values == 41u);
  BOOST_TEST(backward(v)[x] == rolled_derivative());
  Recording lenient;
  const Scalar y = lenient.variable(-1.0);
  BOOST_TEST(std::isnan(Scalar(log(y)).value()));
}

BOOST_AUTO_TEST_CASE(many_inputs_at_once_are_what_they_are_one_by_one) {
  Recording at_once, one_by_one;
  for (const std::size_t count : {0U, 1U, 2U, 700U, 40000U}) {  // more than there is room for at first
    std::vector<double> values(count);
    for (std::size_t k = 0; k < count; ++k) values[k] = 0.25 * static_cast<double>(k);
    std::vector<Scalar> x(count), y(count);
    at_once.variables_into(values, x);
    for (std::size_t k = 0; k < count; ++k) y[k] = one_by_one.variable(values[k]);
    for (std::size_t k = 0; k < count; ++k) {
      BOOST_TEST_REQUIRE(x[k].id() == y[k].id());
      BOOST_TEST_REQUIRE(x[k].value() == y[k].value());
    }
    if (count == 0) continue;
    const Scalar z = x.back() * x.front(), w = y.back() * y.front();  // a statement between runs of inputs
    BOOST_TEST(z.id() == w.id());
    BOOST_TEST(backward(z)[x.back()] == backward(w)[y.back()]);
  }
  BOOST_TEST(at_once.statistics().bytes_used == one_by_one.statistics().bytes_used);
  std::vector<Scalar> two(2);
  BOOST_CHECK_THROW(at_once.variables_into(std::vector{1.0}, two), ArgumentError);
  Recording small({.last_id = 5});
  std::vector<Scalar> nine(9);
  BOOST_CHECK_THROW(small.variables_into(std::vector<double>(9, 1.0), nine), CapacityError);
}

BOOST_AUTO_TEST_CASE(adjoints_that_are_read_at_once_are_those_that_are_read_one_by_one) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(50, 0.5));
  const Scalar rolled = roll(x[7]);
  Scalar sum = rolled * x[3];
  std::vector<Scalar> inside;
  for (std::size_t k = 0; k < x.size(); ++k) inside.push_back(sum = sum + sin(x[k]) * x[49 - k]);
  const Adjoints a = backward(sum);
  std::vector<Scalar> asked(x);
  asked.insert(asked.end(), inside.begin(), inside.end());  // values of a loop, and such that are no inputs
  asked.insert(asked.end(), {x[4], Scalar(3.0), x[4], rolled, x[48], x[49], sum});
  std::vector<double> found(asked.size(), -1.0);
  a.read(asked, found);
  for (std::size_t k = 0; k < asked.size(); ++k) BOOST_TEST(found[k] == a[asked[k]]);
  BOOST_CHECK_THROW(a.read(x, found), ArgumentError);
  Recording other;
  const std::vector<Scalar> foreign{other.variable(1.0)};
  std::vector<double> number(1);
  BOOST_CHECK_THROW(a.read(foreign, number), ForeignRecording);
  r.clear();
  const std::vector<Scalar> later{r.variable(1.0)};
  BOOST_CHECK_THROW(a.read(later, number), Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
