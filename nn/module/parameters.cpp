#include "wengert/nn/module/parameters.hpp"

#include <map>

namespace wengert::nn::detail {

Path::Step::Step(std::string& text, std::string_view name) : text_(&text), length_(text.size()) {
  if (!name.empty()) text.append(name).push_back('.');
}

Path::Step Path::into(std::size_t index) { return {text_, std::to_string(index)}; }

std::string Path::name() const { return text_.substr(0, text_.empty() ? 0 : text_.size() - 1); }

namespace {

[[nodiscard]] Tensor constant(const Tensor& x) { return x.is_constant() ? x : Tensor(x.value()); }

[[nodiscard]] bool is_real(const Tensor& x) { return x.dtype() == Dtype::f32 || x.dtype() == Dtype::f64; }

/// "a, b, c and 7 more"
class Listing {
 public:
  void add(const std::string& text) {
    if (++count_ <= most) (text_ += text_.empty() ? "" : ", ") += text;
  }
  void into(std::string& message, const char* what) const {
    if (count_ == 0) return;
    if (!message.empty()) message += "; ";
    (message += what) += text_;
    if (count_ > most) message += " and " + std::to_string(count_ - most) + " more";
  }

 private:
  static constexpr std::size_t most = 5;
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace

std::vector<Parameter> only(Entries entries, bool buffers) {
  std::vector<Parameter> result;
  for (Entry& entry : entries)
    if (entry.is_buffer == buffers) result.push_back({std::move(entry.name), entry.value});
  return result;
}

std::vector<NamedTensor> state_of(Entries entries) {
  std::vector<NamedTensor> result;
  result.reserve(entries.size());
  for (Entry& entry : entries) result.push_back({std::move(entry.name), constant(*entry.value)});
  return result;
}

void load(const Entries& entries, std::span<const NamedTensor> state, std::source_location where) {
  Listing missing, left_over, of_another_type;
  std::map<std::string_view, const Tensor*> given;
  for (const NamedTensor& tensor : state)
    if (!given.emplace(tensor.name, &tensor.value).second) left_over.add(tensor.name + " (a second time)");
  for (const Entry& entry : entries) {
    const auto found = given.find(entry.name);
    if (found == given.end() || found->second == nullptr) {
      missing.add(entry.name);
      continue;
    }
    if (!(found->second->type() == entry.value->type()))
      of_another_type.add(entry.name + " is " + to_string(entry.value->type()) + ", not " +
                          to_string(found->second->type()));
    found->second = nullptr;
  }
  for (const auto& [name, tensor] : given)
    if (tensor != nullptr) left_over.add(std::string(name));

  std::string problem;
  missing.into(problem, "missing: ");
  left_over.into(problem, "left over: ");
  of_another_type.into(problem, "of another type: ");
  if (!problem.empty()) {
    throw ArgumentError{{.operation = "load_state",
                         .problem = problem,
                         .expected = "the parameters and buffers of this module",
                         .where = where}};
  }
  given.clear();
  for (const NamedTensor& tensor : state) given.emplace(tensor.name, &tensor.value);
  for (const Entry& entry : entries) *entry.value = constant(*given.at(entry.name));
}

std::int64_t count_of(const Entries& entries) {
  std::int64_t result = 0;
  for (const Entry& entry : entries)
    if (!entry.is_buffer) result += entry.value->size();
  return result;
}

void convert_all(const Entries& entries, Dtype dtype, std::source_location where) {
  for (const Entry& entry : entries)
    if (is_real(*entry.value)) *entry.value = convert(constant(*entry.value), dtype, where);
}

void lift(const Entries& entries, Recording& recording, const std::function<bool(std::string_view)>& trained,
          std::source_location where) {
  for (const Entry& entry : entries) {
    if (entry.is_buffer || (trained && !trained(entry.name)))
      *entry.value = constant(*entry.value);
    else
      *entry.value = recording.variable(entry.value->value(), entry.name, where);
  }
}

std::vector<Tensor> adjoints(const Entries& entries, const Adjoints& adjoints) {
  std::vector<Tensor> result;
  for (const Entry& entry : entries)
    if (!entry.is_buffer) result.push_back(adjoints[*entry.value]);
  return result;
}

void copy_buffers(const Entries& to, const Entries& from, std::source_location where) {
  std::size_t k = 0;
  const auto next = [&]() -> const Entry* {
    while (k < from.size() && !from[k].is_buffer) ++k;
    return k < from.size() ? &from[k++] : nullptr;
  };
  for (const Entry& entry : to) {
    if (!entry.is_buffer) continue;
    const Entry* const source = next();
    if (source == nullptr || source->name != entry.name) {
      throw ArgumentError{{.operation = "copy_buffers",
                           .problem = "the module to copy from has no buffer " + entry.name + " here",
                           .expected = "two modules of one form",
                           .where = where}};
    }
    *entry.value = constant(*source->value);
  }
}

}  // namespace wengert::nn::detail
