/// Random bytes that are likely to mean something to one of the formats of drawings.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace wengert::graph::sample {

inline std::string nasty_bytes(std::mt19937& random, std::size_t most) {
  static const std::vector<std::string> nasty{
      "\\",
      "\"",
      "\n",
      "\r",
      "\t",
      "<b>",
      "</script>",
      "<!--",
      "-->",
      "]]>",
      "&amp;",
      "&#65;",
      "#quot;",
      "#35;",
      "{|}",
      "{{",
      "}}",
      "[",
      "]",
      "(",
      ")",
      "|",
      "`",
      "'",
      "$",
      "$$",
      "^",
      "_",
      "~",
      "%%",
      "%%{init:",
      ":::",
      ";",
      "//",
      "/*",
      "end",
      "style a:b",
      "\x1b[0m",
      "\xff",
      "\xc3",
      "é",
      "∂",
      "σ",
      "→",
      "ﬂ°°",
      "¶ß",
      "\\x41",
      "\\n",
      "**",
      "1. ",
      "- ",
      "# ",
      "\\end{document}",
      "\\input{x}",
      "^^41",
      "\xe2\x80\xae",
      "\xef\xbf\xbe",
      "  ",
      "<<",
      "--",
  };
  std::string bytes;
  const std::size_t pieces = random() % (most + 1);
  for (std::size_t i = 0; i < pieces; ++i) {
    if (random() % 3 == 0) {
      bytes += static_cast<char>(random() % 256);
    } else if (random() % 12 == 0) {
      bytes += '\0';
    } else {
      bytes += nasty[random() % nasty.size()];
    }
  }
  return bytes;
}

}  // namespace wengert::graph::sample
