// gmm_d10_K25: gmm.hpp with n = 1000, d = 10, K = 25; 1650 inputs, about 3.4 million operations.
#pragma once

#include "wengert/benchmarks/race/workloads/gmm.hpp"

namespace race {

class GmmD10K25 : public Gmm {
 public:
  static constexpr std::string_view name = "gmm_d10_K25";
  explicit GmmD10K25(Size size) : Gmm(size == Size::full ? 1000 : 5, 10, 25) {}
};

}  // namespace race
