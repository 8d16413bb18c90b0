// What is compared: steps of training and other work on tensors, each by several engines from the same numbers.
//
// A Problem is data: parameters as they begin, inputs, labels. An engine makes a Step of it, and a step is run many
// times. Engines register themselves, so that one whose library is absent is left out. C++17, for the headers of
// libtorch.
//
// Reading order: Problem, Step, Engine; problems.cpp; then hand*.cpp, immediate.cpp, program.cpp, torch.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tensors_benchmark {

struct Block {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct Problem {
  std::string name;
  std::vector<Block> parameters;  ///< names and shapes are PyTorch's
  std::vector<Block> inputs;
  std::vector<std::int64_t> labels;
  float rate = 0;  ///< of gradient descent; 0 where gradients are the result and nothing is trained

  [[nodiscard]] const Block& parameter(const std::string& which) const {
    for (const Block& block : parameters)
      if (block.name == which) return block;
    throw std::out_of_range(name + " has no parameter " + which);
  }
  [[nodiscard]] bool is(const std::string& kind) const { return name.compare(0, kind.size(), kind) == 0; }
};

/// All of them, by name.
[[nodiscard]] std::vector<std::string> problem_names();
[[nodiscard]] Problem problem_of(const std::string& name);

class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  /// One step: forward, backward, and where there is a rate p ← p - rate·g. Returns the loss.
  virtual double run() = 0;
  /// The parameters as they are now, one after the other; without a rate the gradients of the last run. Empty where the
  /// step does only part of the work, so that there is nothing to compare.
  [[nodiscard]] virtual std::vector<float> results() = 0;
};

struct Engine {
  std::string name;
  std::unique_ptr<Step> (*make)(const Problem&) = nullptr;
  /// Puts as many threads to work on what follows.
  void (*use_threads)(int) = nullptr;
  /// Whether it has a step for this problem.
  bool (*has)(const Problem&) = [](const Problem&) { return true; };
};

[[nodiscard]] std::vector<Engine>& engines();

struct RegisterEngine {
  explicit RegisterEngine(const Engine& engine) { engines().push_back(engine); }
};

}  // namespace tensors_benchmark
