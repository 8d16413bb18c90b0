/// The text form of a graph: one node a line, exact, made to be read, compared and kept.
///
///     wengert-graph 1
///     scope @1 = @0 "hidden"
///     %0 = variable : f64[3] name "x" at "model.cpp":12 "main"
///     %1 = constant 2.5 : f64
///     %2 = sum %0 [0] : f64 in @1
///     %3 = mul %2, %1 : f64 name "y" in @1
///     %4 = constant 1.0 : f64 adjoint %3
///     output %3
///
/// Grammar; blanks between tokens are free, `#` starts a comment, and blank lines are skipped:
///
///     text      = "wengert-graph 1" newline { [ scope | node | output ] newline }
///     scope     = "scope" "@" id "=" "@" parent string          ids ascend from 1; the root is @0
///     node      = "%" id "=" operation [ operands ] [ attribute ] ":" type { clause }      ids ascend from 0
///     operands  = "%" id { "," "%" id }
///     attribute = real | integer | "[" [ integer { "," integer } ] "]" | array | string
///                 | "function" string         written only: what it computes is not in the text, so it cannot be read
///     array     = type "{" [ number { "," number } ] "}" | type "{" number "..." "}"       the second: uniform
///     type      = dtype [ "[" [ extent { "," extent } ] "]" ]       dtype = "f32" | "f64" | "i32" | "i64" | "bool"
///     clause    = "name" string | "in" "@" scope | "at" string ":" line [ string ] | "adjoint" "%" id [ "." operand ]
///     output    = "output" "%" id
///     real      = shortest decimal that reads back to the same bits, with a "." or an exponent,
///                 | [ "-" ] "inf" | "nan" [ "(" "0x" bits ")" ]          "nan" alone: the positive quiet one
///     string    = '"' bytes '"', where \\ \" \n \r \t \xHH stand for bytes
///
/// `to_text` writes one canonical form: control bytes and what is not UTF-8 as \xHH, everything else as it is.
/// With the default options `from_text(to_text(g))` is identical to g, and `to_text(from_text(t))` is t when t is
/// canonical.
///
/// Reading takes hostile input: memory and time grow with the input alone, nothing recurses, and every problem is
/// a ParseError with line and column.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// Takes a piece of text; pieces follow each other without a gap.
using TextSink = std::function<void(std::string_view)>;

struct TextOptions {
  /// Source lines. Without them the text is the same on every machine, wherever the sources lie.
  bool locations = true;
};

/// Writes the text form piece by piece, in memory that does not grow with the graph.
void write_text(const Graph& graph, const TextSink& sink, const TextOptions& options = {});

/// The text form.
[[nodiscard]] std::string to_text(const Graph& graph, const TextOptions& options = {});

/// The graph that a text describes. Operations must have been registered. Throws ParseError.
[[nodiscard]] Graph from_text(std::string_view text);

}  // namespace wengert::graph
