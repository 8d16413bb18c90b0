#include "wengert/cli/derive.hpp"

#include <ostream>
#include <string>
#include <vector>

#include "wengert/autodiff/explain/derivation.hpp"
#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/explained.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

std::string format_of_file(const std::string& path) {
  for (const auto& [ending, format] :
       {std::pair(".txt", "text"), {".md", "markdown"}, {".tex", "latex"}, {".html", "html"}, {".htm", "html"}})
    if (path.ends_with(ending)) return format;
  throw UsageError("--out: '" + path +
                   "' has no ending that names a format\n  hint: .txt, .md, .tex or .html, or --format");
}

}  // namespace

const std::vector<std::string>& derive_formats() {
  static const std::vector<std::string> names{"text", "markdown", "latex", "html"};
  return names;
}

void run_derive(const DeriveOptions& options, const Streams& streams) {
  std::string format = options.format;
  if (format.empty()) format = options.out.empty() ? "text" : format_of_file(options.out);
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  check_one_number(recorded, "derive");
  std::vector<wengert::detail::AnyHandle> x;
  for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  const Derivation d =
      derivation(recorded.value.handle(), x, {.digits = options.digits, .every_primitive = options.every_primitive});
  const std::string text = format == "markdown" ? to_markdown(d)
                           : format == "latex"  ? to_latex(d)
                           : format == "html"   ? to_html(d)
                                                : to_text(d);
  if (options.out.empty())
    streams.out << text;
  else
    wengert::graph::write_file(options.out, text);
}

}  // namespace wengert::cli
