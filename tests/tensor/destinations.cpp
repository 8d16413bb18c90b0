// Values written into memory that is there (TensorRules::value_into): the bits of value(), whatever was in that memory,
// and no allocation once the scratch has grown.
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <memory>
#include <new>
#include <set>

#include "allocation_count.hpp"
#include "structural_cases.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"
#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

/// Memory of exactly the elements of a type, between bytes that must stay as they are.
class Place {
 public:
  explicit Place(const Type& type)
      : bytes_(static_cast<std::size_t>(type.shape.size()) * size_of(type.dtype)),
        memory_(static_cast<std::byte*>(::operator new(bytes_ + 2 * around, std::align_val_t{64}))),
        array_(Array::over(memory_.get() + around, type)) {}

  Array& array() { return array_; }
  /// Writes `pattern` everywhere.
  void poison(int pattern) {
    pattern_ = pattern;
    std::memset(memory_.get(), pattern, bytes_ + 2 * around);
  }
  [[nodiscard]] bool holds(const Array& wanted) const {
    const auto bytes = wanted.bytes();
    const std::byte* const first = memory_.get() + around;
    const auto untouched = [this](const std::byte* from) {
      return std::all_of(from, from + around, [this](std::byte b) { return b == static_cast<std::byte>(pattern_); });
    };
    return bytes.size() == bytes_ && (bytes_ == 0 || std::memcmp(first, bytes.data(), bytes_) == 0) &&
           untouched(memory_.get()) && untouched(first + bytes_);
  }

 private:
  static constexpr std::size_t around = 64;
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
  };

  std::size_t bytes_;
  std::unique_ptr<std::byte, Free> memory_;
  Array array_;
  int pattern_ = 0;
};

/// Calls value_into again and again with the same scratch: into what reads as NaN, and into zeros.
/// No memory is asked for, unless `may_allocate`.
void check_into(const Primitive& primitive, std::span<const Array> x, const graph::Attribute& attribute,
                kernels::Scratch& scratch, bool may_allocate) {
  std::vector<Type> types;
  for (const Array& array : x) types.push_back(array.type());
  const Type type = primitive.type_rule(types, attribute);
  const Array wanted = primitive.on_tensors.value(x, attribute, type).dense();
  Place place(type);
  for (const int pattern : {0xFF, 0x00, 0x01}) {
    place.poison(pattern);
    const std::uint64_t before = allocations();
    primitive.on_tensors.value_into(x, attribute, place.array(), scratch);
    if (pattern == 0x01 && counts_allocations && !may_allocate) BOOST_TEST(allocations() == before);
    BOOST_TEST(place.holds(wanted));
  }
}

/// The operands; then with elements in memory of somebody else; then with one stored element for all of them.
void check_each_form(const Primitive& primitive, const std::vector<Array>& x, const graph::Attribute& attribute,
                     bool may_allocate = false) {
  kernels::Scratch scratch;
  check_into(primitive, x, attribute, scratch, may_allocate);

  std::vector<Array> views;
  for (const Array& array : x)
    views.push_back(Array::over(const_cast<std::byte*>(array.bytes().data()), array.type()));  // NOLINT: only read
  check_into(primitive, views, attribute, scratch, may_allocate);

  std::vector<Array> uniform;
  for (const Array& array : x)
    uniform.push_back(array.size() == 0 ? array : Array::uniform(array.type(), array.element(0)));
  check_into(primitive, uniform, attribute, scratch, may_allocate);
}

std::vector<Array> arrays(const std::vector<Tensor>& tensors) {
  std::vector<Array> values;
  for (const Tensor& t : tensors) values.push_back(t.value());
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(destinations)

BOOST_AUTO_TEST_CASE(structural_primitives_write_the_bits_of_their_value_and_allocate_nothing) {
  std::vector<StructuralCase> cases = structural_cases(1), random = random_cases(30);
  cases.insert(cases.end(), random.begin(), random.end());
  std::set<std::string_view> without;
  for (const StructuralCase& c : cases) {
    if (c.primitive->on_tensors.value_into == nullptr) {
      without.insert(c.primitive->name);
      continue;
    }
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 of(c.seed);
      check_each_form(*c.primitive, arrays(sample_operands(c.sample, of)), c.sample.attribute);
    }
  }
  // Those that call LAPACK, and no other.
  const std::set<std::string_view> lapack{
      "triangular_solve", "solve",    "inverse", "determinant", "cofactor", "log_abs_determinant",
      "determinant_sign", "cholesky", "eigh",    "svd",         "qr"};
  BOOST_TEST(without == lapack, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(elementwise_primitives_do_so_too) {
  std::mt19937 random(17);
  for (const Primitive* primitive : elementwise_primitives()) {
    BOOST_REQUIRE(primitive->on_tensors.value_into != nullptr);
    for (const Dtype dtype : {Dtype::f32, Dtype::f64})
      for (const Shape& shape : {Shape{}, Shape{3}, Shape{0, 2}, Shape{30, 37}}) {
        BOOST_TEST_CONTEXT(primitive->name << " " << to_string(Type{dtype, shape})) {
          std::vector<Array> x;
          for (int k = 0; k < primitive->arity; ++k)
            x.push_back((primitive->truth_operands >> k & 1u) != 0
                            ? (random_tensor({dtype, shape}, random) > 0.0).value()
                            : random_tensor({dtype, shape}, random).value());
          check_each_form(*primitive, x, {});
        }
      }
  }
}

// Large enough for several tiles, groups of axes, and every kind of product.
BOOST_AUTO_TEST_CASE(large_operands_and_masks) {
  std::mt19937 random(5);
  const auto check = [&](const Primitive& primitive, const std::vector<Type>& types, const graph::Attribute& attribute,
                         bool infinite = false) {
    std::vector<Array> x;
    for (const Type& type : types) x.push_back(random_tensor(type, random).value());
    if (infinite) {
      std::vector<double> values = Tensor(x[1]).to_vector();
      values[values.size() / 2] = std::numeric_limits<double>::infinity();
      x[1] = tensor(values, x[1].shape()).value();
    }
    // Of the primitives here those with two operands multiply.
    BOOST_TEST_CONTEXT(primitive.name) {
      check_each_form(primitive, x, attribute, x.size() == 2 && kernels::products_ask_for_memory());
    }
  };
  using Numbers = std::vector<std::int64_t>;
  const Type cube{Dtype::f64, {40, 30, 50}}, single{Dtype::f32, {70, 300, 3}};
  for (const Numbers& axes : {Numbers{0}, Numbers{1}, Numbers{2}, Numbers{0, 2}, Numbers{0, 1, 2}, Numbers{}}) {
    for (const Type& type : {cube, single}) {
      check(PrimitiveOf<ops::Sum>::record, {type}, axes);
      check(PrimitiveOf<ops::Softmax>::record, {type}, axes);
      check(PrimitiveOf<ops::LogSumExp>::record, {type}, axes);
      check(PrimitiveOf<ops::Norm>::record, {type}, axes);
      check(PrimitiveOf<ops::AMax>::record, {type}, axes);
      check(PrimitiveOf<ops::Prod>::record, {type}, axes);
    }
  }
  for (const std::int64_t flags : {0, 1, 2, 3, 4, 8}) {
    const bool ta = (flags & 1) != 0, tb = (flags & 2) != 0;
    const Shape a = ta ? Shape{2, 70, 33} : Shape{2, 33, 70}, b = tb ? Shape{2, 90, 70} : Shape{2, 70, 90};
    check(PrimitiveOf<ops::MatMul>::record, {{Dtype::f32, a}, {Dtype::f32, b}}, flags);
    check(PrimitiveOf<ops::MatMul>::record, {{Dtype::f64, a}, {Dtype::f64, b}}, flags, true);
  }
  const Numbers how{1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
  const Shape input{3, 8, 120, 130}, weight{6, 8, 3, 3}, output{3, 6, 120, 130};
  check(PrimitiveOf<ops::Conv2d>::record, {{Dtype::f32, input}, {Dtype::f32, weight}}, how);
  check(PrimitiveOf<ops::Conv2dByInput>::record, {{Dtype::f32, output}, {Dtype::f32, weight}},
        ops::convolution_attribute(how, 0, input));
  check(PrimitiveOf<ops::Conv2dByWeight>::record, {{Dtype::f64, input}, {Dtype::f64, output}},
        ops::convolution_attribute(how, 0, weight));
}

BOOST_AUTO_TEST_CASE(an_array_over_memory_of_the_caller) {
  alignas(64) std::array<double, 8> memory{1, 2, 3, 4, 5, 6, 7, 8};
  const auto over = [&](const Shape& shape) {
    return Array::over(reinterpret_cast<std::byte*>(memory.data()), {Dtype::f64, shape});
  };
  Array a = over({2, 4});
  BOOST_TEST(a.data<double>().data() == memory.data());
  BOOST_TEST(a.unique());
  a.mutable_data<double>()[3] = 40.0;
  BOOST_TEST(over({8}).element(3) == 40.0);
  const Array shared = a;
  BOOST_CHECK_THROW(static_cast<void>(a.mutable_data<double>()), InternalError);
  const Array reshaped = over({2, 4}).reshaped({8});
  BOOST_TEST(reshaped.element(3) == 40.0);
  BOOST_TEST(Array::over(nullptr, {Dtype::f64, {0}}).size() == 0);
}

// The first piece of memory may be replaced by a larger one while a mark lives.
BOOST_AUTO_TEST_CASE(scratch_grows_under_a_mark) {
  kernels::Scratch scratch;
  for (std::size_t count = 100; count < 100'000; count *= 3) {
    const kernels::Scratch::Mark mark(scratch);
    const auto a = scratch.take<double>(count);
    std::fill(a.begin(), a.end(), 1.0);
  }
  const std::size_t kept = scratch.bytes();
  const kernels::Scratch::Mark mark(scratch);
  const auto a = scratch.take<double>(kept / sizeof(double));
  BOOST_TEST(scratch.bytes() == kept);
  std::fill(a.begin(), a.end(), 1.0);
}

BOOST_AUTO_TEST_CASE(scratch_lends_aligned_memory_and_keeps_it) {
  kernels::Scratch scratch;
  const auto use = [&](std::size_t first, std::size_t second) {
    const kernels::Scratch::Mark mark(scratch);
    const auto a = scratch.take<double>(first);
    const auto b = scratch.take<float>(second);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0u);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0u);
    std::fill(a.begin(), a.end(), 1.0);
    std::fill(b.begin(), b.end(), 2.0F);
    {
      const kernels::Scratch::Mark inner(scratch);
      const auto c = scratch.take<double>(second);
      std::fill(c.begin(), c.end(), 3.0);
    }
    BOOST_TEST(std::all_of(a.begin(), a.end(), [](double x) { return x == 1.0; }));
    BOOST_TEST(std::all_of(b.begin(), b.end(), [](float x) { return x == 2.0F; }));
  };
  BOOST_TEST(scratch.bytes() == 0u);
  for (const auto& [first, second] : {std::pair<std::size_t, std::size_t>{10, 20}, {1, 5000}, {300, 3}, {0, 7}})
    use(first, second);
  const std::size_t kept = scratch.bytes();
  const std::uint64_t before = allocations();
  for (const auto& [first, second] : {std::pair<std::size_t, std::size_t>{10, 20}, {1, 5000}, {300, 3}, {0, 7}})
    use(first, second);
  BOOST_TEST(scratch.bytes() == kept);
  if (counts_allocations) BOOST_TEST(allocations() == before);
  BOOST_CHECK_THROW(static_cast<void>(scratch.take<double>(std::size_t{1} << 62)), CapacityError);
  // AddressSanitizer ends a program that asks for so much.
  if (counts_allocations)
    BOOST_CHECK_THROW(static_cast<void>(scratch.take<std::byte>(std::size_t{1} << 61)), CapacityError);
  use(10, 20);
}

BOOST_AUTO_TEST_CASE(scratch_whose_first_piece_was_too_small_is_not_read_after_it_was_freed) {
  kernels::Scratch scratch;
  {
    const kernels::Scratch::Mark mark(scratch);
    scratch.take<double>(std::size_t{3})[0] = 1.0;
  }
  {
    const kernels::Scratch::Mark mark(scratch);  // nothing is taken: the piece of before is replaced by a larger one
    for (double& x : scratch.take<double>(std::size_t{1000})) x = 2.0;
  }
  const std::size_t kept = scratch.bytes();
  BOOST_TEST(kept >= 8000u);
  for (int k = 0; k < 3; ++k) {
    const kernels::Scratch::Mark mark(scratch);
    for (double& x : scratch.take<double>(std::size_t{1000})) x = 3.0;
    BOOST_TEST(scratch.bytes() == kept);
  }
}

BOOST_AUTO_TEST_SUITE_END()
