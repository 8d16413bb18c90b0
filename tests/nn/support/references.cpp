#include "wengert/tests/nn/support/references.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <span>

#include <nlohmann/json.hpp>

namespace wengert::reference {
namespace {

using Json = nlohmann::ordered_json;

/// PyTorch's nan and infinities are texts in the files.
double number_of(const Json& value) {
  if (!value.is_string()) return value.get<double>();
  const auto text = value.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

Tensor tensor_of(const Json& json) {
  const auto extents = json.at("shape").get<std::vector<std::int64_t>>();
  const Shape shape{std::span<const std::int64_t>(extents)};
  const Json& values = json.at("values");
  if (json.at("type") == "i64") return tensor(values.get<std::vector<std::int64_t>>(), shape);
  if (json.at("type") == "bool") {
    Array array = Array::zeros({Dtype::boolean, shape});
    std::size_t k = 0;
    for (bool& x : array.mutable_data<bool>()) x = values.at(k++).get<bool>();
    return Tensor(array);
  }
  std::vector<double> numbers;
  for (const Json& value : values) numbers.push_back(number_of(value));
  return tensor(numbers, shape);
}

Stored::Named named_of(const Json& json, const char* key) {
  Stored::Named result;
  if (json.contains(key))
    for (const auto& [name, value] : json.at(key).items()) result.emplace_back(name, tensor_of(value));
  return result;
}

Stored stored_of(const std::string& name, const Json& json) {
  Stored s;
  s.name = name;
  s.parts = named_of(json, "parts");
  s.data = named_of(json, "data");
  s.buffers = named_of(json, "buffers");
  s.buffers_after = named_of(json, "buffers_after");
  for (const Json& value : json.at("outputs")) s.outputs.push_back(tensor_of(value));
  for (const Json& value : json.at("cotangents")) s.cotangents.push_back(tensor_of(value));
  s.gradient = named_of(json, "gradient");
  s.direction = named_of(json, "direction");
  s.hvp = named_of(json, "hvp");
  if (json.contains("attributes"))
    for (const auto& [key, value] : json.at("attributes").items()) {
      if (value.is_string())
        s.texts[key] = value.get<std::string>();
      else
        s.numbers[key] = value.is_boolean() ? static_cast<double>(value.get<bool>()) : value.get<double>();
    }
  return s;
}

using Area = std::vector<Stored>;

const Area& area_of(std::string_view area) {
  static std::map<std::string, Area, std::less<>> read;
  if (const auto found = read.find(area); found != read.end()) return found->second;
  const std::string path = WENGERT_SOURCE_DIR "/tests/references/nn/" + std::string(area) + ".json";
  std::ifstream file(path);
  if (!file) throw EnvironmentError{{.operation = "reference", .problem = "cannot read " + path}};
  const Json whole = Json::parse(file);
  Area cases;
  for (const auto& [name, json] : whole.at("cases").items()) cases.push_back(stored_of(name, json));
  return read.emplace(area, std::move(cases)).first->second;
}

template <class Values>
const Tensor* find_named(const Values& values, std::string_view name) {
  for (const auto& [key, value] : values)
    if (key == name) return &value;
  return nullptr;
}

[[noreturn]] void throw_missing(const Stored& stored, std::string_view what, std::string_view name) {
  throw ArgumentError{{.operation = "reference",
                       .problem = stored.name + " has no " + std::string(what) + " named " + std::string(name)}};
}

double largest(const Tensor& x) {
  double most = 0.0;
  for (const double value : x.to_vector())
    if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

/// Compares two lists of tensors and writes down what differs.
class Comparison {
 public:
  Comparison(std::vector<std::string>& found, std::string what, double tolerance)
      : found_(&found), what_(std::move(what)), tolerance_(tolerance) {}

  void operator()(const std::vector<Tensor>& made, const std::vector<Tensor>& expected,
                  const std::vector<std::string>& names, Dtype dtype) const {
    if (made.size() != expected.size()) {
      found_->push_back(what_ + ": " + std::to_string(made.size()) + " tensors, expected " +
                        std::to_string(expected.size()));
      return;
    }
    double beside = 0.0;
    for (const Tensor& x : expected) beside = std::max(beside, largest(x));
    for (std::size_t k = 0; k < made.size(); ++k) one(made[k], expected[k], names[k], dtype, 1e-3 * beside);
  }

 private:
  void one(const Tensor& made, const Tensor& expected, const std::string& name, Dtype dtype, double floor) const {
    const std::string place = what_ + " of " + name;
    if (made.type() != Type{dtype, expected.shape()}) {
      found_->push_back(place + ": " + to_string(made.type()) + ", expected " +
                        to_string(Type{dtype, expected.shape()}));
      return;
    }
    const double scale = std::max({largest(expected), floor, std::numeric_limits<double>::min()});
    const std::vector<double> a = made.to_vector(), b = expected.to_vector();
    double worst = 0.0;
    std::size_t at = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      const bool same = a[k] == b[k] || (std::isnan(a[k]) && std::isnan(b[k]));
      const double difference = same ? 0.0 : std::abs(a[k] - b[k]) / scale;
      if (!(difference <= worst)) worst = difference, at = k;
      if (std::isnan(worst)) break;
    }
    if (!(worst <= tolerance_)) {
      char text[160];
      std::snprintf(text, sizeof text, ": element %zu is %.17g, expected %.17g (off by %.2g of scale)", at, a[at],
                    b[at], worst);
      found_->push_back(place + text);
    }
  }

  std::vector<std::string>* found_;
  std::string what_;
  double tolerance_;
};

std::vector<Tensor> in(Dtype dtype, const Stored::Named& values) {
  std::vector<Tensor> result;
  for (const auto& [name, value] : values) result.push_back(convert(value, dtype));
  return result;
}
std::vector<Tensor> in(Dtype dtype, const std::vector<Tensor>& values) {
  std::vector<Tensor> result;
  for (const Tensor& value : values) result.push_back(convert(value, dtype));
  return result;
}

/// Σ cotangent·output, over those of one type.
Tensor contracted(const std::vector<Tensor>& outputs, const std::vector<Tensor>& cotangents) {
  Tensor total = zeros(Shape{}, outputs.empty() ? Dtype::f64 : outputs.front().dtype());
  for (std::size_t k = 0; k < outputs.size() && k < cotangents.size(); ++k)
    if (outputs[k].type() == cotangents[k].type()) total += sum(outputs[k] * cotangents[k]);
  return total;
}

struct Recorded {
  Recording recording;
  std::vector<Tensor> variables, outputs;
  Tensor loss;

  Recorded(const Stored& stored, const Composition& composition, Dtype dtype) {
    for (const auto& [name, value] : stored.parts) variables.push_back(recording.variable(convert(value, dtype), name));
    outputs = composition(Case(stored, variables, dtype));
    loss = contracted(outputs, in(dtype, stored.cotangents));
  }
};

}  // namespace

const Stored& stored(std::string_view area, std::string_view name) {
  for (const Stored& each : area_of(area))
    if (each.name == name) return each;
  throw ArgumentError{{.operation = "reference", .problem = std::string(area) + " has no case " + std::string(name)}};
}

std::vector<std::string> names(std::string_view area) {
  std::vector<std::string> result;
  for (const Stored& each : area_of(area)) result.push_back(each.name);
  return result;
}

const Tensor& Case::operator[](std::string_view name) const {
  for (std::size_t k = 0; k < parts_.size(); ++k)
    if (stored_->parts[k].first == name) return parts_[k];
  throw_missing(*stored_, "part", name);
}
Tensor Case::data(std::string_view name) const {
  if (const Tensor* found = find_named(stored_->data, name))
    return is_real(found->dtype()) ? convert(*found, dtype_) : *found;
  throw_missing(*stored_, "data", name);
}
Tensor Case::buffer(std::string_view name) const {
  const Tensor* found = find_named(stored_->buffers, name);
  if (found == nullptr) throw_missing(*stored_, "buffer", name);
  return is_real(found->dtype()) ? convert(*found, dtype_) : *found;
}
double Case::number(std::string_view name) const {
  if (const auto found = stored_->numbers.find(std::string(name)); found != stored_->numbers.end())
    return found->second;
  throw_missing(*stored_, "number", name);
}
std::int64_t Case::integer(std::string_view name) const { return static_cast<std::int64_t>(number(name)); }
const std::string& Case::text(std::string_view name) const {
  if (const auto found = stored_->texts.find(std::string(name)); found != stored_->texts.end()) return found->second;
  throw_missing(*stored_, "text", name);
}
bool Case::has(std::string_view name) const {
  const std::string key(name);
  return find_named(stored_->parts, name) != nullptr || find_named(stored_->data, name) != nullptr ||
         find_named(stored_->buffers, name) != nullptr || stored_->numbers.contains(key) ||
         stored_->texts.contains(key);
}

std::vector<std::string> mismatches(const Stored& stored, const Composition& composition,
                                    const Tolerances& tolerances) {
  std::vector<std::string> found;
  std::vector<std::string> of_parts, of_outputs;
  for (const auto& [name, value] : stored.parts) of_parts.push_back(name);
  for (std::size_t k = 0; k < stored.outputs.size(); ++k) of_outputs.push_back("output " + std::to_string(k));
  const auto compare = [&](const char* what, double tolerance) { return Comparison(found, what, tolerance); };
  const std::vector<Tensor> outputs = in(Dtype::f64, stored.outputs), gradients = in(Dtype::f64, stored.gradient),
                            directions = in(Dtype::f64, stored.direction), hvps = in(Dtype::f64, stored.hvp);

  const Case constants(stored, in(Dtype::f64, stored.parts), Dtype::f64);
  compare("value of constants", tolerances.f64)(composition(constants), outputs, of_outputs, Dtype::f64);

  Recorded f64(stored, composition, Dtype::f64);
  compare("value", tolerances.f64)(f64.outputs, outputs, of_outputs, Dtype::f64);
  if (!found.empty()) return found;
  const auto& x = f64.variables;
  {
    const Adjoints adjoints = backward(f64.loss);
    std::vector<Tensor> made;
    for (const Tensor& each : x) made.push_back(adjoints[each]);
    compare("numeric gradient", tolerances.f64)(made, gradients, of_parts, Dtype::f64);
  }
  if (!f64.loss.is_constant()) {
    compare("HVP, forward over reverse", tolerances.f64)(hvp(f64.loss, std::span(x), std::span(directions)), hvps,
                                                         of_parts, Dtype::f64);
    const std::vector<Tensor> recorded = gradient(f64.loss, x);
    compare("recorded gradient", tolerances.f64)(recorded, gradients, of_parts, Dtype::f64);
    const Tensor along = contracted(recorded, directions), tangent = jvp(f64.loss, x, directions);
    compare("HVP, reverse over reverse", tolerances.f64)(gradient(along, x), hvps, of_parts, Dtype::f64);
    compare("HVP, reverse over forward", tolerances.f64)(gradient(tangent, x), hvps, of_parts, Dtype::f64);
  }

  Recorded f32(stored, composition, Dtype::f32);
  compare("value in f32", tolerances.f32)(f32.outputs, outputs, of_outputs, Dtype::f32);
  const Adjoints adjoints = backward(f32.loss);
  std::vector<Tensor> made;
  for (const Tensor& each : f32.variables) made.push_back(adjoints[each]);
  compare("gradient in f32", tolerances.f32)(made, gradients, of_parts, Dtype::f32);
  return found;
}

}  // namespace wengert::reference
