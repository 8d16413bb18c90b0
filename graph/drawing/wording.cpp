/// See wording.hpp.
#include "wengert/graph/drawing/wording.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "wengert/graph/escape.hpp"

namespace wengert::graph {

std::string short_number(double value, int digits) {
  char text[64];
  constexpr double most_whole = 1e6;  // whole numbers below it are shorter in full than in scientific notation
  if (value == std::trunc(value) && std::abs(value) < most_whole && !(value == 0 && std::signbit(value))) {
    return {text, std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value)).ptr};
  }
  if (std::isnan(value)) return "nan";
  std::string shown(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr);
  // 1e-07 to 1e-7
  if (const std::size_t e = shown.find('e'); e != std::string::npos) {
    std::size_t zeros = e + 2;
    while (zeros + 1 < shown.size() && shown[zeros] == '0') ++zeros;
    shown.erase(e + 2, zeros - (e + 2));
    if (shown[e + 1] == '+') shown.erase(e + 1, 1);
  }
  return shown;
}

std::string shortened(std::string_view bytes, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < bytes.size(); ++characters) {
    if (characters + 1 == most && end + std::max<std::size_t>(1, utf8_length(bytes.substr(end))) < bytes.size()) {
      return std::string(bytes.substr(0, end)) + "…";
    }
    end += std::max<std::size_t>(1, utf8_length(bytes.substr(end)));
  }
  return std::string(bytes);
}

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3 && text.size() > 4;) {
    place -= 3;
    text.insert(place, "\u202F");  // narrow no-break space
  }
  return text;
}

std::string range(const std::string& first, const std::string& last) {
  return first == last ? first : first + " … " + last;
}

std::string constant_text(const Attribute& attribute, int digits) {
  if (const double* const value = std::get_if<double>(&attribute)) return short_number(*value, digits);
  const Array* const array = std::get_if<Array>(&attribute);
  if (array == nullptr) return to_string(attribute);
  // The type stands on a line of its own.
  constexpr std::int64_t most = 4;
  const std::int64_t shown =
      array->is_uniform() ? std::min<std::int64_t>(array->size(), 1) : std::min(array->size(), most);
  std::string text;
  for (std::int64_t i = 0; i < shown; ++i) {
    text += (i == 0 ? "" : ", ") + (is_real(array->dtype()) ? short_number(array->element(i), digits)
                                                            : std::to_string(array->integer_element(i)));
  }
  if (array->rank() == 0) return text;
  if (array->is_uniform()) return "all " + text;
  return "{" + text + (shown < array->size() ? ", …}" : "}");
}

}  // namespace wengert::graph
