// Prints the elementwise primitives as JSON: name, formula, points and boxes of random points, for
// scripts/make_references.py. Numbers are hexadecimal floating point, so that nothing is lost.
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "wengert/autodiff/record/primitive.hpp"

namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

int main() {
  std::string text = "[";
  for (const wengert::Primitive* p : wengert::elementwise_primitives()) {
    text += text.size() > 1 ? ",\n" : "\n";
    text += " {\"name\": " + quoted(p->name) + ", \"formula\": " + quoted(p->reference) +
            ", \"arity\": " + std::to_string(p->arity) + ", \"differentiable\": " + std::to_string(p->differentiable) +
            ", \"points\": [";
    for (std::size_t i = 0; i < p->point_count; ++i) {
      std::array<double, 3> x{};
      int order = 0;
      p->point(i, x.data(), order);
      text += i > 0 ? ", " : "";
      text += "{\"order\": " + std::to_string(order) + ", \"at\": [";
      for (std::size_t k = 0; k < static_cast<std::size_t>(p->arity); ++k) {
        std::array<char, 40> number{};
        std::snprintf(number.data(), number.size(), "%s\"%a\"", k > 0 ? ", " : "", x[k]);
        text += number.data();
      }
      text += "]}";
    }
    text += "], \"boxes\": [";
    for (std::size_t i = 0; i < p->box_count; ++i) {
      std::array<wengert::ops::Interval, 3> operands{};
      p->box(i, operands.data());
      text += i > 0 ? ", [" : "[";
      for (std::size_t k = 0; k < static_cast<std::size_t>(p->arity); ++k) {
        std::array<char, 90> interval{};
        std::snprintf(interval.data(), interval.size(), "%s[\"%a\", \"%a\", %s]", k > 0 ? ", " : "", operands[k].low,
                      operands[k].high, operands[k].whole ? "true" : "false");
        text += interval.data();
      }
      text += "]";
    }
    text += "]}";
  }
  std::puts((text + "\n]").c_str());
}
