/// Dtypes, shapes, types: texts, equality, refusals.
#include "wengert/graph/types.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "wengert/graph/error.hpp"

using namespace wengert;

namespace {

/// What `f` throws as text, less the place; "nothing" when it does not throw.
template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    ErrorDetail detail = error.detail();
    detail.where = {};
    return message_of(detail);
  }
  return "nothing";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(types)

BOOST_AUTO_TEST_CASE(dtypes_have_texts_and_sizes) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::i32, Dtype::i64, Dtype::boolean}) {
    Dtype parsed = Dtype::f32;
    BOOST_TEST(parse_dtype(to_string(dtype), parsed));
    BOOST_TEST((parsed == dtype));
    with_element_type(dtype, [&]<class T>(std::type_identity<T>) {
      BOOST_TEST(size_of(dtype) == sizeof(T));
      BOOST_TEST((dtype_of<T>() == dtype));
    });
  }
  Dtype parsed = Dtype::f32;
  BOOST_TEST(!parse_dtype("f16", parsed));
  BOOST_TEST(is_real(Dtype::f32));
  BOOST_TEST(!is_real(Dtype::i64));
}

BOOST_AUTO_TEST_CASE(rank_zero_differs_from_one_element) {
  BOOST_TEST((Shape{} != Shape{1}));
  BOOST_TEST(Shape{}.size() == 1);
  BOOST_TEST(Shape{}.rank() == 0U);
  BOOST_TEST(to_string(Shape{}) == "[]");
  BOOST_TEST(to_string(Type{}) == "f64");
  BOOST_TEST(to_string(Type{Dtype::boolean, Shape{1}}) == "bool[1]");
  BOOST_TEST(to_string(Type{Dtype::i32, Shape{2, 3}}) == "i32[2,3]");
}

BOOST_AUTO_TEST_CASE(empty_extents_are_legal) {
  const Shape empty{3, 0, 5};
  BOOST_TEST(empty.size() == 0);
  BOOST_TEST(empty.rank() == 3U);
  BOOST_TEST(to_string(empty) == "[3,0,5]");
  BOOST_TEST((empty != Shape{0, 3, 5}));
  BOOST_TEST(byte_size({Dtype::f64, empty}) == 0U);
}

BOOST_AUTO_TEST_CASE(equal_shapes_hash_alike) {
  const std::vector<std::int64_t> extents{2, 3};
  BOOST_TEST((Shape(std::span<const std::int64_t>(extents)) == Shape{2, 3}));
  BOOST_TEST(hash_value(Shape{2, 3}) == hash_value(Shape(std::span<const std::int64_t>(extents))));
  BOOST_TEST(hash_value(Shape{2, 3}) != hash_value(Shape{3, 2}));
  BOOST_TEST(hash_value(Type{Dtype::f32, Shape{2}}) != hash_value(Type{Dtype::f64, Shape{2}}));
}

BOOST_AUTO_TEST_CASE(malformed_shapes_are_refused) {
  constexpr std::int64_t big = std::int64_t{1} << 32;
  BOOST_TEST(message([] { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }) == "Shape: rank 9; expected rank at most 8");
  BOOST_TEST(message([] { Shape{2, -3}; }) == "Shape: extent 1 of [2,-3] is negative; expected extents >= 0");
  BOOST_TEST(message([] {
               Shape{big, big};
             }) ==
             "Shape: [4294967296,4294967296] has more than 2^63 - 1 elements; "
             "expected a product of extents (0 counted as 1) that fits in 63 bits");
  // An empty shape has strides too, and they must not overflow.
  BOOST_CHECK_THROW((Shape{0, big, big}), ShapeError);
  BOOST_CHECK_THROW((Shape{big, big, 0}), ShapeError);
  // The largest that is legal, and its bytes, which are not.
  const Shape largest{std::numeric_limits<std::int64_t>::max()};
  BOOST_TEST(largest.size() == std::numeric_limits<std::int64_t>::max());
  BOOST_TEST(message([&] {
               (void)byte_size({Dtype::f64, largest});
             }) == "array: f64[9223372036854775807] takes more than 2^63 - 1 bytes");
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_users_line) {
  const auto line = std::source_location::current().line() + 2;
  try {
    (void)Shape{-1};
    BOOST_FAIL("not refused");
  } catch (const ShapeError& error) {
    BOOST_TEST(error.where().line() == line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
