/// Arrays: making, sharing, uniform ones, reshaping, refusals.
#include "wengert/graph/array.hpp"

#include <boost/test/unit_test.hpp>

#include <malloc.h>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "wengert/graph/blocks.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;

BOOST_AUTO_TEST_SUITE(array)

BOOST_AUTO_TEST_CASE(holds_what_it_was_made_from) {
  const std::vector<double> values{1, 2, 3, 4, 5, 6};
  const Array a = Array::from(values, Shape{2, 3});
  BOOST_TEST(to_string(a) == "f64[2,3]{1, 2, 3, 4, 5, 6}");
  BOOST_TEST(a.element(4) == 5.0);
  BOOST_TEST(a.data<double>()[5] == 6.0);
  BOOST_TEST(a.rank() == 2U);
  BOOST_TEST(a.stride() == 1);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(a.data<double>().data()) % 64 == 0U);
  const std::int64_t big = (std::int64_t{1} << 53) + 1;
  BOOST_TEST(Array::from(std::vector<std::int64_t>{big}, Shape{}).integer_element(0) == big);
  BOOST_TEST(Array::from(std::vector<float>{0.1F}, Shape{1}).data<float>()[0] == 0.1F);
  const bool bits[]{true, false};
  const Array b = Array::from(std::span<const bool>(bits), Shape{2});
  BOOST_TEST(to_string(b) == "bool[2]{1, 0}");
  BOOST_TEST(b.element(0) == 1.0);
  BOOST_TEST(to_string(Array::from({1.5}, Shape{})) == "f64{1.5}");
  BOOST_TEST(to_string(Array::zeros({Dtype::i32, Shape{20}}), 3) == "i32[20]{0, 0, 0, ...}");
}

BOOST_AUTO_TEST_CASE(default_and_empty_arrays_have_no_elements) {
  const Array none;
  BOOST_TEST(to_string(none) == "f64[0]{}");
  BOOST_TEST(none.data<double>().empty());
  BOOST_TEST((none == Array::zeros({Dtype::f64, Shape{0}})));
  const Array empty = Array::zeros({Dtype::f32, Shape{4, 0}});
  BOOST_TEST(empty.size() == 0);
  BOOST_TEST(empty.data<float>().empty());
  BOOST_TEST(!Array::uniform({Dtype::f32, Shape{4, 0}}, 1.0).is_uniform());
  BOOST_TEST(to_string(none.reshaped(Shape{0, 7})) == "f64[0,7]{}");
  BOOST_CHECK_THROW((void)empty.element(0), ArgumentError);
}

BOOST_AUTO_TEST_CASE(an_unknown_array_has_a_type_and_no_elements) {
  const std::int64_t n = std::int64_t{1} << 30;
  const Array a = Array::unknown({Dtype::f32, Shape{n, n}});
  BOOST_TEST(a.is_unknown());
  BOOST_TEST(!a.is_uniform());
  BOOST_TEST((a.type() == Type{Dtype::f32, Shape{n, n}}));
  BOOST_TEST(to_string(a) == "f32[1073741824,1073741824]{?}");
  BOOST_TEST(a.reshaped(Shape{n * n}).is_unknown());
  const Array copy = a;
  BOOST_TEST((copy == a));
  BOOST_TEST(hash_value(copy) == hash_value(a));
  BOOST_TEST((Array::unknown({Dtype::f32, Shape{2}}) != Array::unknown({Dtype::f32, Shape{2}})));
  BOOST_TEST((Array::unknown({Dtype::f32, Shape{0}}) != Array::zeros({Dtype::f32, Shape{0}})));
  BOOST_CHECK_THROW((void)a.stored<float>(), UnknownValue);
  BOOST_CHECK_THROW((void)a.data<float>(), UnknownValue);
  BOOST_CHECK_THROW((void)a.data<double>(), DtypeError);
  BOOST_CHECK_THROW((void)a.bytes(), UnknownValue);
  BOOST_CHECK_THROW((void)a.element(0), UnknownValue);
  BOOST_CHECK_THROW((void)a.element(-1), ArgumentError);
  Array b = Array::unknown({Dtype::i64, Shape{}});
  BOOST_CHECK_THROW((void)b.integer_element(0), UnknownValue);
  BOOST_CHECK_THROW((void)b.mutable_data<std::int64_t>(), UnknownValue);
  BOOST_TEST(!Array::zeros({Dtype::f32, Shape{}}).is_unknown());
  BOOST_TEST(!Array().is_unknown());
}

BOOST_AUTO_TEST_CASE(is_written_only_while_nobody_else_holds_it) {
  Array a = Array::uninitialised({Dtype::f64, Shape{3}});
  for (double& x : a.mutable_data<double>()) x = 7;
  {
    const Array shared = a;  // NOLINT(performance-unnecessary-copy-initialization): the copy is the point
    BOOST_TEST(!a.unique());
    BOOST_CHECK_EXCEPTION((void)a.mutable_data<double>(), InternalError, [](const InternalError& error) {
      return std::string(error.what()) == "array: a shared f64[3] would be written; expected a sole owner";
    });
    BOOST_TEST(shared.data<double>().data() == a.data<double>().data());
  }
  a.mutable_data<double>()[0] = 8;
  BOOST_TEST(a.element(0) == 8.0);
  const Array view = a.reshaped(Shape{3, 1});
  BOOST_CHECK_THROW((void)a.mutable_data<double>(), InternalError);
  BOOST_TEST(view.data<double>().data() == a.data<double>().data());
}

BOOST_AUTO_TEST_CASE(a_reshaped_array_keeps_the_buffer_alive) {
  Array view = Array::from({1, 2, 3, 4}, Shape{4}).reshaped(Shape{2, 2}).reshaped(Shape{1, 4});
  BOOST_TEST(to_string(view) == "f64[1,4]{1, 2, 3, 4}");
  BOOST_TEST(view.unique());
  view.mutable_data<double>()[0] = 5;
  BOOST_TEST(view.element(0) == 5.0);
  BOOST_CHECK_EXCEPTION((void)view.reshaped(Shape{3}), ShapeError, [](const ShapeError& error) {
    return std::string(error.what()) == "reshape: f64[1,4] has 4 elements; expected 3 for [3]";
  });
}

BOOST_AUTO_TEST_CASE(a_uniform_array_stores_one_element) {
  const Array a = Array::uniform({Dtype::f64, Shape{1000000000, 1000}}, 2.5);
  BOOST_TEST(a.is_uniform());
  BOOST_TEST(a.size() == 1000000000000);
  BOOST_TEST(a.stride() == 0);
  BOOST_TEST(a.stored<double>().size() == 1U);
  BOOST_TEST(a.element(999999999999) == 2.5);
  BOOST_TEST(to_string(a) == "f64[1000000000,1000]{2.5 ...}");
  BOOST_CHECK_EXCEPTION((void)a.data<double>(), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) ==
           "array: f64[1000000000,1000] is uniform: it stores one element\n"
           "  hint: use stored() with stride(), or dense()";
  });
  const Array small = Array::uniform({Dtype::i32, Shape{2, 2}}, 3);
  BOOST_TEST(to_string(small.dense()) == "i32[2,2]{3, 3, 3, 3}");
  BOOST_TEST(!(small == small.dense()));
  BOOST_TEST(small.reshaped(Shape{4}).is_uniform());
  BOOST_TEST(!Array::scalar(1).is_uniform());
}

BOOST_AUTO_TEST_CASE(a_dtype_refuses_what_it_cannot_hold) {
  const auto refused = [](Dtype dtype, double value) {
    try {
      (void)Array::uniform({dtype, Shape{}}, value);
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
    return std::string("held");
  };
  BOOST_TEST(refused(Dtype::i32, 2.5) == "array: the value 2.5 is not a value of i32");
  BOOST_TEST(refused(Dtype::i32, 2147483647.0) == "held");
  BOOST_TEST(refused(Dtype::i32, 2147483648.0) == "array: the value 2147483648 is not a value of i32");
  BOOST_TEST(refused(Dtype::i32, -2147483648.0) == "held");
  BOOST_TEST(refused(Dtype::i64, 0x1p63) == "array: the value 9223372036854775808 is not a value of i64");
  BOOST_TEST(refused(Dtype::i64, -0x1p63) == "held");
  BOOST_TEST(refused(Dtype::i64, std::nan("")) == "array: the value nan is not a value of i64");
  BOOST_TEST(refused(Dtype::boolean, 2.0) == "array: the value 2 is not a value of bool");
  BOOST_TEST(refused(Dtype::boolean, 1.0) == "held");
  BOOST_TEST(refused(Dtype::f32, 0.1) == "held");
}

BOOST_AUTO_TEST_CASE(equality_and_hash_go_by_bits) {
  const auto one = [](double value) { return Array::from({value}, Shape{1}); };
  BOOST_TEST((one(1) == one(1)));
  BOOST_TEST(hash_value(one(1)) == hash_value(one(1)));
  BOOST_TEST(!(one(0.0) == one(-0.0)));
  BOOST_TEST((one(std::nan("1")) == one(std::nan("1"))));
  BOOST_TEST(!(one(std::nan("1")) == one(std::nan("2"))));
  BOOST_TEST(!(one(1) == Array::scalar(1)));
  BOOST_TEST(!(Array::zeros({Dtype::f64, Shape{1}}) == Array::zeros({Dtype::i64, Shape{1}})));
}

BOOST_AUTO_TEST_CASE(wrong_access_is_a_typed_error) {
  const Array a = Array::from({1, 2}, Shape{2});
  BOOST_CHECK_EXCEPTION((void)a.data<float>(), DtypeError, [](const DtypeError& error) {
    return std::string(error.what()) == "array: elements of f64[2] read as f32; expected f64";
  });
  BOOST_CHECK_EXCEPTION((void)a.integer_element(0), DtypeError, [](const DtypeError& error) {
    return std::string(error.what()) == "array: elements of f64[2] read as integers; expected i32, i64 or bool";
  });
  BOOST_CHECK_EXCEPTION((void)a.element(2), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "array: element 2 of f64[2]; expected an index from 0 to 1";
  });
  BOOST_CHECK_THROW((void)a.element(-1), ArgumentError);
  BOOST_CHECK_EXCEPTION((void)Array::from({1, 2}, Shape{3}), ShapeError, [](const ShapeError& error) {
    return std::string(error.what()) == "array: 2 values for shape [3]; expected 3 values";
  });
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_there_is_a_capacity_error) {
  BOOST_CHECK_THROW((void)Array::zeros({Dtype::f64, Shape{std::int64_t{1} << 60}}), CapacityError);
  BOOST_CHECK_THROW((void)Array::uninitialised({Dtype::boolean, Shape{std::numeric_limits<std::int64_t>::max()}}),
                    CapacityError);
}

#if !defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(a_large_block_is_used_again_by_an_array_of_about_its_size) {
  const void* before = nullptr;
  {
    const Array a = Array::zeros({Dtype::f64, Shape{100'000}});
    before = a.data<double>().data();
  }
  const Array b = Array::zeros({Dtype::f32, Shape{199'000}}), c = Array::zeros({Dtype::f32, Shape{199'000}});
  BOOST_TEST(b.data<float>().data() == before);
  BOOST_TEST(c.data<float>().data() != before);
}

/// What is kept and what is in use are together never more than the most that was in use.
BOOST_AUTO_TEST_CASE(memory_that_is_kept_makes_room_for_what_is_used) {
  const auto held = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const auto megabytes = [](std::int64_t count) { return Type{Dtype::f64, Shape{count * (1 << 17)}}; };
  static_cast<void>(Array::uninitialised(megabytes(40)));
  const std::size_t before = held();
  for (std::int64_t count = 3; count < 40; count += 4) static_cast<void>(Array::uninitialised(megabytes(count)));
  BOOST_TEST(held() <= before + (std::size_t{1} << 20));
  detail::release_blocks();
  BOOST_TEST(held() <= before - (std::size_t{38} << 20));
}
#endif

BOOST_AUTO_TEST_CASE(adopted_elements_are_shared_and_kept_alive) {
  auto numbers = std::make_shared<const std::vector<double>>(std::vector{1.0, 2.0, 3.0, 4.0});
  const std::weak_ptr<const std::vector<double>> alive = numbers;
  {
    Array a = Array::adopt<double>({numbers, numbers->data()}, Shape{2, 2});
    numbers.reset();
    BOOST_TEST(!alive.expired());
    BOOST_TEST(a.data<double>().data() == alive.lock()->data());  // no copy
    BOOST_TEST((a == Array::from({1, 2, 3, 4}, Shape{2, 2})));
    BOOST_TEST(!a.unique());
    BOOST_CHECK_THROW((void)a.mutable_data<double>(), InternalError);
    Array b = a.reshaped(Shape{4});
    a = Array{};
    BOOST_TEST(!alive.expired());
    BOOST_TEST(b.data<double>().data() == alive.lock()->data());
    BOOST_TEST(!b.unique());
    BOOST_CHECK_THROW((void)b.mutable_data<double>(), InternalError);
  }
  BOOST_TEST(alive.expired());
}

BOOST_AUTO_TEST_CASE(nothing_is_adopted_of_a_null_pointer) {
  BOOST_CHECK_EXCEPTION((void)Array::adopt<double>(nullptr, Shape{2}), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "array: no elements for f64[2]";
  });
  BOOST_TEST(Array::adopt<double>(nullptr, Shape{0}).data<double>().empty());
}

BOOST_AUTO_TEST_CASE(threads_may_share_and_drop_an_array) {
  const Array a = Array::from({1, 2, 3}, Shape{3});
  double sums[4]{};
  std::vector<std::thread> threads;
  for (double& sum : sums) {
    threads.emplace_back([a, &sum] {
      for (int i = 0; i < 10000; ++i) {
        const Array copy = a.reshaped(Shape{3, 1});
        sum += copy.element(i % 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double sum : sums) BOOST_TEST(sum == 1.0 * 3334 + 2.0 * 3333 + 3.0 * 3333);
  BOOST_TEST(a.unique());
}

BOOST_AUTO_TEST_SUITE_END()
