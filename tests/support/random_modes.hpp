// Second derivatives in every mode: forward and reverse, recorded and numeric, over forward and over reverse. All must
// agree to what the running error analysis of their graphs allows (running_error.hpp). For one output of Scalars, for
// a tensor, and for a random program of either kind.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/tests/support/program_counts.hpp"
#include "wengert/tests/support/random_scalars.hpp"
#include "wengert/tests/support/random_tensors.hpp"
#include "wengert/tests/support/running_error.hpp"

namespace wengert::test {

/// Derivatives of y by x: row i of the Hessian, element (i, j), and the Hessian times a direction v.
inline void compare_scalar_modes(Recording& r, const Scalar& y, const std::vector<Scalar>& x, std::size_t i,
                                 std::size_t j, std::mt19937_64& random, Counts& counts, const std::string& where) {
  const std::size_t n = x.size();
  const auto unit = [&](std::size_t k) {
    std::vector<double> e(n);
    e[k] = 1.0;
    return e;
  };
  const auto constants = [](const std::vector<double>& v) { return std::vector<Scalar>(v.begin(), v.end()); };
  std::vector<double> v(n);
  for (double& number : v) number = random() % 4 == 0 ? 0.0 : std::uniform_real_distribution<double>(-1, 1)(random);
  const std::vector<double> ei = unit(i), ej = unit(j);

  // Recorded.
  const std::vector<Scalar> g = gradient(y, x), rr = gradient(g[i], x), fr = jvp(g, x, constants(ei)),
                            fv = jvp(g, x, constants(v));
  const Scalar d = jvp(y, x, constants(ei)), ff = jvp(d, x, constants(ej));
  const std::vector<Scalar> rf = gradient(d, x);

  std::vector<Scalar> outputs{y, d, ff};
  for (const std::vector<Scalar>* some : {&g, &rr, &fr, &rf, &fv})
    outputs.insert(outputs.end(), some->begin(), some->end());
  const Expansion expansion = expand(r, outputs);
  const RunningError errors(expansion);
  counts.nodes += expansion.graph.size();
  if (!errors.meaningful()) {
    ++counts.without_meaning;
    return;
  }
  const auto allowed = [&](std::size_t output) { return errors.allowed(expansion.graph.outputs()[output]); };
  const std::size_t at_g = 3, at_rr = at_g + n, at_fr = at_rr + n, at_rf = at_fr + n, at_fv = at_rf + n;
  const auto second = [&](std::size_t k) { return allowed(at_rr + k) + allowed(at_fr + k) + allowed(at_rf + k); };

  counts.compare("modes, order 1: recorded forward and reverse", d.value(), g[i].value(),
                 allowed(1) + allowed(at_g + i), where);
  counts.compare("modes, order 1: numeric and recorded forward", forward(x, ei)[y], d.value(), allowed(1), where);
  for (std::size_t k = 0; k < n; ++k) {
    counts.compare("modes, recorded: forward over reverse, reverse over reverse", fr[k].value(), rr[k].value(),
                   second(k), where);
    counts.compare("modes, recorded: reverse over forward, reverse over reverse", rf[k].value(), rr[k].value(),
                   second(k), where);
  }
  counts.compare("modes, recorded: forward over forward, reverse over reverse", ff.value(), rr[j].value(),
                 allowed(2) + second(j), where);

  const Tangents along_i = forward(x, ei), along_j = forward(x, ej);
  const Adjoints of_d = backward(d), of_gi = backward(g[i]);
  counts.compare("modes, numeric over recorded: forward over forward", along_j[d], ff.value(), allowed(2), where);
  for (std::size_t k = 0; k < n; ++k) {
    counts.compare("modes, numeric over recorded: forward over reverse", along_i[g[k]], fr[k].value(),
                   allowed(at_fr + k), where);
    counts.compare("modes, numeric over recorded: reverse over forward", of_d[x[k]], rf[k].value(), allowed(at_rf + k),
                   where);
    counts.compare("modes, numeric over recorded: reverse over reverse", of_gi[x[k]], rr[k].value(), allowed(at_rr + k),
                   where);
  }

  // What forgets its recording again.
  const RecordingStatistics before = r.statistics();
  const std::vector<double> hv = hvp(y, x, v), vh = vhp(y, x, v);
  for (std::size_t k = 0; k < n; ++k) {
    counts.compare("modes: hvp and recorded forward over reverse", hv[k], fv[k].value(), allowed(at_fv + k), where);
    // By symmetry: Σ v·H, whose terms are others; their sizes are those of row k.
    counts.compare("modes: vhp and hvp", vh[k], hv[k], 4 * allowed(at_fv + k), where);
  }
  std::vector<std::size_t> some{i};
  for (const std::size_t k : {j, std::size_t{0}, n - 1, n / 2})
    if (std::find(some.begin(), some.end(), k) == some.end()) some.push_back(k);
  std::vector<Scalar> few;
  for (const std::size_t k : some) few.push_back(x[k]);
  const char* const name[]{"modes: hessian, forward over reverse", "modes: hessian, reverse over reverse",
                           "modes: hessian, reverse over forward", "modes: hessian, forward over forward"};
  for (int mode = 0; mode < 4; ++mode) {
    const Matrix h = hessian(y, few, {.mode = static_cast<HessianMode>(mode)});
    for (std::size_t k = 0; k < some.size(); ++k) {
      counts.compare(name[mode], h(0, k), rr[some[k]].value(), second(some[k]), where);
      counts.compare("modes: symmetry of the Hessian", h(0, k), h(k, 0), second(some[k]), where);
    }
  }
  const RecordingStatistics after = r.statistics();
  if (before.values != after.values || before.bytes_used != after.bytes_used)
    counts.mismatch(where + ": a Hessian left something in the recording");
}

/// The random program of a seed, in every mode.
inline void check_scalar_modes(std::uint64_t seed, Counts& counts) {
  std::mt19937_64 random(seed ^ 0x9e3779b97f4a7c15u);
  Recording r(RecordingOptions{.locations = seed % 2 == 0});
  ScalarProgram program(seed, r);
  const Scalar y = program.record(counts);
  ++counts.programs;
  counts.rolled += r.statistics().rolled;
  if (y.is_constant()) {
    ++counts.without_derivative;
    return;
  }
  const std::size_t n = program.inputs.size();
  compare_scalar_modes(r, y, program.inputs, static_cast<std::size_t>(random() % n),
                       static_cast<std::size_t>(random() % n), random, counts,
                       "scalar program " + std::to_string(seed));
}

/// Derivatives of Σ c·y by x along the directions d and e; c is recorded, too.
inline void compare_tensor_modes(Recording& r, const Tensor& y, const std::vector<Tensor>& x, const Tensor& c,
                                 const std::vector<Tensor>& d, const std::vector<Tensor>& e, Counts& counts,
                                 const std::string& where) {
  // Recorded, too: of a sum of constants, only the value would be in the graph, and not what it lost.
  const auto recorded = [&](const std::vector<Tensor>& constants) {
    std::vector<Tensor> variables;
    for (const Tensor& t : constants) variables.push_back(r.variable(t));
    return variables;
  };
  // Σ a·b in f64.
  const auto product = [](const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    Tensor total = zeros(Shape{});
    for (std::size_t k = 0; k < a.size(); ++k)
      total = total + sum(convert(a[k], Dtype::f64) * convert(b[k], Dtype::f64));
    return total;
  };
  const std::vector<Tensor> dr = recorded(d), er = recorded(e), g = gradient(y, c, x), fr = jvp(g, x, d);
  const Tensor slope = product(g, dr), q = jvp(y, x, d), ff = jvp(q, x, e);
  const std::vector<Tensor> rr = gradient(slope, x), rf = gradient(q, c, x);
  const Tensor cq = product({q}, {c}), cff = product({ff}, {c}), err = product(rr, er);

  std::vector<detail::AnyHandle> outputs{y, slope, q, ff, cq, cff, err};
  for (const std::vector<Tensor>* some : {&g, &fr, &rr, &rf})
    for (const Tensor& t : *some) outputs.emplace_back(t);
  const Expansion expansion = expand(r, outputs);
  const RunningError errors(expansion);
  counts.nodes += expansion.graph.size();
  if (!errors.meaningful()) {
    ++counts.without_meaning;
    return;
  }
  const auto allowed = [&](std::size_t output, std::size_t element) {
    return errors.allowed(expansion.graph.outputs()[output], element);
  };
  const auto compare = [&](const char* check, const Tensor& got, const Tensor& want, const auto& bound) {
    if (!(got.type() == want.type()))
      return counts.mismatch(where + ", " + check + ": " + to_string(got.type()) + " and " + to_string(want.type()));
    const std::vector<double> a = got.to_vector(), b = want.to_vector();
    for (std::size_t m = 0; m < a.size(); ++m) counts.compare(check, a[m], b[m], bound(m), where);
  };
  const auto of = [&](std::size_t output) { return [&, output](std::size_t m) { return allowed(output, m); }; };
  const auto both = [&](std::size_t one, std::size_t other) {
    return [&, one, other](std::size_t m) { return allowed(one, m) + allowed(other, m); };
  };
  const std::size_t n = x.size(), at_fr = 7 + n, at_rr = at_fr + n, at_rf = at_rr + n;
  compare("modes, tensors, order 1: recorded forward and reverse", cq, slope, both(1, 4));
  compare("modes, tensors: forward over forward, reverse over reverse", cff, err, both(5, 6));
  const Tangents along_d = forward(x, d), along_e = forward(x, e);
  const Adjoints of_q = backward(q, Tensor(c.value()));
  compare("modes, tensors, order 1: numeric and recorded forward", along_d[y], q, of(2));
  compare("modes, tensors, numeric over recorded: forward over forward", along_e[q], ff, of(3));
  for (std::size_t k = 0; k < n; ++k) {
    compare("modes, tensors: forward over reverse, reverse over reverse", fr[k], rr[k], both(at_fr + k, at_rr + k));
    compare("modes, tensors: reverse over forward, reverse over reverse", rf[k], rr[k], both(at_rf + k, at_rr + k));
    compare("modes, tensors, numeric over recorded: forward over reverse", along_d[g[k]], fr[k], of(at_fr + k));
    compare("modes, tensors, numeric over recorded: reverse over forward", of_q[x[k]], rf[k], of(at_rf + k));
  }
  const Tensor whole = product({y}, {c});
  const std::vector<Tensor> hv = hvp(whole, x, d), vh = vhp(whole, x, d);
  for (std::size_t k = 0; k < n; ++k) {
    compare("modes, tensors: hvp and recorded forward over reverse", hv[k], fr[k], both(at_fr + k, at_rr + k));
    compare("modes, tensors: vhp and recorded reverse over reverse", vh[k], rr[k], both(at_fr + k, at_rr + k));
  }
}

/// The random program of tensors of a seed, in every mode.
inline void check_tensor_modes(std::uint64_t seed, Counts& counts) {
  Recording r(RecordingOptions{.locations = seed % 2 == 0});
  TensorProgram program(seed, r);
  const Tensor y = program.record(counts);
  ++counts.programs;
  if (y.is_constant()) {
    ++counts.without_derivative;
    return;
  }
  const Tensor c = r.variable(program.random(y.type()));
  std::vector<Tensor> d, e;
  for (const Tensor& t : program.inputs) d.push_back(program.random(t.type()));
  for (const Tensor& t : program.inputs) e.push_back(program.random(t.type()));
  compare_tensor_modes(r, y, program.inputs, c, d, e, counts, "tensor program " + std::to_string(seed));
}

}  // namespace wengert::test
