// A table of wrong programs and, word for word, what each is told: operation, what is wrong, what was expected, the
// user's file and line, a hint. A change of wording is a change of the table.
#pragma once

#include <boost/test/unit_test.hpp>

#include <source_location>
#include <span>
#include <string>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::test {

/// The line after the one that calls it.
inline unsigned next(std::source_location where = std::source_location::current()) { return where.line() + 1; }

struct WrongProgram {
  const char* name;
  void (*run)(unsigned& line);  // throws at `line`
  const char* message;          // @: file and line, or nothing if there is none
  const char* operands = "";    // one after the other; empty: not looked at
};

/// Runs each; `where` names the file that the table stands in.
inline void check_word_for_word(std::span<const WrongProgram> programs,
                                std::source_location where = std::source_location::current()) {
  for (const WrongProgram& program : programs) {
    unsigned line = 0;
    try {
      program.run(line);
      BOOST_ERROR(program.name << " threw nothing");
    } catch (const Error& error) {
      std::string expected = program.message;
      if (const auto at = expected.find('@'); at != std::string::npos)
        expected.replace(at, 1, std::string(where.file_name()) + ":" + std::to_string(line));
      BOOST_TEST(error.what() == expected, program.name << " says\n" << error.what() << "\nexpected\n" << expected);
      BOOST_TEST(error.where().line() == line, program.name << " has line " << error.where().line());
      BOOST_TEST(!error.operation().empty(), program.name);
      if (*program.operands == '\0') continue;
      std::string operands;
      for (const std::string& operand : error.operands()) operands += (operands.empty() ? "" : "; ") + operand;
      BOOST_TEST(operands == program.operands, program.name << " names the operands " << operands);
    }
  }
}

}  // namespace wengert::test
