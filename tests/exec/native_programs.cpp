// Programs with native code against the same ones without it: the same bits, for one sample and for batches, of numbers
// and of tensors, where products by `scale` meet 0·∞ and 0·NaN too.
//
// WENGERT_PROGRAMS=<count> and WENGERT_SEED=<first> widen the search.
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/tests/exec/native_blocks.hpp"
#include "wengert/tests/passes/samples.hpp"
#include "wengert/tests/tensor/differentiated.hpp"
#include "wengert/tests/tensor/points.hpp"

namespace wengert::test {
namespace {

boost::test_tools::assertion_result has_exact_native_code(boost::unit_test::test_unit_id test) {
  const auto available = native_code_is_available(test);
  return available ? fma_is_exact(test) : available;
}

using Scalars = std::vector<Scalar>;
using Numbers = std::vector<double>;

/// Two programs of one thing.
struct Both {
  Program native, plain;

  template <class... A>
  explicit Both(ProgramOptions options, const A&... of)
      : native(of..., with(options, true)), plain(of..., with(options, false)) {}

 private:
  static ProgramOptions with(ProgramOptions options, bool native) {
    options.native = native;
    return options;
  }
};

/// Sums and products of inputs, of which all are needed again for its derivatives.
template <class V>
V long_sum(const V& x, const V& y) {
  V sum = x;
  for (int k = 0; k < 160; ++k) {
    const V a = x + 0.25 * k, b = y * (1.5 - 0.01 * k);
    sum = sum * 0.5 + sin(a * b) * sqrt(square(b - y) + x * x);
  }
  return sum;
}
Scalars long_function(const Scalar& x, const Scalar& y) { return {long_sum(x, y)}; }

struct NumberFunction {
  const char* name;
  Scalars (*f)(const Scalar& x, const Scalar& y);
};
/// Their derivatives multiply zeros by what is infinite or no number, at many of the special numbers.
const std::vector<NumberFunction> functions{
    {"root of a square", [](const Scalar& x, const Scalar& y) { return Scalars{sqrt(x * x + y * y)}; }},
    {"quotient", [](const Scalar& x, const Scalar& y) { return Scalars{x / y * square(x)}; }},
    {"chosen root", [](const Scalar& x, const Scalar& y) { return Scalars{where(x < y, sqrt(x), y * y) * x}; }},
    {"exponential of a root", [](const Scalar& x, const Scalar& y) { return Scalars{exp(sqrt(x) * y) - 1.0 / y}; }},
    {"larger", [](const Scalar& x, const Scalar& y) { return Scalars{max(x * y, sqrt(x)) * min(x, rsqrt(y))}; }},
    {"relu of a logarithm", [](const Scalar& x, const Scalar& y) { return Scalars{relu(log(x) * y) * abs(x - y)}; }},
    {"power",
     [](const Scalar& x, const Scalar& y) {
       return Scalars{pow(x, y) + hypot(x, y), sin(x * y)};
     }},
    {"clamped", [](const Scalar& x, const Scalar& y) { return Scalars{sqrt(clamp(x, 0.0, 1.0)) * y}; }},
    // Long enough for what is cheap to be computed again on the way back.
    {"long", &long_function},
    // What is made of a derivative hides whether it is a number.
    {"comparison of a derivative",
     [](const Scalar& x, const Scalar& y) {
       const Scalar g = gradient(sqrt(x) * where(y > 0.0, y, 0.0), x);
       return Scalars{where(g < 1.0, x, 2.0), where(g < 1.0, g, y)};
     }},
    {"comparison of what a derivative becomes",
     [](const Scalar& x, const Scalar& y) {
       const Scalar g = gradient(sqrt(x) * where(y > 0.0, y, 0.0), x);
       return Scalars{where(2.0 - g * 3.0 < 1.0, x, 2.0)};
     }},
    {"exponential of a derivative",
     [](const Scalar& x, const Scalar& y) {
       const Scalar g = gradient(sqrt(x) * where(y > 0.0, y, 0.0), x);
       return Scalars{exp(-square(g)), tanh(g) * y, g};
     }},
    {"chosen by a derivative",
     [](const Scalar& x, const Scalar& y) {
       const Scalar g = gradient(where(x > 0.0, sqrt(x), 0.0) * y, x);
       return Scalars{where(y > 1.0, g, x), pow(g, 0.0 * y), floor(g)};
     }},
};
/// Results of f, and derivatives of the first one to second order if they are asked for.
Both program_of(const NumberFunction& f, bool derivatives = true, const ProgramOptions& options = {}) {
  Recording r;
  const Scalars x{r.variable(0.7), r.variable(1.3)};
  Scalars outputs = f.f(x[0], x[1]);
  if (!derivatives) return Both(options, r, x, outputs);
  const Scalars first = gradient(outputs.front(), x);
  for (const Scalar& g : first) {
    outputs.push_back(g);
    if (g.is_constant()) continue;
    for (const Scalar& h : gradient(g, x)) outputs.push_back(h);
  }
  return Both(options, r, x, outputs);
}

/// Where numbers differ.
std::string difference(std::span<const double> got, std::span<const double> want) {
  for (std::size_t i = 0; i < want.size(); ++i)
    if (!same_number(got[i], want[i]))
      return std::to_string(got[i]) + " instead of " + std::to_string(want[i]) + " at " + std::to_string(i);
  return {};
}

/// All samples of a batch, side by side, one by one, and each among ordinary ones: what is no number in one sample has
/// all of a batch computed with care, and would hide what is wrong in another.
void check_numbers(const Both& both, const Numbers& x, std::size_t count, const std::string& text) {
  const std::size_t inputs = both.plain.input_count(), outputs = both.plain.output_count();
  Program::Workspace native(both.native), plain(both.plain);
  Numbers got(outputs * count, -7.0), want(outputs * count, -8.0);
  std::vector<std::uint8_t> failed(count), want_failed(count);
  const auto n = static_cast<std::int64_t>(count);
  const bool ok = both.plain.try_run_batch(plain, x, want, n, want_failed) == RunStatus::ok;
  BOOST_TEST((both.native.try_run_batch(native, x, got, n, failed) == RunStatus::ok) == ok, text);
  BOOST_TEST((failed == want_failed), text);
  BOOST_TEST(difference(got, want) == "", text << ", batch");
  for (std::size_t i = 0; i < count; ++i) {
    Numbers at(inputs), y(outputs), z(outputs);
    for (std::size_t k = 0; k < inputs; ++k) at[k] = x[k * count + i];
    const RunStatus status = both.plain.try_run(plain, at, z);
    BOOST_TEST((both.native.try_run(native, at, y) == status), text);
    const std::string differs = difference(y, z);
    BOOST_TEST(differs == "", text << ", sample " << i);
    constexpr std::size_t few = 11;
    Numbers among(inputs * few, 0.75), few_got(outputs * few), few_want(outputs * few);
    for (std::size_t k = 0; k < inputs; ++k) among[k * few + i % few] = at[k];
    std::vector<std::uint8_t> no_matter(few);
    static_cast<void>(both.native.try_run_batch(native, among, few_got, few, no_matter));
    static_cast<void>(both.plain.try_run_batch(plain, among, few_want, few, no_matter));
    BOOST_TEST(difference(few_got, few_want) == "", text << ", sample " << i << " among ordinary ones");
  }
}
/// Two inputs: all pairs of special numbers.
Numbers special_pairs() {
  const Numbers special = special_numbers<double>();
  Numbers first, second;
  for (const double a : special)
    for (const double b : special) first.push_back(a), second.push_back(b);
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const std::vector<std::pair<const char*, ProgramOptions>> variants{
    {"as recorded", {.passes = false}}, {"exact passes", {.exact = true}}, {"all passes", {}}};

bool same_bits(const Tensor& a, const Tensor& b) { return same_elements(a.value(), b.value(), true); }

/// Programs of tensors, run twice: nothing of the first run may be left.
void check_tensors(const Both& both, const std::vector<Array>& inputs, const std::string& text) {
  Program::Workspace native(both.native), plain(both.plain);
  for (std::size_t k = 0; k < inputs.size(); ++k) native.set(k, inputs[k]), plain.set(k, inputs[k]);
  for (int run = 0; run < 2; ++run) {
    BOOST_TEST((both.native.try_run(native) == both.plain.try_run(plain)), text);
    for (std::size_t k = 0; k < both.plain.output_count(); ++k)
      BOOST_TEST(same_bits(native.get(k), plain.get(k)), text << ", output " << k);
  }
}
/// Some elements become special ones.
Array with_special_elements(const Array& array, std::mt19937_64& random) {
  if (!is_real(array.dtype())) return array;
  const Numbers special = special_numbers<double>();
  Numbers elements;
  for (std::int64_t i = 0; i < array.size(); ++i)
    elements.push_back(random() % 4 == 0 ? special[random() % special.size()] : array.element(i));
  return convert(Tensor(Array::from(elements, array.shape())), array.dtype()).value();
}

using Value = exec::ColumnBuilder::Value;

/// Code that stores f of a product by `scale`. True: native code says that it is not to be relied on. What comes out in
/// the end has to be that of the kernels.
template <class F>
bool is_doubtful(const F& f, Numbers x, Numbers y) {
  exec::ColumnBuilder builder;
  const auto a = builder.load(), b = builder.load();
  builder.store(f(builder, builder.apply(PrimitiveOf<ops::Scale>::record, std::array{a, b})));
  const auto count = static_cast<std::int64_t>(x.size());
  const auto run = [&](bool native) {
    const auto code = builder.columns<double>([](std::size_t) { return 64; }, native);
    exec::ColumnFrame<double> frame(code);
    Numbers out(x.size());
    frame.bind_load(0, x.data()), frame.bind_load(1, y.data()), frame.bind_store(0, out.data());
    frame.run(count);
    return out;
  };
  BOOST_TEST(difference(run(true), run(false)) == "");
  const auto code = builder.columns<double>([](std::size_t) { return 64; }, true);
  Numbers room(code.room()), out(x.size());
  std::vector<double*> at(code.places() + 1);
  for (std::uint32_t k = 0; k < code.registers; ++k) at[k] = room.data() + k * code.stride();
  at[code.load(0)] = x.data(), at[code.load(1)] = y.data(), at[code.store(0)] = out.data();
  bool doubtful = false;
  for (const auto& step : code.steps) {
    if (step.kernel == nullptr)
      doubtful = !code.native->run(step.out, at.data(), count) || doubtful;
    else
      step.kernel(at[step.out], count, at[step.operand[0]], at[step.operand[1]], at[step.operand[2]]);
  }
  return doubtful;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exec_native)

BOOST_AUTO_TEST_CASE(products_are_quick_where_a_nan_of_theirs_is_sure_to_be_seen,
                     *boost::unit_test::precondition(native_code_is_available)) {
  using exec::ColumnBuilder;
  const auto apply = []<class P>(std::type_identity<P>, ColumnBuilder& b, auto... operands) {
    return b.apply(PrimitiveOf<P>::record, std::array<Value, sizeof...(operands)>{operands...});
  };
  const auto itself = [](ColumnBuilder&, Value v) { return v; };
  const auto negated = [&](ColumnBuilder& b, Value v) { return apply(std::type_identity<ops::Neg>{}, b, v); };
  const auto compared = [&](ColumnBuilder& b, Value v) {
    return apply(std::type_identity<ops::Less>{}, b, v, b.constant(1.0));
  };
  const auto negated_and_compared = [&](ColumnBuilder& b, Value v) { return compared(b, negated(b, v)); };
  const auto exponential = [&](ColumnBuilder& b, Value v) { return apply(std::type_identity<ops::Exp>{}, b, v); };
  const auto sine = [&](ColumnBuilder& b, Value v) { return apply(std::type_identity<ops::Sin>{}, b, v); };
  const auto condition = [&](ColumnBuilder& b, Value v) {
    return apply(std::type_identity<ops::Where>{}, b, v, b.constant(2.0), b.constant(3.0));
  };
  const auto used_twice = [&](ColumnBuilder& b, Value v) {
    return apply(std::type_identity<ops::Add>{}, b, v, compared(b, v));
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Numbers ordinary{1.0, 2.0, 0.0}, zero_first{0.0, 2.0, 0.0}, infinite_first{infinity, 2.0, 0.0};
  BOOST_TEST(!is_doubtful(itself, ordinary, ordinary));
  BOOST_TEST(is_doubtful(itself, zero_first, infinite_first));
  BOOST_TEST(is_doubtful(negated, infinite_first, zero_first));
  BOOST_TEST(!is_doubtful(compared, zero_first, infinite_first));
  BOOST_TEST(!is_doubtful(negated_and_compared, zero_first, infinite_first));
  if (exec::native_formula<double>(PrimitiveOf<ops::Exp>::record) != nullptr)
    BOOST_TEST(is_doubtful(exponential, zero_first, infinite_first));
  BOOST_TEST(!is_doubtful(sine, zero_first, infinite_first));
  BOOST_TEST(!is_doubtful(condition, zero_first, infinite_first));
  BOOST_TEST(!is_doubtful(used_twice, zero_first, infinite_first));
}

BOOST_AUTO_TEST_CASE(a_sample_whose_gradient_meets_zero_times_infinity_is_right_and_so_are_its_neighbours) {
  // d/dx (x > 0 ? √x : 0)·y: the root is not chosen at 0, where its derivative is ∞.
  Recording r;
  const Scalar x = r.variable(1.0), y = r.variable(1.0);
  const Scalar z = where(x > 0.0, sqrt(x), 0.0) * y;
  const Both both({}, r, Scalars{x, y}, Scalars{gradient(z, x)});
  for (const std::size_t special : std::vector<std::size_t>{0, 3, 12}) {
    constexpr std::size_t count = 13;
    Numbers in(2 * count), out(count);
    for (std::size_t i = 0; i < count; ++i) {
      in[i] = i == special ? 0.0 : square(1.0 + static_cast<double>(i));
      in[count + i] = 4.0;
    }
    Program::Workspace w(both.native);
    both.native.run_batch(w, in, out, count);
    for (std::size_t i = 0; i < count; ++i)
      BOOST_TEST(out[i] == (i == special ? 0.0 : 2.0 / (1.0 + static_cast<double>(i))), "sample " << i);
    std::array<double, 1> one{};
    both.native.run(w, std::array{0.0, 4.0}, one);
    BOOST_TEST(one[0] == 0.0);
    check_numbers(both, in, count, "chosen root");
  }
}

BOOST_AUTO_TEST_CASE(programs_of_numbers_at_special_numbers, *boost::unit_test::precondition(has_exact_native_code)) {
  const Numbers x = special_pairs();
  for (const NumberFunction& f : functions)
    for (const auto& [name, options] : variants)
      for (const bool derivatives : {false, true})
        check_numbers(program_of(f, derivatives, options), x, x.size() / 2, std::string(f.name) + ", " + name);
}

BOOST_AUTO_TEST_CASE(guards_fail_at_the_same_samples, *boost::unit_test::precondition(has_exact_native_code)) {
  Recording r;
  const Scalar x = r.variable(1.5), y = r.variable(0.5);
  Scalar z = x * y;
  if (x > y) z = z + sqrt(x);
  if (gradient(z, x) > 0.25) z = z * x;
  const Both both({}, r, Scalars{x, y}, Scalars{z, gradient(z, x)});
  BOOST_TEST(both.native.guard_count() == 2u);
  const Numbers at = special_pairs();
  check_numbers(both, at, at.size() / 2, "guards");
}

BOOST_AUTO_TEST_CASE(random_programs_of_numbers_and_of_tensors,
                     *boost::unit_test::precondition(has_exact_native_code)) {
  std::size_t numbers = 0, tensors = 0;
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_PROGRAMS", 250);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Computation c = random_computation(seed, true);
    std::mt19937_64 random(seed);
    for (const auto& [name, options] : variants) {
      const std::string text = "program " + std::to_string(seed) + ", " + name;
      const Both both(options, c.graph());
      if (!both.plain.is_scalar()) {
        ++tensors;
        check_tensors(both, c.inputs, text);
        std::vector<Array> special;
        for (const Array& input : c.inputs) special.push_back(with_special_elements(input, random));
        check_tensors(both, special, text + ", special elements");
        continue;
      }
      ++numbers;
      constexpr std::size_t samples = 21;
      Numbers x;
      for (const Array& input : c.inputs) {
        const Array column = Array::from(Numbers(samples, input.element(0)), Shape{samples});
        const Array mixed = with_special_elements(column, random);
        for (std::size_t i = 0; i < samples; ++i) x.push_back(mixed.element(static_cast<std::int64_t>(i)));
      }
      check_numbers(both, x, samples, text);
    }
  }
  BOOST_TEST(numbers > count);
  BOOST_TEST(tensors > count);
}

BOOST_AUTO_TEST_CASE(elementwise_primitives_on_tensors, *boost::unit_test::precondition(has_exact_native_code)) {
  for (const Primitive* p : elementwise_primitives())
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      std::mt19937_64 random(7);
      // Several tiles, and an odd rest.
      const std::vector<Tensor> at = operands_of(*p, 301 / p->point_count + 1, dtype);
      const Differentiated d(
          [&](const std::vector<Tensor>& x) {
            return detail::record_tensor(*p, x, {}, std::source_location::current());
          },
          at, 3);
      std::vector<Array> ordinary, special;
      for (const Tensor& t : at) {
        ordinary.push_back(t.value());
        special.push_back(with_special_elements(t.value(), random));
      }
      for (const auto& [name, options] : variants) {
        const std::string text = std::string(p->name) + " in " + std::string(to_string(dtype)) + ", " + name;
        const Both both(options, d.r, d.x, d.outputs);
        check_tensors(both, ordinary, text);
        check_tensors(both, special, text + ", special elements");
      }
    }
}

BOOST_AUTO_TEST_CASE(states_that_are_written_in_place_are_written_once,
                     *boost::unit_test::precondition(has_exact_native_code)) {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    const Type type{dtype, {1500}};
    Numbers elements(1500);
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = i % 7 == 3 ? 0.0 : 0.01 * static_cast<double>(i);
    const Array start = convert(tensor(elements, type.shape), dtype).value();
    std::mt19937 random(3);
    const Tensor factor = random_tensor(type, random);
    Recording r;
    const Tensor w = r.variable(Tensor(start)), x = r.variable(factor);
    // At 0 the gradient of what is not chosen is 0·∞.
    const Tensor loss = sum(where(w > 0.0, sqrt(w), w) * x), g = gradient(loss, w);
    const Tensor next = abs(w * 0.9 + square(g) * 0.01 - g * w);
    const Both both({.states = {{0, 1}}}, r, std::vector<Tensor>{w, x}, std::vector<Tensor>{loss, next});
    Program::Workspace native(both.native), plain(both.plain);
    for (Program::Workspace* workspace : {&native, &plain}) {
      workspace->set(0, start);
      workspace->set(1, factor);
    }
    for (int step = 0; step < 4; ++step) {
      both.native.run(native);
      both.plain.run(plain);
      BOOST_TEST(same_bits(native.state(0), plain.state(0)), "step " << step);
      BOOST_TEST(same_bits(native.get(0), plain.get(0)), "step " << step);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_long_program_of_tensors_with_a_state,
                     *boost::unit_test::precondition(native_code_is_available)) {
  const Type type{Dtype::f64, {700}};
  std::mt19937 random(5);
  Recording r;
  const Tensor w = r.variable(random_tensor(type, random)), x = r.variable(random_tensor(type, random));
  const Tensor y = long_sum(w, x), next = w - gradient(sum(y), w) * 0.001;
  for (const auto& [name, variant] : variants) {
    ProgramOptions options = variant;
    options.states = {{0, 1}};
    const Both both(options, r, std::vector<Tensor>{w, x}, std::vector<Tensor>{y, next});
    Program::Workspace native(both.native), plain(both.plain);
    for (Program::Workspace* workspace : {&native, &plain}) {
      workspace->set(0, w.value());
      workspace->set(1, x.value());
    }
    for (int step = 0; step < 3; ++step) {
      both.native.run(native);
      both.plain.run(plain);
      BOOST_TEST(same_bits(native.state(0), plain.state(0)), name << ", step " << step);
      BOOST_TEST(same_bits(native.get(0), plain.get(0)), name << ", step " << step);
    }
  }
}

BOOST_AUTO_TEST_CASE(batches_of_every_size_and_alignment) {
  constexpr std::size_t longest = 300, room = longest + 8;
  const Both both = program_of(functions[3]);
  const std::size_t outputs = both.plain.output_count();
  // Sample i is the same in every batch; some of them are run again.
  Numbers x(2 * longest), want(outputs * longest);
  for (std::size_t i = 0; i < longest; ++i) {
    x[i] = i % 97 == 50 ? 0.0 : 0.25 + 0.01 * static_cast<double>(i % 50);
    x[longest + i] = 1.5 - 0.02 * static_cast<double>(i % 41);
  }
  Program::Workspace native(both.native), plain(both.plain);
  both.plain.run_batch(plain, x, want, longest);
  struct alignas(64) Line {
    std::array<double, 8> numbers;
  };
  std::vector<Line> in_lines(2 * room / 8 + 2), out_lines(outputs * room / 8 + 2);
  auto* const in = in_lines.front().numbers.data();
  auto* const out = out_lines.front().numbers.data();
  for (std::size_t count = 1; count <= longest; ++count) {
    const std::size_t of_in = count % 8, of_out = (count / 8 + 3 * count) % 8, all = outputs * count;
    for (std::size_t k = 0; k < 2; ++k) std::copy_n(&x[k * longest], count, in + of_in + k * count);
    std::fill_n(out, all + 16, untouched<double>());
    both.native.run_batch(native, {in + of_in, 2 * count}, {out + of_out, all}, static_cast<std::int64_t>(count));
    bool same = is_untouched(out, out + of_out) && is_untouched(out + of_out + all, out + all + 16);
    BOOST_TEST(same, count << " samples: beside the outputs");
    for (std::size_t k = 0; k < outputs; ++k)
      same = same && difference({out + of_out + k * count, count}, {&want[k * longest], count}).empty();
    BOOST_TEST(same, count << " samples, inputs " << of_in << " and outputs " << of_out << " behind a line");
  }
}

BOOST_AUTO_TEST_CASE(batches_whose_columns_are_whole_pages_apart) {
  // More than eight columns: the inputs are copied to others.
  Recording r;
  Scalars x;
  for (int k = 0; k < 4; ++k) x.push_back(r.variable(0.5 + k));
  const Scalar z = sqrt(x[0] * x[1]) * exp(-x[2]) + x[3] / x[0];
  Scalars outputs{z, x[1] * z};
  for (const Scalar& g : gradient(z, x)) outputs.push_back(g);
  for (const int threads : {1, 3}) {
    const Both both({.threads = threads}, r, x, outputs);
    for (const std::size_t count : std::vector<std::size_t>{512, 1024, 1536, 4096}) {
      Numbers in(4 * count), got(outputs.size() * count + 8), want(outputs.size() * count);
      for (std::size_t i = 0; i < in.size(); ++i)
        in[i] = i % 101 == 0 ? 0.0 : 0.1 + 0.003 * static_cast<double>(i % 977);
      Program::Workspace native(both.native), plain(both.plain);
      const auto n = static_cast<std::int64_t>(count);
      both.plain.run_batch(plain, in, want, n);
      for (const std::size_t offset : std::vector<std::size_t>{0, 1, 4, 7}) {
        const std::span out(got.data() + offset, want.size());
        both.native.run_batch(native, in, out, n);
        BOOST_TEST(difference(out, want) == "", count << " samples, offset " << offset << ", threads " << threads);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_report_tells_whether_there_is_native_code) {
  const Both both = program_of(functions[0]);
  const std::string none = "native code: none for batches";
  BOOST_TEST(both.plain.report().find(none) != std::string::npos);
  BOOST_TEST((both.native.report().find(none) == std::string::npos) == NativeCode::is_available());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
