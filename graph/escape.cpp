/// See escape.hpp.
#include "wengert/graph/escape.hpp"

#include <cstdint>

namespace wengert::graph {

namespace {

constexpr std::uint32_t byte_at(std::string_view text, std::size_t index) noexcept {
  return static_cast<unsigned char>(text[index]);
}

bool printable(char32_t point) noexcept {
  return point >= 0x20 && !(point >= 0x7F && point <= 0x9F) && !(point >= 0x2028 && point <= 0x202E) &&
         !(point >= 0x2066 && point <= 0x2069) && point != 0xFEFF && point != 0x200E && point != 0x200F &&
         point != 0xFFFE && point != 0xFFFF;
}

void append_hex(std::string& target, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  target += "\\x";
  target += digits[value >> 4U];
  target += digits[value & 15U];
}

/// -1 when `c` is no hexadecimal digit.
int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const std::uint32_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  // Length by the first byte; the second byte's range shuts out overlong forms, surrogates and what lies past U+10FFFF.
  std::size_t length = 0;
  std::uint32_t low = 0x80;
  std::uint32_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    low = first == 0xE0 ? 0xA0 : 0x80;
    high = first == 0xED ? 0x9F : 0xBF;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    low = first == 0xF0 ? 0x90 : 0x80;
    high = first == 0xF4 ? 0x8F : 0xBF;
  }
  if (length == 0 || text.size() < length || byte_at(text, 1) < low || byte_at(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

char32_t code_point(std::string_view sequence) noexcept {
  // The first byte of n bytes has n + 1 marker bits, each following one two.
  if (sequence.size() < 2) return sequence.empty() ? U'\0' : byte_at(sequence, 0);
  char32_t point = byte_at(sequence, 0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t k = 1; k < sequence.size(); ++k) point = point << 6U | (byte_at(sequence, k) & 0x3FU);
  return point;
}

void append_escaped(std::string& target, std::string_view bytes, char quote) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    const std::string_view sequence = bytes.substr(0, length == 0 ? 1 : length);
    const char first = bytes.front();
    if (first == '\\' || (quote != 0 && first == quote)) {
      target += '\\';
      target += first;
    } else if (length != 0 && printable(code_point(sequence))) {
      target += sequence;
    } else if (first == '\n') {
      target += "\\n";
    } else if (first == '\r') {
      target += "\\r";
    } else if (first == '\t') {
      target += "\\t";
    } else {
      for (const char byte : sequence) append_hex(target, byte);
    }
    bytes.remove_prefix(sequence.size());
  }
}

std::string xml_text(std::string_view bytes) {
  std::string printable;
  append_escaped(printable, bytes);
  std::string text;
  for (const char c : printable) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      case '\'':
        text += "&#39;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

bool unescape(std::string_view text, std::string& bytes) {
  bytes.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return false;
    switch (text[i]) {
      case 'n':
        bytes += '\n';
        break;
      case 'r':
        bytes += '\r';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'x': {
        if (text.size() - i < 3) return false;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return false;
        bytes += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
        i += 2;
        break;
      }
      default:
        bytes += text[i];
        break;
    }
  }
  return true;
}

}  // namespace wengert::graph
