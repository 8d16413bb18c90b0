// gmm_d2_K5: gmm.hpp with n = 1000, d = 2, K = 5; 30 inputs, about 83 000 operations.
#pragma once

#include "wengert/benchmarks/race/workloads/gmm.hpp"

namespace race {

class GmmD2K5 : public Gmm {
 public:
  static constexpr std::string_view name = "gmm_d2_K5";
  explicit GmmD2K5(Size size) : Gmm(size == Size::full ? 1000 : 20, 2, 5) {}
};

}  // namespace race
