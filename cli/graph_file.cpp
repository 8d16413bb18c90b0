#include "wengert/cli/graph_file.hpp"

#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/cli/data/read.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::cli {
namespace {

/// "line 3, column 7: no operation" without the place, which stands before it already.
std::string without_place(const std::string& problem) {
  const std::size_t colon = problem.find(": ");
  return problem.starts_with("line ") && colon != problem.npos ? problem.substr(colon + 2) : problem;
}

graph::Graph graph_of_text(const std::string& file, const std::string& text) {
  register_primitives();
  try {
    return graph::from_text(text);
  } catch (const ParseError& error) {
    throw WorkError(file + ":" + std::to_string(error.line()) + ":" + std::to_string(error.column()) + ": " +
                    without_place(error.detail().problem) +
                    (error.detail().expected.empty() ? "" : "; expected " + error.detail().expected));
  }
}

double number_of(const nlohmann::json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return std::nan("");
}

SavedGraph of_json(const std::string& file, const std::string& text) {
  const auto refuse = [&](const std::string& problem) { throw WorkError(file + ": " + problem); };
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) refuse("no JSON");
  const bool has_graph = json.is_object() && json.contains("graph") && json["graph"].is_array();
  if (!has_graph) {
    refuse(
        json.is_object() && json.contains("graphs")
            ? "Model Explorer's JSON, which is written for it alone\n  hint: wengert graph … -o f.txt, or f.json"
            : "JSON without a graph in its text form (field \"graph\")\n  hint: wengert graph … -o f.json writes it, "
              "for one graph of at most 100 000 nodes; -o f.txt has no bound");
  }
  std::string lines;
  for (const nlohmann::json& line : json["graph"]) {
    std::string bytes;
    if (!line.is_string() || !graph::unescape(line.get<std::string>(), bytes)) refuse("\"graph\" is no list of lines");
    lines += bytes + "\n";
  }
  SavedGraph saved{.graph = graph_of_text(file + ", \"graph\"", lines)};
  if (!json.contains("values")) return saved;
  const nlohmann::json& values = json["values"];
  if (!values.is_array() || values.size() != saved.graph.size())
    refuse("\"values\" is no list of one value for each of the " + std::to_string(saved.graph.size()) + " nodes");
  saved.values.emplace();
  for (const nlohmann::json& value : values) saved.values->push_back(number_of(value));
  return saved;
}

}  // namespace

bool is_graph_file(const std::string& name) {
  return (name.ends_with(".txt") || name.ends_with(".json")) && std::filesystem::exists(name);
}

SavedGraph read_saved_graph(const std::string& file) {
  const std::string text = file_contents(file);
  if (file.ends_with(".json")) return of_json(file, text);
  return {.graph = graph_of_text(file, text)};
}

graph::Graph read_graph(const std::string& file) { return read_saved_graph(file).graph; }

}  // namespace wengert::cli
