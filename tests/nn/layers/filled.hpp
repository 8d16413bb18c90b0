/// A layer with the parameters and buffers of a reference case, found by their names in PyTorch.
#pragma once

#include <string>
#include <vector>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace wengert::test {

/// The layer has what the case has besides its inputs, and nothing else: the check of a state_dict's names.
template <class M>
[[nodiscard]] M filled(M layer, const reference::Case& c) {
  for (const nn::Parameter& parameter : nn::parameters(layer)) {
    BOOST_TEST((parameter.value->shape() == c[parameter.name].shape()));
    *parameter.value = c[parameter.name];
  }
  for (const nn::Parameter& buffer : nn::buffers(layer)) *buffer.value = c.buffer(buffer.name);
  std::vector<std::string> expected, found;
  for (const auto& [name, value] : c.stored().parts)
    if (name.find("weight") == 0 || name.find("bias") == 0) expected.push_back(name);
  for (const auto& [name, value] : c.stored().buffers) expected.push_back(name);
  for (const nn::NamedTensor& each : nn::state(layer)) found.push_back(each.name);
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  return layer;
}

/// The buffers are what they were after the call in PyTorch.
template <class M>
void check_buffers_after(const M& layer, const reference::Case& c) {
  M copy = layer;
  for (const nn::Parameter& buffer : nn::buffers(copy)) {
    for (const auto& [name, value] : c.stored().buffers_after) {
      if (name != buffer.name) continue;
      BOOST_TEST_CONTEXT(name) {
        const std::vector<double> found = buffer.value->to_vector(), expected = value.to_vector();
        BOOST_TEST((buffer.value->dtype() == (is_real(value.dtype()) ? c.dtype() : value.dtype())));
        BOOST_REQUIRE_EQUAL(found.size(), expected.size());
        for (std::size_t k = 0; k < found.size(); ++k)
          BOOST_CHECK_SMALL(found[k] - expected[k], c.dtype() == Dtype::f64 ? 1e-12 : 1e-5);
      }
    }
  }
}

[[nodiscard]] inline auto says(const std::string& text) {
  return [text](const Error& error) {
    const bool found = std::string(error.what()).find(text) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE(error.what());
    return found;
  };
}

}  // namespace wengert::test
