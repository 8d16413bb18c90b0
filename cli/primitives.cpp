#include "wengert/cli/primitives.hpp"

#include <array>
#include <ostream>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

std::vector<const Primitive*> all_primitives() {
  std::vector<const Primitive*> all;
  for (const auto& list : {elementwise_primitives(), structural_primitives()})
    for (const Primitive* p : list) all.push_back(p);
  return all;
}

/// Operands that have a derivative, of an elementwise primitive.
std::vector<int> differentiable(const Primitive& p) {
  std::vector<int> operands;
  for (int k = 0; k < p.arity; ++k)
    if (p.differentiable >> k & 1u) operands.push_back(k);
  return operands;
}

std::string operands_text(const Primitive& p) {
  return p.arity == graph::variadic ? "any number" : std::to_string(p.arity);
}

/// "(1.5, -2.25)"
template <class Number>
std::string tuple(const Primitive& p, Number&& number) {
  std::string text = "(";
  for (int k = 0; k < p.arity; ++k) text += (k > 0 ? ", " : "") + number(static_cast<std::size_t>(k));
  return text + ")";
}

void print_details(const Primitive& p, std::ostream& out) {
  constexpr std::size_t indent = 14, width = 100;
  const auto line = [&](std::string_view title, const std::string& text) {
    out << wrapped(padded(std::string(title), indent - 1) + " " + text, width, indent) << "\n";
  };
  line("name", std::string(p.name));
  line("drawn", std::string(p.symbol));
  line("operands", operands_text(p));
  line("what it is", std::string(p.doc));
  if (!p.elementwise) {
    line("attribute", std::string(graph::to_string(p.attribute)));
    line("linear", p.linear ? "yes" : "no");
    return;
  }
  line("formula", std::string(p.reference));
  std::string derivatives;
  for (const int k : differentiable(p)) derivatives += (derivatives.empty() ? "" : ", ") + std::to_string(k);
  line("derivative in", derivatives.empty() ? "none" : derivatives);
  std::string points;
  for (std::size_t i = 0; i < p.point_count; ++i) {
    std::array<double, 3> x{};
    int order = 0;
    p.point(i, x.data(), order);
    points += (i > 0 ? " " : "") + tuple(p, [&](std::size_t k) { return shortest(x[k]); });
  }
  line("checked at", points);
  std::string boxes;
  for (std::size_t i = 0; i < p.box_count; ++i) {
    std::array<ops::Interval, 3> box{};
    p.box(i, box.data());
    boxes += (i > 0 ? " " : "") +
             tuple(p, [&](std::size_t k) { return shortest(box[k].low) + "…" + shortest(box[k].high); });
  }
  line("and within", boxes);
}

nlohmann::ordered_json json_of(const Primitive& p) {
  nlohmann::ordered_json row{{"name", p.name}, {"symbol", p.symbol}, {"doc", p.doc}, {"elementwise", p.elementwise}};
  row["operands"] = p.arity == graph::variadic ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(p.arity);
  if (p.elementwise) {
    row["formula"] = p.reference;
    row["differentiable"] = differentiable(p);
  } else {
    row["attribute"] = graph::to_string(p.attribute);
    row["linear"] = p.linear;
  }
  return row;
}

const Primitive& find(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Primitive* p : all_primitives()) {
    if (p->name == name) return *p;
    names.push_back(p->name);
  }
  const std::string_view meant = nearest(name, names);
  throw UsageError("there is no primitive '" + name + "'\n  hint: " +
                   (meant.empty() ? "`wengert primitives` lists them" : "did you mean '" + std::string(meant) + "'?"));
}

}  // namespace

void print_primitives(const PrimitivesOptions& options, const Streams& streams) {
  std::vector<const Primitive*> chosen = all_primitives();
  if (!options.name.empty()) chosen = {&find(options.name)};
  if (options.json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Primitive* p : chosen) rows.push_back(json_of(*p));
    streams.out << nlohmann::ordered_json{{"schema", 1}, {"primitives", rows}}.dump() << "\n";
    return;
  }
  if (!options.name.empty()) return print_details(*chosen.front(), streams.out);
  constexpr std::size_t indent = 15, width = 100;
  bool elementwise = false;
  for (const Primitive* p : chosen) {
    if (p == chosen.front() || p->elementwise != elementwise) {
      streams.out << (p == chosen.front() ? "" : "\n") << (p->elementwise ? "Elementwise\n\n" : "Of tensors\n\n");
      elementwise = p->elementwise;
    }
    streams.out << wrapped(padded(std::string(p->name), indent - 1) + " " + std::string(p->doc), width, indent) << "\n";
  }
}

}  // namespace wengert::cli
