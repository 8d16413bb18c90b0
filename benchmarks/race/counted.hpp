// A double that counts the operations done on it: what "one operation" means in the race.
//
// Every arithmetic operator and every mathematical function with at least one operand of the active type is one
// operation, a negation too; copies, assignments, comparisons and arithmetic among doubles are none. The same count is
// used for every tape, however it stores the expression.
#pragma once

#include <cmath>
#include <cstddef>

namespace race {

class Counted {
 public:
  Counted(double value = 0.0) : value_(value) {}  // NOLINT(google-explicit-constructor): stands where double does

  [[nodiscard]] double value() const { return value_; }
  static inline std::size_t operations = 0;  // set to zero by who counts; the race has one thread

  friend Counted operator+(Counted a, Counted b) { return count(a.value_ + b.value_); }
  friend Counted operator-(Counted a, Counted b) { return count(a.value_ - b.value_); }
  friend Counted operator*(Counted a, Counted b) { return count(a.value_ * b.value_); }
  friend Counted operator/(Counted a, Counted b) { return count(a.value_ / b.value_); }
  friend Counted operator-(Counted a) { return count(-a.value_); }
  friend bool operator<(Counted a, Counted b) { return a.value_ < b.value_; }
  friend bool operator>(Counted a, Counted b) { return a.value_ > b.value_; }
  friend Counted sin(Counted a) { return count(std::sin(a.value_)); }
  friend Counted cos(Counted a) { return count(std::cos(a.value_)); }
  friend Counted tanh(Counted a) { return count(std::tanh(a.value_)); }
  friend Counted exp(Counted a) { return count(std::exp(a.value_)); }
  friend Counted log(Counted a) { return count(std::log(a.value_)); }
  friend Counted sqrt(Counted a) { return count(std::sqrt(a.value_)); }

 private:
  static Counted count(double value) {
    ++operations;
    return {value};
  }

  double value_;
};

}  // namespace race
