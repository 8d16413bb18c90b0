#include "wengert/nn/counts.hpp"

#include <string>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn::detail {
namespace {

[[noreturn]] void fail(std::string_view function, std::string problem, std::string expected,
                       std::source_location where) {
  throw ShapeError{{.operation = std::string(function),
                    .operands = {},
                    .problem = std::move(problem),
                    .expected = std::move(expected),
                    .where = where,
                    .hint = {}}};
}

}  // namespace

void check_counts(std::string_view function, std::ptrdiff_t count, std::string_view things, std::ptrdiff_t wanted_count,
                  std::string_view wanted_things, std::source_location where) {
  if (count == wanted_count) return;
  const auto text = [](std::ptrdiff_t n, std::string_view what) { return std::to_string(n) + " " + std::string(what); };
  fail(function, text(count, things) + " for " + text(wanted_count, wanted_things), "as many", where);
}

void check_not_empty(std::string_view function, std::ptrdiff_t count, std::string_view things,
                     std::source_location where) {
  if (count == 0) fail(function, "no " + std::string(things), "one at least", where);
}

}  // namespace wengert::nn::detail
