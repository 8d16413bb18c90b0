// The table of causes; see causes.hpp. Domains are those of the primitives' documentation (docs/primitives.md).
#include "wengert/autodiff/inspect/causes.hpp"

#include <cmath>
#include <limits>

#include "wengert/autodiff/inspect/wording.hpp"

namespace wengert::inspect {

namespace {

std::string largest(Dtype dtype) {
  return dtype == Dtype::f32 ? "3.4e38, the largest f32" : "1.8e308, the largest f64";
}

Diagnosis overflow(std::string_view operation, Dtype dtype) {
  const std::string how = "the result of " + std::string(operation) + " is beyond " + largest(dtype) + ".";
  if (operation == "exp" || operation == "exp2" || operation == "expm1" || operation == "sinh" || operation == "cosh")
    return {how,
            "Subtract the largest argument before, as softmax, log_softmax and logsumexp do; for 1/(1 + exp(-x)) and "
            "log(1 + exp(x)) there are sigmoid and softplus."};
  if (operation == "square" || operation == "pow" || operation == "integer_pow")
    return {how, "Scale what is raised; norm and hypot take roots of sums of squares without overflow."};
  if (operation == "prod" || operation == "determinant")
    return {how, "Work with logarithms: a sum of logs, log_abs_determinant."};
  return {how, dtype == Dtype::f32
                   ? "Scale the operands (a smaller rate, clipped gradients, normalisation), or compute "
                     "in f64."
                   : "Scale the operands: a smaller rate, clipped gradients, normalisation."};
}

bool is_logarithm(std::string_view operation) {
  return operation == "log" || operation == "log2" || operation == "log10";
}

const std::string keep_from_zero =
    "Keep it away from 0: log(max(x, ε)) or log(x + ε); of probabilities take the logits (log_softmax, log_sigmoid, "
    "cross_entropy); x·log(x) is xlogy(x, x).";

}  // namespace

Diagnosis cause_of_value(std::string_view operation, std::span<const double> operands, double result, Dtype dtype) {
  const bool nan = std::isnan(result);
  const std::string name(operation);
  const double a = operands.empty() ? std::nan("") : operands[0];
  const double b = operands.size() < 2 ? std::nan("") : operands[1];
  for (const double operand : operands) {
    if (std::isfinite(operand)) continue;
    return cause_of_constant(name, number_text(operand));
  }
  if (is_logarithm(operation)) {
    if (a < 0) return {"the logarithm of a number below 0 is not defined.", keep_from_zero};
    if (a == 0) return {"the logarithm of 0 is -∞.", keep_from_zero};
  }
  if (operation == "log1p" || operation == "xlog1py") {
    const double x = operation == "log1p" ? a : b;
    if (x <= -1) return {"log(1 + x) is defined above -1.", "Keep x above -1: max(x, -1 + ε)."};
  }
  if (operation == "xlogy" && b <= 0)
    return {"x·log(y) with y " + std::string(b < 0 ? "below 0" : "= 0 and x ≠ 0") + ".", keep_from_zero};
  if ((operation == "sqrt" || operation == "rsqrt") && a < 0)
    return {"the square root of a number below 0 is not defined.",
            "A difference that should be 0 or more is rounded below it: sqrt(max(x, 0.0)); a variance is computed from "
            "differences to the mean, not as E[x²] − E[x]²."};
  if (operation == "rsqrt" && a == 0)
    return {"1/√x is infinite at 0.", "Add an ε under the root, as normalisations do."};
  if (operation == "div") {
    if (a == 0 && b == 0)
      return {"0 / 0 is not defined.", "Decide what it is to be: where(y != 0, x, 0.0) / where(y != 0, y, 1.0)."};
    if (b == 0) return {"division by 0.", "Add an ε to the divisor, or choose with where(), on the divisor too."};
  }
  if (operation == "reciprocal" && a == 0)
    return {"division by 0.", "Add an ε, or choose with where(), on the divisor too."};
  if (operation == "fmod" && b == 0) return {"fmod(x, 0) is not defined.", "Keep the divisor away from 0."};
  if (operation == "pow" || operation == "integer_pow") {
    if (a == 0 && b < 0) return {"0 to a negative power is a division by 0.", "Keep the base away from 0: max(x, ε)."};
    if (a < 0 && nan)
      return {"a negative number to a power that is not whole is not defined.",
              "pow(abs(x), p), or a base that cannot be negative (exp, softplus)."};
  }
  if ((operation == "asin" || operation == "acos") && std::abs(a) > 1)
    return {name + "(x) is defined from -1 to 1; a cosine is rounded beyond.",
            "clamp(x, -1.0, 1.0); the angle of two vectors by atan2."};
  if (operation == "acosh" && a < 1) return {"acosh(x) is defined from 1 on.", "acosh(max(x, 1.0))."};
  if (operation == "atanh" && std::abs(a) >= 1)
    return {"atanh(x) is defined between -1 and 1, and infinite at both.", "clamp(x, -1 + ε, 1 - ε)."};
  if (operation == "lgamma" || operation == "digamma" || operation == "polygamma")
    return {name + " has poles at 0, -1, -2, …", "Keep the argument above 0 (softplus, exp)."};
  if (operation == "sum" || operation == "mean" || operation == "matmul" || operation == "conv2d" ||
      operation == "norm" || operation == "cumsum" || operation == "add" || operation == "sub")
    return overflow(operation, dtype);
  if (operation == "solve" || operation == "inverse" || operation == "triangular_solve" || operation == "cholesky" ||
      operation == "eigh" || operation == "svd" || operation == "qr" || operation == "log_abs_determinant")
    return {name + " of a matrix that is singular, or nearly.",
            "Add a multiple of the identity, or solve in the least-squares sense."};
  if ((operation == "softmax" || operation == "log_softmax" || operation == "logsumexp") && nan)
    return {name + " of a row without a finite element.", "Leave at least one place of each row unmasked."};
  if (operation == "function")
    return {"a function of the user's own gave it.",
            "Look into its value rule; record it without the function to see inside."};
  if (!nan) return overflow(operation, dtype);
  return {name + " is not defined there.", "wengert primitives " + name + " tells its domain."};
}

Diagnosis cause_of_constant(std::string_view operation, const std::string& operand) {
  return {"a constant operand of " + std::string(operation) + " is " + operand + ".",
          "Look where it comes from (data, labels, a mask): it was so before it met a variable. Drop or fill what is "
          "missing; a large finite number does what ∞ was to do."};
}

Diagnosis cause_of_derivative(std::string_view operation, std::span<const double> operands, std::size_t position,
                              double cotangent, double result, Dtype dtype) {
  const std::string name(operation);
  const double a = operands.empty() ? std::nan("") : operands[0];
  const double b = operands.size() < 2 ? std::nan("") : operands[1];
  if (operation == "sqrt" && a == 0)
    return {"the derivative of a square root, 1/(2√x), is infinite at 0.",
            "norm and hypot have derivative 0 there; else sqrt(x + ε), or where(x > 0, …) around argument and root."};
  if (operation == "cbrt" && a == 0)
    return {"the derivative of a cube root is infinite at 0.",
            "Keep the argument away from 0, or choose with where()."};
  if (operation == "pow" || operation == "integer_pow") {
    if (a == 0 && position == 0)
      return {"the derivative of a power below 1, p·x^(p-1), is infinite at base 0.",
              "pow(max(x, ε), p), or pow(x + ε, p)."};
    if (a <= 0 && position == 1)
      return {"the derivative by the exponent is x^p·log(x), which is not defined for a base of 0 or less.",
              "A whole constant exponent needs no logarithm; else keep the base above 0."};
  }
  if ((operation == "asin" || operation == "acos") && std::abs(a) == 1)
    return {"the derivative of " + name + ", ±1/√(1 - x²), is infinite at ±1.",
            "clamp(x, -1 + ε, 1 - ε); the angle of two vectors by atan2."};
  if (operation == "acosh" && a == 1)
    return {"the derivative of acosh, 1/√(x² - 1), is infinite at 1.", "Keep the argument above 1 + ε."};
  if (operation == "xlogy" && b == 0)
    return {"the derivative of x·log(y) at y = 0 is infinite.", "xlogy(x, max(y, ε))."};
  if ((operation == "div" || operation == "reciprocal" || operation == "rsqrt" || is_logarithm(operation)) &&
      std::isfinite(cotangent))
    return {"the divisor is so small that the derivative" +
                std::string(operation == "div" && position == 1 ? ", -x/y²," : "") + " is beyond " + largest(dtype) +
                ".",
            "Add an ε to it, or scale it."};
  if (operation == "eigh" || operation == "svd")
    return {"two eigenvalues (singular values) are equal, and the derivative of their vectors is not defined.",
            "Use functions of the matrix that do not depend on the vectors, or break the tie."};
  if (operation == "function")
    return {"the derivative rule of a function of the user's own gave it.", "check_gradient on the function finds it."};
  if (std::isinf(result))
    return {"the cotangent " + number_text(cotangent) + " times the derivative of " + name + " is beyond " +
                largest(dtype) + ".",
            "Scale the loss, clip what is exponentiated, or normalise: the factors of the chain rule grow too much."};
  return {"the derivative of " + name + " is not defined there.", "wengert primitives " + name + " tells where it is."};
}

Diagnosis cause_of_input(bool parameter) {
  if (parameter)
    return {
        "the parameter was not finite before this calculation began.",
        "An earlier step ruined it: go back to a checkpoint before, with a smaller rate or clipped gradients; look at "
        "that step's gradient the same way."};
  return {"the input was not finite to begin with.",
          "Clean the data: drop or fill what is missing before it is recorded."};
}

}  // namespace wengert::inspect
