// The reference values of layers and losses (tests/references/nn/, by PyTorch in f64; scripts/make_nn_references.py),
// and the check that holds a composition against them.
//
//     check_case("activations", "gelu", [](const Case& c) { return nn::gelu(c["x"]); });
//     check_case("layers", "linear", [](const Case& c) { return c.filled(nn::Linear(4, 3, random))(c["x"]); });
//
// (filled() writes the parts that are a module's parameters into it, by their names.)
//
// It is called with the parts (inputs and parameters) as constants, as variables of a recording, and in f32. Held
// against the references are the outputs, the gradient of Σ cotangent·output by every part, numeric and recorded, and
// its derivative along a direction (the HVP) three ways: forward over reverse, reverse over reverse, reverse over
// forward.
//
// Reading order: Case, check_case, mismatches.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/module/parameters.hpp"

namespace wengert::reference {

/// What a file says of one case; see scripts/nn_references/frame.py.
struct Stored {
  using Named = std::vector<std::pair<std::string, Tensor>>;

  std::string name;
  Named parts, data, buffers, buffers_after;
  std::vector<Tensor> outputs, cotangents;
  Named gradient, direction, hvp;  // of the parts, in their order
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
};

/// The case of an area. Throws ArgumentError if there is none, EnvironmentError without the file.
[[nodiscard]] const Stored& stored(std::string_view area, std::string_view name);
/// The names of an area's cases, in the order of the file.
[[nodiscard]] std::vector<std::string> names(std::string_view area);

/// A case as the composition under test sees it: parts constant or recorded, f64 or f32.
class Case {
 public:
  Case(const Stored& stored, std::vector<Tensor> parts, Dtype dtype)
      : stored_(&stored), parts_(std::move(parts)), dtype_(dtype) {}

  /// An input or a parameter by its name. Throws ArgumentError for another name; so do the others.
  [[nodiscard]] const Tensor& operator[](std::string_view name) const;
  /// What is not differentiated by: real numbers in the dtype of the parts, whole numbers and truth values.
  [[nodiscard]] Tensor data(std::string_view name) const;
  /// A buffer before the call.
  [[nodiscard]] Tensor buffer(std::string_view name) const;
  /// A number (true and false are 1 and 0) or a text among the attributes.
  [[nodiscard]] double number(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] Dtype dtype() const noexcept { return dtype_; }
  /// A module with the parameters and buffers of the case, by their names; it has to have all of them.
  template <class M>
  [[nodiscard]] M filled(M module) const {
    for (const nn::Parameter& parameter : nn::parameters(module)) *parameter.value = (*this)[parameter.name];
    for (const nn::Parameter& each : nn::buffers(module)) *each.value = buffer(each.name);
    return module;
  }
  [[nodiscard]] const Stored& stored() const noexcept { return *stored_; }

 private:
  const Stored* stored_;
  std::vector<Tensor> parts_;
  Dtype dtype_;
};

using Outputs = std::vector<Tensor>;
using Composition = std::function<Outputs(const Case&)>;

struct Tolerances {
  double f64 = 1e-9;  ///< of the largest number of what is compared, or of a thousandth of the largest beside it
  double f32 = 2e-4;
};

/// What differs, one text each; empty if nothing does. A difference that is NaN, a shape, a dtype or a missing output
/// counts.
[[nodiscard]] std::vector<std::string> mismatches(const Stored& stored, const Composition& composition,
                                                  const Tolerances& tolerances = {});

/// A test assertion for each mismatch. `composition` gives a Tensor, or a std::vector of them in the order of the file.
template <class F>
void check_case(std::string_view area, std::string_view name, const F& composition, const Tolerances& tolerances = {}) {
  BOOST_TEST_CONTEXT(area << ": " << name) {
    const Composition listed = [&](const Case& c) -> Outputs {
      if constexpr (std::convertible_to<std::invoke_result_t<F, const Case&>, Outputs>)
        return composition(c);
      else
        return {composition(c)};
    };
    const std::vector<std::string> found = mismatches(stored(area, name), listed, tolerances);
    for (const std::string& text : found) BOOST_ERROR(text);
    BOOST_TEST(found.empty());
  }
}

}  // namespace wengert::reference
