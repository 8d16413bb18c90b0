// AnswerSubjects: what the answers of a student are about: a value, an adjoint, a local derivative of the calculation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/explain/marking.hpp"
#include "wengert/autodiff/explain/steps.hpp"

namespace wengert::detail {

struct Subject {
  enum class Kind : std::uint8_t { value, local, adjoint } kind = Kind::value;
  std::size_t quantity = 0;  ///< position
  std::size_t of = 0;        ///< of a local derivative: the step above
  std::int64_t element = 0;
  friend bool operator==(const Subject&, const Subject&) = default;
};

/// Names v1, v2, … of primitives are asked about that these steps do not have.
[[nodiscard]] bool ask_for_primitives(const std::vector<Answer>& answers, const Steps& steps);

/// Reads what answers are about, by their names. `active`: the nodes that y's derivative flows along.
class AnswerSubjects {
 public:
  AnswerSubjects(const Dependence& d, const Steps& steps, const std::vector<bool>& active, std::source_location where)
      : d_(d), steps_(steps), active_(active), where_(where) {}

  /// In their order. Throws ArgumentError, with the line, for what is no quantity, has no derivative, or is answered
  /// twice.
  [[nodiscard]] std::vector<Subject> of(const std::vector<Answer>& answers) const;

 private:
  [[noreturn]] void refuse(const Answer& answer, std::string problem, std::string expected,
                           std::string hint = {}) const;
  [[nodiscard]] std::optional<std::pair<std::size_t, std::int64_t>> element_of(std::string_view text) const;
  [[nodiscard]] Subject subject_of(const Answer& answer) const;

  const Dependence& d_;
  const Steps& steps_;
  const std::vector<bool>& active_;
  std::source_location where_;
};

}  // namespace wengert::detail
