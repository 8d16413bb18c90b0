// What a wrong call says, and that it leaves the recording as it was.
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <limits>

#include "tensor_helpers.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// The error of kind E that f throws; its message must hold every text, and the location a line of this file.
template <class E, class F>
void throws(F&& f, std::initializer_list<const char*> texts, unsigned line) {
  try {
    f();
  } catch (const E& error) {
    for (const char* text : texts)
      BOOST_TEST(std::strstr(error.what(), text) != nullptr, error.what() << " lacks " << text);
    BOOST_TEST(error.where().line() == line);
    BOOST_TEST(std::strstr(error.where().file_name(), "errors.cpp") != nullptr);
    return;
  }
  BOOST_ERROR("nothing of that kind was thrown");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(messages_name_operation_operands_expectation_and_line) {
  Recording r;
  const Tensor a = r.variable(ones(Shape{2, 3})), b = r.variable(ones(Shape{4})),
               f = r.variable(ones(Shape{2, 3}, Dtype::f32));
  const Tensor i = r.variable(tensor(std::vector<std::int64_t>{1, 2}, Shape{2}));
  const auto before = r.statistics();
  throws<ShapeError>([&] { (void)(a + b); }, {"add", "f64[4]", "[2,3]", "broadcast"}, __LINE__);
  throws<DtypeError>([&] { (void)(a * f); }, {"mul: operand 1 has f32[2,3]", "f64 like", "hint: convert"}, __LINE__);
  throws<DtypeError>([&] { (void)sin(i); }, {"sin", "i64[2]", "f32 or f64"}, __LINE__);
  throws<ShapeError>([&] { (void)max(a, b); }, {"max", "f64[4]"}, __LINE__);
  throws<DtypeError>([&] { (void)where(a, a, a); }, {"where", "operand 0 has f64[2,3]", "bool", "t != 0"}, __LINE__);
  throws<ShapeError>([&] { (void)matmul(a, a); }, {"matmul: operand 1", "f64[2,3]; expected f64[3,*]"}, __LINE__);
  throws<ShapeError>([&] { (void)matmul(a, a); }, {"hint: transpose"}, __LINE__);
  throws<DtypeError>([&] { (void)matmul(a, f); }, {"matmul", "operand 1 has f32[2,3]", "f64"}, __LINE__);
  throws<ShapeError>([&] { (void)reshape(a, Shape{5}); }, {"reshape", "f64[2,3]", "[5]"}, __LINE__);
  throws<ShapeError>([&] { (void)sum(a, {2}); }, {"sum", "axis 2", "-2 to 1"}, __LINE__);
  throws<ShapeError>([&] { (void)element(a, {0, 3}); }, {"element", "[0,3]", "f64[2,3]"}, __LINE__);
  throws<ShapeError>([&] { (void)to_scalar(a); }, {"to_scalar", "f64[2,3]", "element"}, __LINE__);
  throws<ShapeError>([&] { (void)backward(a); }, {"backward", "f64[2,3]", "single element", "sum(y)"}, __LINE__);
  throws<ShapeError>([&] { (void)backward(a, b); }, {"backward", "f64[4]", "expected f64[2,3]"}, __LINE__);
  throws<DtypeError>([&] { (void)backward(a, f); }, {"backward", "f32[2,3]", "expected f64[2,3]"}, __LINE__);
  throws<ShapeError>([&] { (void)gradient(a, a); }, {"gradient", "f64[2,3]", "single element"}, __LINE__);
  throws<DtypeError>([&] { (void)gradient(sum(a), i); }, {"gradient", "i64[2]", "f32 or f64"}, __LINE__);
  throws<ArgumentError>([&] { (void)gradient(sum(a), ones(Shape{2})); }, {"gradient", "constant"}, __LINE__);
  BOOST_TEST(r.statistics().values == before.values + 2);  // the two sums
  throws<DtypeError>([&] { (void)backward(slice(i, {0}, {1})); }, {"backward", "i64[1]", "f32 or f64"}, __LINE__);
  throws<DtypeError>([&] { (void)forward({i}, {i}); }, {"forward", "i64[2]", "f32 or f64"}, __LINE__);
  throws<ArgumentError>([&] { (void)full(Shape{2}, 2.5, Dtype::i32); }, {"2.5", "i32"}, __LINE__);
  throws<ShapeError>([&] { (void)tensor({1, 2, 3}, Shape{2}); }, {"3 values", "[2]"}, __LINE__);
}

BOOST_AUTO_TEST_CASE(an_integer_has_no_adjoint) {
  Recording r;
  const Tensor x = r.variable(tensor({1, 2}));
  const Tensor mask = x > 1.0;
  const Adjoints g = backward(sum(where(mask, x, 0.0)));
  BOOST_CHECK_THROW((void)g[mask], DtypeError);
  BOOST_TEST(g[x].to_vector() == (std::vector<double>{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(recordings_do_not_mix) {
  Recording r, other;
  const Tensor a = r.variable(tensor({1, 2})), b = other.variable(tensor({1, 2}));
  const Scalar s = other.variable(1.0);
  BOOST_CHECK_THROW((void)(a + b), ForeignRecording);
  BOOST_CHECK_THROW((void)matmul(a, b), ForeignRecording);
  BOOST_CHECK_THROW((void)stack({a, b}), ForeignRecording);
  BOOST_CHECK_THROW((void)stack({s, element(a, {0})}), ForeignRecording);
  BOOST_CHECK_THROW((void)gradient(sum(a), b), ForeignRecording);
  BOOST_CHECK_THROW((void)backward(sum(a))[b], ForeignRecording);
  BOOST_TEST(r.statistics().values == 4u);  // a, element, two sums
  BOOST_TEST(other.statistics().values == 2u);
}

BOOST_AUTO_TEST_CASE(no_entry_stays_when_ids_run_out) {
  RecordingOptions options;
  options.first_id = 0xFFFFFFF0u;
  options.last_id = 0xFFFFFFF3u;
  Recording r(options);
  const Tensor a = r.variable(ones(Shape{2, 3})), b = r.variable(ones(Shape{3})), c = r.variable(ones(Shape{3, 2}));
  // The broadcast would have an id, the sum after it none.
  BOOST_CHECK_THROW((void)(a + b), CapacityError);
  BOOST_TEST(r.statistics().values == 3u);
  BOOST_CHECK_THROW((void)mean(a, {0}), CapacityError);
  BOOST_TEST(r.statistics().values == 3u);
  const Tensor d = a * 2.0;
  BOOST_TEST(r.statistics().values == 4u);
  BOOST_CHECK_THROW((void)(a * 2.0), CapacityError);
  BOOST_CHECK_THROW((void)r.variable(ones(Shape{})), CapacityError);
  BOOST_CHECK_THROW((void)element(a, {0, 0}), CapacityError);
  BOOST_TEST(r.statistics().values == 4u);
  BOOST_TEST(backward(d, ones(Shape{2, 3}))[a].to_vector()[5] == 2.0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end the process instead of refusing
BOOST_AUTO_TEST_CASE(no_entry_stays_when_memory_runs_out) {
  Recording r;
  const Tensor a = r.variable(ones(Shape{std::int64_t{1} << 40, 1}));  // one stored element
  const Tensor b = r.variable(tensor({1, 2}));
  const auto before = r.statistics().values;
  BOOST_CHECK_THROW((void)(a + b), CapacityError);
  BOOST_TEST(r.statistics().values == before);
  BOOST_TEST(sum(b).item() == 3.0);
}
#endif

BOOST_AUTO_TEST_CASE(a_recording_can_stop_at_the_first_nan) {
  RecordingOptions options;
  options.stop_at_nan = true;
  Recording r(options);
  const Tensor a = r.variable(tensor({1, -1}));
  throws<DomainError>([&] { (void)sqrt(a); }, {"NaN"}, __LINE__);
  BOOST_TEST(r.statistics().values == 1u);
  BOOST_TEST(exp(a).size() == 2);
}

// Trap T37: a rule whose contribution has a shape that would broadcast.
BOOST_AUTO_TEST_CASE(the_engine_refuses_a_rule_with_a_wrong_shape) {
  static const auto wrong_vjp = [](std::size_t, const Tensor& cotangent, const Tensor&, std::span<const Tensor>,
                                   const graph::Attribute&) { return sum(cotangent, {0}, Keep::yes); };
  static Primitive wrong = PrimitiveOf<ops::Sin>::record;
  wrong.on_tensors.vjp = wrong_vjp;
  wrong.on_tensors.accumulate = [](std::size_t, const Array& cotangent, const Array&, std::span<const Array>,
                                   const graph::Attribute&, kernels::Accumulator& adjoint) {
    adjoint.add(sum(Tensor(cotangent), {0}, Keep::yes).value(), "wrong");
  };
  Recording r;
  const Tensor x = r.variable(tensor({1, 2, 3}));
  const Tensor y = detail::record_tensor(wrong, std::span(&x, 1), {}, {});
  const Tensor also = sum(y) + sum(x * x);
  BOOST_CHECK_THROW((void)backward(also), InternalError);
  BOOST_CHECK_THROW((void)gradient(also, x), InternalError);
}

BOOST_AUTO_TEST_CASE(entries_carry_the_line_of_the_call) {
  Recording r;
  const Tensor a = r.variable(ones(Shape{2, 3}));
  const auto line_of_last = [&] { return detail::location_of(r.stream().tensors->entries.back().location).line(); };
  (void)(a + 1.0);
  BOOST_TEST(line_of_last() == static_cast<unsigned>(__LINE__ - 1));
  (void)tanh(a);
  BOOST_TEST(line_of_last() == static_cast<unsigned>(__LINE__ - 1));
  const Tensor y = sum(a * a);
  const unsigned line = __LINE__ - 1;
  BOOST_TEST(line_of_last() == line);
  // What the gradient records carries the line of what it differentiates.
  (void)gradient(y, a);
  BOOST_TEST(line_of_last() == line);
  {
    const auto scope = r.location();
    const unsigned scope_line = __LINE__ - 1;
    (void)(a - 1.0);
    BOOST_TEST(line_of_last() == scope_line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
