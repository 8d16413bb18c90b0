// A small judge of XML: what a parser would refuse, and the texts that a document shows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/graph/escape.hpp"

namespace wengert::test {

/// What is wrong with an XML document of elements, attributes and text (no comments, DOCTYPE or CDATA, which our
/// drawings do not have); empty when it is well-formed. XML 1.0, section 2.
class XmlJudge {
 public:
  explicit XmlJudge(std::string_view document) : rest_(document) { judge(); }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// Texts of elements of this name, entities resolved, in their order.
  [[nodiscard]] std::vector<std::string> texts(std::string_view element) const {
    std::vector<std::string> found;
    for (const auto& [name, text] : texts_)
      if (name == element) found.push_back(text);
    return found;
  }

 private:
  static bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':' ||
           c == '_';
  }

  std::string name() {
    std::size_t length = 0;
    while (length < rest_.size() && name_character(rest_[length])) ++length;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (name.empty()) fail("a name is missing");
    return name;
  }

  void blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  void fail(const std::string& problem) {
    if (problem_.empty()) problem_ = problem + " before '" + std::string(rest_.substr(0, 40)) + "'";
    rest_ = {};
  }

  /// Character data up to `end`, which stays.
  std::string data(char end) {
    std::string text;
    while (!rest_.empty() && rest_[0] != end) {
      if (rest_[0] == '<') fail("< in text");
      if (take("&amp;")) {
        text += '&';
      } else if (take("&lt;")) {
        text += '<';
      } else if (take("&gt;")) {
        text += '>';
      } else if (take("&quot;")) {
        text += '"';
      } else if (take("&#39;")) {
        text += '\'';
      } else if (rest_.starts_with("&")) {
        fail("an unknown entity");
      } else {
        const std::size_t length = graph::utf8_length(rest_);
        const auto byte = static_cast<unsigned char>(rest_.empty() ? ' ' : rest_[0]);
        if (length == 0) fail("bytes that are not UTF-8");
        if (byte < 0x20 && byte != '\n') fail("a control character");
        if (rest_.starts_with("\xEF\xBF\xBE") || rest_.starts_with("\xEF\xBF\xBF")) fail("no character of XML");
        text += rest_.substr(0, length);
        rest_.remove_prefix(std::min(length, rest_.size()));
      }
    }
    return text;
  }

  void attributes() {
    std::vector<std::string> seen;
    while (blanks(), !rest_.empty() && rest_[0] != '>' && rest_[0] != '/') {
      const std::string attribute = name();
      for (const std::string& other : seen)
        if (other == attribute) fail("two attributes of one name");
      seen.push_back(attribute);
      if (!take("=\"")) return fail("=\" is missing");
      static_cast<void>(data('"'));
      if (!take("\"")) return fail("a quote is missing");
    }
  }

  void judge() {
    std::vector<std::string> open;
    bool begun = false;
    while (!rest_.empty()) {
      if (take("</")) {
        if (open.empty() || name() != open.back() || !take(">")) return fail("the wrong end of an element");
        open.pop_back();
      } else if (take("<")) {
        if (begun && open.empty()) return fail("a second root");
        begun = true;
        const std::string element = name();
        attributes();
        if (take("/>")) continue;
        if (!take(">")) return fail("> is missing");
        open.push_back(element);
        texts_.emplace_back(element, std::string());
        texts_.back().second = data('<');
      } else {
        const std::string text = data('<');
        if (open.empty() && text.find_first_not_of('\n') != text.npos) return fail("text outside of the root");
      }
    }
    if (problem_.empty() && (!begun || !open.empty())) problem_ = "the document ends early";
  }

  std::string_view rest_;
  std::string problem_;
  std::vector<std::pair<std::string, std::string>> texts_;
};

}  // namespace wengert::test
