/// See latex_text.hpp.
#include "wengert/graph/drawing/latex_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "wengert/graph/drawing/writing.hpp"

namespace wengert::graph {

namespace {

struct Symbol {
  char32_t point;
  std::string_view mathematics;
};

/// Ascending. Only what plain LaTeX has; no two are the same, so that one can read back what was written.
constexpr std::array symbols{
    Symbol{0xA0, "~"},
    Symbol{0xAC, R"(\neg)"},
    Symbol{0xB0, R"({}^{\circ})"},
    Symbol{0xB1, R"(\pm)"},
    Symbol{0xB2, "{}^{2}"},
    Symbol{0xB3, "{}^{3}"},
    Symbol{0xB5, R"(\mu{})"},
    Symbol{0xB7, R"(\cdot)"},
    Symbol{0xB9, "{}^{1}"},
    Symbol{0xD7, R"(\times)"},
    Symbol{0xF7, R"(\div)"},
    Symbol{0x393, R"(\Gamma)"},
    Symbol{0x394, R"(\Delta)"},
    Symbol{0x398, R"(\Theta)"},
    Symbol{0x39B, R"(\Lambda)"},
    Symbol{0x39E, R"(\Xi)"},
    Symbol{0x3A0, R"(\Pi)"},
    Symbol{0x3A3, R"(\Sigma)"},
    Symbol{0x3A6, R"(\Phi)"},
    Symbol{0x3A8, R"(\Psi)"},
    Symbol{0x3A9, R"(\Omega)"},
    Symbol{0x3B1, R"(\alpha)"},
    Symbol{0x3B2, R"(\beta)"},
    Symbol{0x3B3, R"(\gamma)"},
    Symbol{0x3B4, R"(\delta)"},
    Symbol{0x3B5, R"(\varepsilon)"},
    Symbol{0x3B6, R"(\zeta)"},
    Symbol{0x3B7, R"(\eta)"},
    Symbol{0x3B8, R"(\theta)"},
    Symbol{0x3B9, R"(\iota)"},
    Symbol{0x3BA, R"(\kappa)"},
    Symbol{0x3BB, R"(\lambda)"},
    Symbol{0x3BC, R"(\mu)"},
    Symbol{0x3BD, R"(\nu)"},
    Symbol{0x3BE, R"(\xi)"},
    Symbol{0x3BF, "o"},
    Symbol{0x3C0, R"(\pi)"},
    Symbol{0x3C1, R"(\rho)"},
    Symbol{0x3C2, R"(\varsigma)"},
    Symbol{0x3C3, R"(\sigma)"},
    Symbol{0x3C4, R"(\tau)"},
    Symbol{0x3C5, R"(\upsilon)"},
    Symbol{0x3C6, R"(\varphi)"},
    Symbol{0x3C7, R"(\chi)"},
    Symbol{0x3C8, R"(\psi)"},
    Symbol{0x3C9, R"(\omega)"},
    Symbol{0x2013, R"(\textrm{--})"},
    Symbol{0x2016, R"(\|)"},
    Symbol{0x2026, R"(\ldots)"},
    Symbol{0x202F, R"(\,)"},
    Symbol{0x2032, "'"},
    Symbol{0x2070, "{}^{0}"},
    Symbol{0x2074, "{}^{4}"},
    Symbol{0x2075, "{}^{5}"},
    Symbol{0x2076, "{}^{6}"},
    Symbol{0x2077, "{}^{7}"},
    Symbol{0x2078, "{}^{8}"},
    Symbol{0x2079, "{}^{9}"},
    Symbol{0x207B, "{}^{-}"},
    Symbol{0x207F, "{}^{n}"},
    Symbol{0x2080, "{}_{0}"},
    Symbol{0x2081, "{}_{1}"},
    Symbol{0x2082, "{}_{2}"},
    Symbol{0x2083, "{}_{3}"},
    Symbol{0x2084, "{}_{4}"},
    Symbol{0x2085, "{}_{5}"},
    Symbol{0x2086, "{}_{6}"},
    Symbol{0x2087, "{}_{7}"},
    Symbol{0x2088, "{}_{8}"},
    Symbol{0x2089, "{}_{9}"},
    Symbol{0x2190, R"(\leftarrow)"},
    Symbol{0x2192, R"(\rightarrow)"},
    Symbol{0x21D2, R"(\Rightarrow)"},
    Symbol{0x2202, R"(\partial)"},
    Symbol{0x2206, R"(\Delta{})"},
    Symbol{0x2207, R"(\nabla)"},
    Symbol{0x2208, R"(\in)"},
    Symbol{0x220F, R"(\prod)"},
    Symbol{0x2211, R"(\sum)"},
    Symbol{0x2212, "-"},
    Symbol{0x2218, R"(\circ)"},
    Symbol{0x221A, R"(\surd)"},
    Symbol{0x221B, R"({}^{3}\!\!\surd)"},
    Symbol{0x221E, R"(\infty)"},
    Symbol{0x2227, R"(\wedge)"},
    Symbol{0x2228, R"(\vee)"},
    Symbol{0x222B, R"(\int)"},
    Symbol{0x2248, R"(\approx)"},
    Symbol{0x2260, R"(\ne)"},
    Symbol{0x2264, R"(\le)"},
    Symbol{0x2265, R"(\ge)"},
    Symbol{0x2295, R"(\oplus)"},
    Symbol{0x2297, R"(\otimes)"},
    Symbol{0x2299, R"(\odot)"},
    Symbol{0x22A4, R"(\top)"},
    Symbol{0x22BB, R"(\underline{\vee})"},
    Symbol{0x2308, R"(\lceil)"},
    Symbol{0x2309, R"(\rceil)"},
    Symbol{0x230A, R"(\lfloor)"},
    Symbol{0x230B, R"(\rfloor)"},
};
static_assert(std::is_sorted(symbols.begin(), symbols.end(),
                             [](const Symbol& a, const Symbol& b) { return a.point < b.point; }));

/// The commands for characters that act; braces keep the rest from making ligatures ("--", "?`", ",,").
std::string_view command_of(char c) {
  switch (c) {
    case '\\':
      return R"(\textbackslash{})";
    case '{':
      return R"(\{)";
    case '}':
      return R"(\})";
    case '$':
      return R"(\$)";
    case '&':
      return R"(\&)";
    case '#':
      return R"(\#)";
    case '_':
      return R"(\_)";
    case '%':
      return R"(\%)";
    case '^':
      return R"(\textasciicircum{})";
    case '~':
      return R"(\textasciitilde{})";
    case '<':
      return R"(\textless{})";
    case '>':
      return R"(\textgreater{})";
    case '|':
      return R"(\textbar{})";
    case '"':
      return R"({\char34})";
    case '\'':
      return R"({\char39})";
    case '`':
      return R"({\char96})";
    case '-':
      return "{-}";
    case ',':
      return "{,}";
    default:
      return {};
  }
}

/// Accented letters that every font of LaTeX can make.
bool is_letter(char32_t point) {
  return point >= 0xC0 && point <= 0xFF && point != 0xD0 && point != 0xDE && point != 0xF0 && point != 0xFE;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string latex_text(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const std::string text = detail::printable(bytes);
  std::string latex;
  std::size_t at = 0;
  detail::for_each_character(text, [&](std::string_view sequence, char32_t point) {
    const char before = at == 0 ? ' ' : text[at - 1];
    at += sequence.size();
    const char after = at < text.size() ? text[at] : ' ';
    if (point < 0x80) {
      const std::string_view command = command_of(sequence[0]);
      if (point == U'-' && (before == ' ' || before == '(') && is_digit(after)) {
        latex += "${-}$";  // the sign of a number
      } else if (point == U' ' && (before == ' ' || after == ' ')) {
        latex += R"(\ {})";
      } else {
        latex += command.empty() ? sequence : command;
      }
      return;
    }
    const auto symbol = std::lower_bound(symbols.begin(), symbols.end(), point,
                                         [](const Symbol& s, char32_t p) { return s.point < p; });
    if (symbol != symbols.end() && symbol->point == point) {
      latex += '$' + std::string(symbol->mathematics) + '$';
    } else if (is_letter(point)) {
      latex += sequence;
    } else {
      latex += R"(\wengertunicode{)";
      bool started = false;
      for (int shift = 20; shift >= 0; shift -= 4) {
        const auto digit = static_cast<std::uint32_t>(point) >> static_cast<unsigned>(shift) & 15U;
        started = started || digit != 0 || shift < 16;
        if (started) latex += digits[digit];
      }
      latex += '}';
    }
  });
  return latex;
}

std::string_view latex_definitions() {
  return "\\providecommand\\wengertunicode[1]{\\ifdefined\\DeclareUnicodeCharacter{\\tiny "
         "U+#1}\\else\\char\"#1\\relax\\fi}\n";
}

}  // namespace wengert::graph
