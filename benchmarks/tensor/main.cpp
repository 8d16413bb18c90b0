// bench_tensor: what each primitive costs on tensors, forward and backward, beside the bare kernel and the bandwidth of
// the memory. See ../README.md.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/ops/vector_functions.hpp"
#include "wengert/benchmarks/growth/bandwidth.hpp"
#include "wengert/benchmarks/tensor/row.hpp"

#ifdef __clang__
#  define BENCH_COMPILER __VERSION__
#else
#  define BENCH_COMPILER "g++ " __VERSION__
#endif

namespace tensor_benchmark {
namespace {

constexpr std::string_view usage =
    "bench_tensor: each primitive on tensors of 4, 10^3 and 10^6 elements, one line of JSON on standard output\n"
    "  --primitive NAME   only this one\n"
    "  --rounds N         measurements of each (default 11)\n"
    "  --quick            4 and 1000 elements, one short round: a smoke test\n";

struct Options {
  Settings settings;
  std::vector<std::int64_t> sizes{4, 1000, 1'000'000};
  std::string only;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = arguments[i];
    if (option == "--quick") {
      options.settings = {.batch_seconds = 1e-5, .rounds = 1};
      options.sizes = {4, 1000};
    } else if (option == "--primitive" && i + 1 < count) {
      options.only = arguments[++i];
    } else if (option == "--rounds" && i + 1 < count) {
      options.settings.rounds = std::stoul(arguments[++i]);
    } else {
      throw std::invalid_argument("unknown option " + std::string(option) + "\n" + std::string(usage));
    }
  }
  return options;
}

void run(const Options& options) {
  std::cout << "{\"compiler\":\"" << BENCH_COMPILER << "\",\"levels\":[";
  const char* comma = "";
  for (const auto& level : kernels::vector_levels()) {
    std::cout << comma << '"' << level.name << '"';
    comma = ",";
  }
  std::cout << "],\"bandwidth\":[";
  comma = "";
  for (const std::size_t bytes : {std::size_t{16} << 10, std::size_t{256} << 10, std::size_t{2} << 20,
                                  std::size_t{16} << 20, std::size_t{128} << 20}) {
    const growth::Bandwidth found = growth::bandwidth(bytes);
    std::cout << comma << "{\"bytes\":" << bytes << ",\"read\":" << found.read << ",\"copy\":" << found.copy
              << ",\"triad\":" << found.triad << '}';
    comma = ",";
  }
  std::cout << "],\"elementwise\":[";
  comma = "";
  const auto print = [&](const Row& row) {
    std::cout << comma << to_json(row) << std::flush;
    comma = ",\n";
  };
  measure_elementwise(options.sizes, options.settings, options.only, print);
  std::cout << "],\"structural\":[";
  comma = "";
  measure_structural(options.sizes, options.settings, options.only, print);
  std::cout << "]}\n";
}

}  // namespace
}  // namespace tensor_benchmark

int main(int count, char** arguments) {
  try {
    tensor_benchmark::run(tensor_benchmark::parse(count, arguments));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
