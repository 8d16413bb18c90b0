/// Attributes, the table of operations, and result_type.
#include "wengert/graph/operation.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "sample_operations.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

/// What `f` throws as text, less the place.
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

BOOST_AUTO_TEST_SUITE(operation_table)

BOOST_AUTO_TEST_CASE(an_operation_is_plain_data) {
  static_assert(std::is_aggregate_v<Operation>);
  static_assert(!std::is_polymorphic_v<Operation>);
  static_assert(std::is_trivially_destructible_v<Operation>);
  struct Derived : Operation {
    int more;
  };
  static constexpr Derived derived{{.name = "d", .arity = 1}, 3};
  static_assert(derived.more == 3 && derived.arity == 1 && derived.pure);
}

BOOST_AUTO_TEST_CASE(attributes_compare_by_bits) {
  BOOST_TEST(identical(Attribute{0.0}, Attribute{0.0}));
  BOOST_TEST(!identical(Attribute{0.0}, Attribute{-0.0}));
  BOOST_TEST(identical(Attribute{std::nan("1")}, Attribute{std::nan("1")}));
  BOOST_TEST(!identical(Attribute{std::nan("1")}, Attribute{std::nan("2")}));
  BOOST_TEST(!identical(Attribute{1.0}, Attribute{std::int64_t{1}}));
  BOOST_TEST(!identical(Attribute{}, Attribute{std::int64_t{0}}));
  BOOST_TEST(identical(Attribute{std::vector<std::int64_t>{1, 2}}, Attribute{std::vector<std::int64_t>{1, 2}}));
  BOOST_TEST(!identical(Attribute{Array::from({0.0}, Shape{1})}, Attribute{Array::from({-0.0}, Shape{1})}));
  BOOST_TEST(hash_value(Attribute{std::string("a")}) == hash_value(Attribute{std::string("a")}));
  BOOST_TEST(hash_value(Attribute{0.0}) != hash_value(Attribute{-0.0}));
}

BOOST_AUTO_TEST_CASE(kinds_are_sets_with_a_text) {
  BOOST_TEST(to_string(AttributeKind::none | AttributeKind::integers) == "none or integers");
  BOOST_TEST((kind_of(Attribute{}) == AttributeKind::none));
  BOOST_TEST((kind_of(Attribute{1.0}) == AttributeKind::real));
  BOOST_TEST((kind_of(Attribute{std::int64_t{1}}) == AttributeKind::integer));
  BOOST_TEST((kind_of(Attribute{std::vector<std::int64_t>{}}) == AttributeKind::integers));
  BOOST_TEST((kind_of(Attribute{Array{}}) == AttributeKind::array));
  BOOST_TEST((kind_of(Attribute{std::string{}}) == AttributeKind::text));
}

BOOST_AUTO_TEST_CASE(the_layers_own_operations_have_fixed_ids) {
  BOOST_TEST(graph::operation(variable_operation).name == "variable");
  BOOST_TEST(graph::operation(constant_operation).name == "constant");
  BOOST_TEST((register_operation(variable_operation_record) == variable_operation));
}

BOOST_AUTO_TEST_CASE(registering_twice_gives_the_same_id_and_a_namesake_is_refused) {
  BOOST_TEST((register_operation(sample::mul_record) == sample::mul));
  OperationId id{};
  BOOST_TEST(find_operation("t.mul", &id) == &sample::mul_record);
  BOOST_TEST((id == sample::mul));
  BOOST_TEST(find_operation("no such operation") == nullptr);
  static constinit const Operation namesake{.name = "t.mul", .arity = 2, .type_rule = &sample::same_type};
  BOOST_TEST(message([] { register_operation(namesake); }) ==
             "register_operation: another operation has the name 't.mul'\n"
             "  hint: names are unique in a process; put a prefix before yours, e.g. \"mine.t.mul\"");
}

BOOST_AUTO_TEST_CASE(malformed_operations_are_refused) {
  static constinit const Operation spaced{.name = "a b", .type_rule = &sample::same_type};
  static constinit const Operation nameless{.name = "", .type_rule = &sample::same_type};
  static constinit const Operation ruleless{.name = "t.ruleless"};
  static constinit const Operation negative{.name = "t.negative", .arity = -2, .type_rule = &sample::same_type};
  BOOST_TEST(message([] { register_operation(spaced); }) ==
             "register_operation: 'a b' is no name for an operation; expected [a-z][a-z0-9_.]*");
  BOOST_CHECK_THROW(register_operation(nameless), ArgumentError);
  BOOST_TEST(
      message([] { register_operation(ruleless); }) ==
      "register_operation: 't.ruleless' has no type rule; expected a function that gives the type of the result, or "
      "refuses the operands");
  BOOST_TEST(message([] { register_operation(negative); }) ==
             "register_operation: 't.negative' has arity -2; expected a number of operands, or variadic");
  BOOST_CHECK_THROW((void)graph::operation(OperationId{65535}), InternalError);
}

BOOST_AUTO_TEST_CASE(threads_may_register_at_once) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (int i = 0; i < 200; ++i) made.push_back("t.thread_" + std::to_string(i));
    return made;
  }();
  static std::vector<Operation> records;
  for (const std::string& name : names) {
    records.push_back({.name = name, .arity = 1, .type_rule = &sample::same_type});
  }
  std::vector<std::vector<OperationId>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&mine] {
      for (const Operation& record : records) {
        mine.push_back(register_operation(record));
        if (&graph::operation(mine.back()) != &record) mine.push_back(OperationId{});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : ids) BOOST_TEST((mine == ids[0]));
  BOOST_TEST(ids[0].size() == names.size());
}

BOOST_AUTO_TEST_CASE(result_type_checks_arity_attribute_and_types) {
  const Type scalar;
  const Type row{Dtype::f64, Shape{3}};
  const std::vector<Type> one{scalar};
  const std::vector<Type> mixed{scalar, row};
  BOOST_TEST(message([&] { (void)result_type(sample::mul_record, one, {}); }) ==
             "t.mul: 1 operand; expected 2 operands");
  BOOST_TEST(message([&] { (void)result_type(sample::sin_record, one, Attribute{2.0}); }) ==
             "t.sin: attribute of kind real; expected none");
  BOOST_TEST(message([&] { (void)result_type(sample::mul_record, mixed, {}); }) ==
             "same_type: operand 1 has f64[3]; expected f64");
  const auto here = std::source_location::current();
  BOOST_CHECK_EXCEPTION((void)result_type(sample::mul_record, mixed, {}, here), ShapeError,
                        [&](const ShapeError& error) { return error.where().line() == here.line(); });
  BOOST_TEST((result_type(graph::operation(constant_operation), {}, Attribute{1.0}) == Type{}));
  BOOST_TEST(
      (result_type(graph::operation(constant_operation), {}, Attribute{std::int64_t{1}}) == Type{Dtype::i64, Shape{}}));
}

BOOST_AUTO_TEST_SUITE_END()
