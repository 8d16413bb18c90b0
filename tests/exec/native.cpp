// Native code, block by block, against the primitives one after the other: the bits of results, what is checked, and
// that nothing else is touched.
//
// WENGERT_BLOCKS=<count> and WENGERT_SEED=<first> widen the search.
#include <boost/test/unit_test.hpp>

#include <time.h>

#include <iterator>

#include "wengert/autodiff/exec/native/formulas.hpp"
#include "wengert/autodiff/ops/vector_functions.hpp"
#include "wengert/tests/exec/native_blocks.hpp"
#include "wengert/tests/graph/small_stack.hpp"

namespace wengert::test {
namespace {

/// f(level), with elements of both types.
template <class F>
void for_each_form(const F& f) {
  for (const std::size_t level : native_levels()) {
    BOOST_TEST_CONTEXT("level " << level) {
      f.template operator()<double>(level);
      f.template operator()<float>(level);
    }
  }
}

/// Where the operands of a step come from.
enum class Origin : std::uint8_t { outside, in_register, uniform, constant, first };  // `first`: that of operand 0
using Origins = std::vector<Origin>;

/// Every way to give `arity` operands, at most one of them being one number for all elements.
std::vector<Origins> origins_of(std::size_t arity) {
  std::vector<Origins> all{{}};
  for (std::size_t k = 0; k < arity; ++k) {
    std::vector<Origins> longer;
    for (const Origins& origins : all)
      for (const Origin next :
           {Origin::outside, Origin::in_register, Origin::uniform, Origin::constant, Origin::first}) {
        if (next == Origin::first && k == 0) continue;
        const auto is_number = [](Origin o) { return o == Origin::uniform || o == Origin::constant; };
        if (is_number(next) && std::ranges::any_of(origins, is_number)) continue;
        longer.push_back(origins);
        longer.back().push_back(next);
      }
    all = std::move(longer);
  }
  return all;
}

/// f(operation, quick, origins) for all of these steps.
template <class F>
void for_each_step(const std::vector<NativeOperation>& operations, const F& f) {
  for (const NativeOperation operation : operations)
    for (const Origins& origins : origins_of(arity_of(operation))) {
      f(operation, false, origins);
      if (operation == NativeOperation::scale) f(operation, true, origins);
    }
}

/// One step on all special numbers, from such origins, against the primitive.
template <class T>
void check_step(NativeOperation operation, bool quick, const Origins& origins, std::size_t level) {
  static const std::vector<T> special = special_numbers<T>();
  constexpr std::uint32_t registers = 4;
  const std::size_t arity = origins.size();
  std::size_t count = 1, constants = 1, uniforms = 1;
  for (const Origin origin : origins) {
    if (origin == Origin::constant) constants = special.size();
    if (origin == Origin::uniform) uniforms = special.size();
    if (origin == Origin::outside || origin == Origin::in_register) count *= special.size();
  }
  // A block for each constant. Operand k lies at place k of the registers or of the columns outside; results at the
  // last places of both.
  std::vector<NativeBlock> blocks(constants);
  for (std::size_t c = 0; c < constants; ++c) {
    std::vector<std::uint32_t> operands;
    for (std::size_t k = 0; k < arity; ++k) {
      const auto place = static_cast<std::uint32_t>(origins[k] == Origin::in_register ? k : registers + k);
      if (origins[k] == Origin::first)
        operands.push_back(operands[0]);
      else if (origins[k] == Origin::constant)
        operands.push_back(
            add_value(blocks[c], {.kind = NativeKind::constant, .number = static_cast<double>(special[c])}));
      else
        operands.push_back(add_value(
            blocks[c],
            {.kind = origins[k] == Origin::uniform ? NativeKind::uniform : NativeKind::column, .place = place}));
    }
    const std::uint32_t out = add_step(blocks[c], operation, operands, quick);
    add_store(blocks[c], out, registers - 1);
    add_store(blocks[c], out, registers + 3);
    if (quick) add_check(blocks[c], out);
  }
  NativeMemory<T> memory(registers, registers + 4, count);
  const auto code = NativeCode::of_columns<T>(blocks, memory.columns(), level);
  BOOST_TEST_REQUIRE(code != nullptr);
  BOOST_TEST(code->has_checks() == quick);
  for (std::size_t c = 0; c < constants; ++c)
    for (std::size_t u = 0; u < uniforms; ++u) {
      Contents<T> columns(registers + 4, std::vector<T>(count));
      std::size_t period = 1;
      for (std::size_t k = 0; k < arity; ++k) {
        const bool is_column = origins[k] == Origin::outside || origins[k] == Origin::in_register;
        for (std::size_t i = 0; i < count; ++i)
          columns[origins[k] == Origin::in_register ? k : registers + k][i] =
              special[is_column ? i / period % special.size() : u];
        if (is_column) period *= special.size();
      }
      check_block(*code, c, blocks[c], memory, count, columns, name_of(operation));
    }
}

/// The same for a sample: for each constant a step.
void check_sample_step(NativeOperation operation, bool quick, const Origins& origins) {
  static const std::vector<double> special = special_numbers<double>();
  const bool with_constant = std::ranges::find(origins, Origin::constant) != origins.end();
  const auto loads = static_cast<std::uint32_t>(origins.size());
  NativeBlock block;
  const std::size_t steps = with_constant ? special.size() : 1;
  std::size_t samples = 1;
  for (const Origin origin : origins)
    if (origin == Origin::outside) samples *= special.size();
  for (std::size_t c = 0; c < steps; ++c) {
    std::vector<std::uint32_t> operands;
    for (std::uint32_t k = 0; k < loads; ++k) {
      if (origins[k] == Origin::first)
        operands.push_back(operands[0]);
      else if (origins[k] == Origin::constant)
        operands.push_back(add_value(block, {.kind = NativeKind::constant, .number = special[c]}));
      else
        operands.push_back(add_value(block, {.kind = NativeKind::column, .place = k}));
    }
    const std::uint32_t out = add_step(block, operation, operands, quick);
    add_store(block, out, loads + static_cast<std::uint32_t>(c));
    if (quick) add_check(block, out);
  }
  const auto code = NativeCode::of_sample(block, loads + steps);
  BOOST_TEST_REQUIRE(code != nullptr);
  BOOST_TEST(code->has_checks() == quick);
  for (std::size_t sample = 0; sample < samples; ++sample) {
    Contents<double> numbers(loads + steps, std::vector<double>(1, -1.0));
    std::size_t rest = sample;
    for (std::size_t k = 0; k < loads; ++k)
      if (origins[k] == Origin::outside)
        numbers[k][0] = special[std::exchange(rest, rest / special.size()) % special.size()];
    check_sample(*code, block, numbers, name_of(operation));
  }
}

double seconds_of_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exec_native)

BOOST_AUTO_TEST_CASE(every_operation_of_arithmetic_is_one_primitive) {
  for (const NativeOperation operation : native_arithmetic()) {
    BOOST_TEST_CONTEXT(static_cast<int>(operation)) {
      BOOST_TEST_REQUIRE(primitive_of(operation) != nullptr);
      BOOST_TEST((native_operation(*primitive_of(operation)) == operation));
    }
  }
  for (const Primitive* p : elementwise_primitives()) {
    const NativeOperation operation = native_operation(*p);
    BOOST_TEST((operation == NativeOperation::none || primitive_of(operation) == p), p->name);
  }
}

BOOST_AUTO_TEST_CASE(quick_products_are_products_by_scale_unless_they_are_nan,
                     *boost::unit_test::precondition(fma_is_exact)) {
  const auto check = []<class T>(T) {
    for (const T x : special_numbers<T>())
      for (const T y : special_numbers<T>()) {
        const T quick = std::fma(x, y, T(0)), wanted = ops::Scale::value<T>(x, y);
        BOOST_TEST((std::isnan(quick) || same_number(quick, wanted)), x << " times " << y);
      }
  };
  check(1.0);
  check(1.0F);
}

BOOST_AUTO_TEST_CASE(steps_on_columns_of_special_numbers, *boost::unit_test::precondition(native_code_is_available)) {
  for_each_form([]<class T>(std::size_t level) {
    std::vector<NativeOperation> operations = native_arithmetic();
    std::ranges::copy(native_parts(), std::back_inserter(operations));
    for_each_step(operations, [&](NativeOperation operation, bool quick, const Origins& origins) {
      check_step<T>(operation, quick, origins, level);
    });
  });
}

BOOST_AUTO_TEST_CASE(steps_on_samples_of_special_numbers, *boost::unit_test::precondition(native_code_is_available)) {
  for_each_step(native_arithmetic(), [](NativeOperation operation, bool quick, const Origins& origins) {
    const auto has = [&](Origin origin) { return std::ranges::find(origins, origin) != origins.end(); };
    if (!has(Origin::in_register) && !has(Origin::uniform)) check_sample_step(operation, quick, origins);
  });
}

BOOST_AUTO_TEST_CASE(powers_of_two, *boost::unit_test::precondition(native_code_is_available)) {
  for_each_form([]<class T>(std::size_t level) {
    using Limits = std::numeric_limits<T>;
    // As far as exp goes, and beyond: 2^n to 0 and to infinity.
    std::vector<std::vector<T>> columns(4);
    for (int n = Limits::min_exponent - Limits::digits - 3; n <= Limits::max_exponent + 2; ++n)
      for (const T x : {T(1), T(0.7071), T(1.4143), T(1) + Limits::epsilon()}) {
        columns[0].push_back(x);
        columns[1].push_back(static_cast<T>(n));
      }
    const std::size_t count = columns[0].size();
    for (auto& column : columns) column.resize(count);
    NativeBlock block;
    const auto x = add_value(block, {.kind = NativeKind::column, .place = 0}),
               n = add_value(block, {.kind = NativeKind::column, .place = 1});
    add_store(block, add_step(block, NativeOperation::times_two_to, {x, n}), 3);
    NativeMemory<T> memory(1, columns.size(), count);
    const auto code = NativeCode::of_columns<T>(std::span(&block, 1), memory.columns(), level);
    BOOST_TEST_REQUIRE(code != nullptr);
    check_block(*code, 0, block, memory, count, columns, "x·2^n");

    NativeBlock alone;
    const auto k = add_value(alone, {.kind = NativeKind::column, .place = 1});
    add_store(alone, add_step(alone, NativeOperation::two_to, {k}), 3);
    const auto of_alone = NativeCode::of_columns<T>(std::span(&alone, 1), memory.columns(), level);
    BOOST_TEST_REQUIRE(of_alone != nullptr);
    for (T& each : columns[1]) each = std::clamp<T>(each, Limits::min_exponent - 1, Limits::max_exponent - 1);
    check_block(*of_alone, 0, alone, memory, count, columns, "2^n");
  });
}

BOOST_AUTO_TEST_CASE(formulas_have_the_bits_of_vector_functions,
                     *boost::unit_test::precondition(native_code_is_available)) {
  std::size_t formulas = 0;
  for_each_form([&]<class T>(std::size_t level) {
    std::vector<T> numbers = special_numbers<T>();
    std::mt19937_64 random(7);
    // All sizes alike; where exponentials change; where they end.
    while (numbers.size() < 20'000) numbers.push_back(std::bit_cast<T>(static_cast<BitsOf<T>>(random())));
    while (numbers.size() < 40'000) numbers.push_back(static_cast<T>(std::normal_distribution<double>(0, 20)(random)));
    for (const double end : {-745.2, -708.4, 709.78, -103.97, -87.3, 88.72, 20.0, -20.0, 0.0})
      for (int k = 0; k < 1000; ++k)
        numbers.push_back(static_cast<T>(std::normal_distribution<double>(end, 0.3)(random)));
    const std::size_t count = numbers.size();
    for (const Primitive* p : elementwise_primitives()) {
      const auto formula = exec::native_formula<T>(*p);
      if (formula == nullptr) continue;
      ++formulas;
      BOOST_TEST((native_operation(*p) == NativeOperation::none));
      NativeBlock block;
      const auto x = add_value(block, {.kind = NativeKind::column, .place = 1});
      exec::NativeRecorder recorder(block);
      add_store(block, formula(recorder, x), 2);
      BOOST_TEST(block.steps.size() < 2 * exec::steps_of_formula);
      NativeMemory<T> memory(1, 3, count);
      const auto code = NativeCode::of_columns<T>(std::span(&block, 1), memory.columns(), level);
      BOOST_TEST_REQUIRE(code != nullptr);
      Contents<T> got{std::vector<T>(count), numbers, std::vector<T>(count)}, want = got;
      memory.run(*code, 0, count, got);
      const auto columns = static_cast<std::int64_t>(count);
      if constexpr (sizeof(T) == sizeof(float))
        p->column_f32(want[2].data(), columns, numbers.data(), nullptr, nullptr);
      else
        p->column_f64(want[2].data(), columns, numbers.data(), nullptr, nullptr);
      check_same(got, want, std::string(p->name));
    }
  });
  BOOST_TEST((formulas > 0 || kernels::vector_levels().empty()));
}

BOOST_AUTO_TEST_CASE(pressure_is_what_is_needed_at_a_time) {
  NativeBlock block;
  std::vector<std::uint32_t> loaded;
  for (std::uint32_t k = 0; k < 5; ++k) loaded.push_back(add_value(block, {.kind = NativeKind::column, .place = k}));
  const auto number = add_value(block, {.kind = NativeKind::constant, .number = 2.0});
  BOOST_TEST(block.pressure() == 0u);
  std::uint32_t sum = loaded[0];
  for (std::uint32_t k = 1; k < 5; ++k) sum = add_step(block, NativeOperation::add, {sum, loaded[k]});
  BOOST_TEST(block.pressure() == 2u);
  const auto product = add_step(block, NativeOperation::mul, {sum, number});
  add_store(block, add_step(block, NativeOperation::add, {product, loaded[0]}), 6);
  BOOST_TEST(block.pressure() == 3u);  // the first column waits
  BOOST_TEST(block.doubled().pressure() > 3u);
  BOOST_TEST(block.doubled().pressure() <= 6u);
}

BOOST_AUTO_TEST_CASE(random_blocks_on_columns, *boost::unit_test::precondition(native_code_is_available)) {
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_BLOCKS", 100);
  for_each_form([&]<class T>(std::size_t level) {
    std::size_t spilled = 0, finite = 0, numbers = 0;
    const std::size_t lanes = (level == 2 ? 64 : 32) / sizeof(T), longest = 2 * lanes + 1;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      const auto registers = static_cast<std::uint32_t>(1 + seed % 9), outside = static_cast<std::uint32_t>(seed % 14);
      RandomBlocks random(seed, registers, outside, false);
      std::vector<NativeBlock> blocks;
      for (std::size_t k = 0; k < 1 + seed % 4; ++k)
        blocks.push_back(random.block(1 + random.pick(seed % 3 == 0 ? 300 : 40)));
      NativeMemory<T> memory(registers, random.places(), longest);
      const auto code = NativeCode::of_columns<T>(blocks, memory.columns(), level);
      BOOST_TEST_REQUIRE(code != nullptr);
      spilled += code->spill_bytes() != 0 ? 1 : 0;
      for (std::size_t k = 0; k < blocks.size(); ++k) {
        const std::string text = "seed " + std::to_string(seed) + ", block " + std::to_string(k);
        const bool all = seed < first + 10;
        for (std::size_t n = all ? 0 : random.pick(longest / 3); n <= longest;
             n += all ? 1 : 1 + random.pick(longest)) {
          const Contents<T> columns = random.contents<T>(n);
          check_block(*code, k, blocks[k], memory, n, columns, text);
          Contents<T> results = columns;
          static_cast<void>(interpret(blocks[k], results, n));
          for (std::size_t place = 0; place < results.size(); ++place)
            for (std::size_t i = 0; i < n; ++i) {
              if (same_number(results[place][i], columns[place][i])) continue;
              ++numbers;
              if (std::isfinite(results[place][i])) ++finite;
            }
        }
      }
    }
    // What is compared is worth it.
    BOOST_TEST(spilled > count / 5);
    BOOST_TEST(finite > numbers / 2);
  });
}

BOOST_AUTO_TEST_CASE(random_blocks_on_samples, *boost::unit_test::precondition(native_code_is_available)) {
  const std::uint64_t first = number_from_environment("WENGERT_SEED", 1);
  const std::uint64_t count = number_from_environment("WENGERT_BLOCKS", 400);
  std::size_t spilled = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    RandomBlocks random(seed, static_cast<std::uint32_t>(2 + seed % 20), 0, true);
    const NativeBlock block = random.block(1 + random.pick(seed % 3 == 0 ? 300 : 40));
    const auto code = NativeCode::of_sample(block, random.places());
    BOOST_TEST_REQUIRE(code != nullptr);
    spilled += code->spill_bytes() != 0 ? 1 : 0;
    for (int sample = 0; sample < 4; ++sample)
      check_sample(*code, block, random.contents<double>(1), "seed " + std::to_string(seed));
  }
  BOOST_TEST(spilled > count / 5);
}

BOOST_AUTO_TEST_CASE(a_long_block_on_a_small_stack, *boost::unit_test::precondition(native_code_is_available)) {
  constexpr std::size_t steps = 100'000, count = 5;
  RandomBlocks of_columns(1, 8, 12, false), of_samples(2, 20, 0, true);
  const NativeBlock columns = of_columns.block(steps), sample = of_samples.block(steps / 4);
  const auto contents = of_columns.contents<double>(count), numbers = of_samples.contents<double>(1);
  NativeMemory<double> memory(8, of_columns.places(), count);
  for (const std::size_t level : native_levels()) {
    std::shared_ptr<const NativeCode> code;
    Contents<double> got = contents, want = contents;
    on_small_stack([&] {
      code = NativeCode::of_columns<double>(std::span(&columns, 1), memory.columns(), level);
      if (code != nullptr) memory.run(*code, 0, count, got);
    });
    BOOST_TEST_REQUIRE(code != nullptr);
    interpret(columns, want, count);
    check_same(got, want, "level " + std::to_string(level));
  }
  std::shared_ptr<const NativeCode> code;
  on_small_stack([&] { code = NativeCode::of_sample(sample, of_samples.places()); });
  BOOST_TEST_REQUIRE(code != nullptr);
  check_sample(*code, sample, numbers, "sample");
}

BOOST_AUTO_TEST_CASE(columns_too_far_from_each_other_for_an_instruction_have_no_code,
                     *boost::unit_test::precondition(native_code_is_available)) {
  NativeBlock block;
  const auto x = add_value(block, {.kind = NativeKind::column, .place = 2});
  add_store(block, add_step(block, NativeOperation::square, {x}), 0);
  for (const std::size_t level : native_levels()) {
    const auto code_for = [&](std::size_t stride) {
      return NativeCode::of_columns<double>(std::span(&block, 1), {.registers = 3, .stride = stride}, level);
    };
    BOOST_TEST((code_for(std::size_t{1} << 20) != nullptr));
    for (const int power : {30, 31, 32, 33, 62}) BOOST_TEST((code_for(std::size_t{1} << power) == nullptr), power);
  }
}

BOOST_AUTO_TEST_CASE(making_code_takes_time_in_proportion_to_its_length,
                     *boost::unit_test::precondition(native_code_is_available)) {
  const auto seconds = [](std::size_t steps) {
    RandomBlocks random(3, 8, 12, false);
    const NativeBlock block = random.block(steps);
    double least = std::numeric_limits<double>::infinity();
    for (int repeat = 0; repeat < 3; ++repeat) {
      const double begin = seconds_of_thread();
      const auto code = NativeCode::of_columns<double>(std::span(&block, 1), {.registers = 8, .stride = 64}, 1);
      least = std::min(least, seconds_of_thread() - begin);
      BOOST_TEST_REQUIRE(code != nullptr);
    }
    return least;
  };
  constexpr std::size_t steps = 2000, factor = 16;
  BOOST_TEST(seconds(factor * steps) < 4 * factor * seconds(steps));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
