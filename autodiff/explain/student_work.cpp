#include "wengert/autodiff/explain/student_work.hpp"

#include <cmath>

#include "wengert/autodiff/ops/hook.hpp"

namespace wengert::detail {

using graph::NodeId;

namespace {

Array absolute(const Array& a) {
  Array result = Array::zeros(a.type());
  if (a.dtype() != Dtype::f64) return result;
  const auto to = result.mutable_data<double>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::abs(a.element(static_cast<std::int64_t>(i)));
  return result;
}

}  // namespace

Uncertain replaced(const Uncertain& computed, const std::vector<OwnNumber>& numbers) {
  if (computed.value.dtype() != Dtype::f64) return computed;
  const Array zeros = Array::zeros(computed.value.type());
  Uncertain result{sum_of(computed.value, zeros), sum_of(computed.slack, zeros)};
  for (const OwnNumber& number : numbers) {
    const auto at = static_cast<std::size_t>(WENGERT_INDEX("mark: element of an own number", number.element));
    result.value.mutable_data<double>()[at] = WENGERT_NUMBER("mark: own number", number.value);
    // Cut off, a number is up to a whole unit away.
    result.slack.mutable_data<double>()[at] = WENGERT_NUMBER("mark: slack of an own number", number.unit);
  }
  return result;
}

StudentWork::StudentWork(const Dependence& d, const Steps& steps, std::vector<bool> active)
    : d_(&d), steps_(steps), active_(std::move(active)) {
  for (std::size_t p = 0; p < steps_.nodes().size(); ++p) {
    operands_.emplace_back();
    for (const std::size_t operand : steps_.operands(p))
      if (WENGERT_HOLDS("mark: derivative flows into an operand", depends(p) && depends(operand)))
        operands_.back().push_back(operand);
  }
}

StudentWork StudentWork::with_values(const OwnNumbers& values) const {
  std::map<NodeId, Array> given;
  for (const auto& [quantity, numbers] : values) {
    const Array before = value(quantity).dense();
    given[steps_.nodes()[quantity]] = replaced({before, Array::zeros(before.type())}, numbers).value;
  }
  StudentWork other = *this;
  other.owned_ = std::make_shared<const Dependence>(d_->with(given));
  other.d_ = other.owned_.get();
  other.steps_ = steps_.on(*other.d_);
  return other;
}

Uncertain StudentWork::value_from(std::size_t quantity, std::span<const Uncertain> at) const {
  std::map<NodeId, Array> values;
  const std::vector<std::size_t> operands = steps_.operands(quantity);
  for (const std::size_t operand : operands) values[steps_.nodes()[operand]] = at[operand].value;
  Uncertain result{steps_.value_from(quantity, values), Array::zeros(type(quantity))};
  if (result.value.dtype() != Dtype::f64) return result;
  for (const std::size_t operand : operands) {
    if (at[operand].value.dtype() != Dtype::f64 || norm(at[operand].slack) == 0) continue;
    // As far as the value moves with the operand: to first order, of several elements together.
    Array& moved = values[steps_.nodes()[operand]];
    moved = sum_of(at[operand].value, at[operand].slack);
    const Array change = absolute(difference_of(steps_.value_from(quantity, values), result.value));
    result.slack = sum_of(result.slack, change);
    moved = at[operand].value;
  }
  return result;
}

double StudentWork::local(std::size_t step, std::size_t operand, const Mutation* rule) const {
  const Array one = Array::uniform(type(step), 1.0).dense();
  return steps_.contributions(step, one, {operand}, rule)[0].element(0);
}

std::vector<Uncertain> StudentWork::sweep(const OwnNumbers& adjoints, const OwnLocals& locals, const Lapse* lapse,
                                          std::size_t last) const {
  const std::size_t root = steps_.position(d_->root());
  std::vector<Uncertain> arrived(steps_.nodes().size());
  std::vector<bool> any(arrived.size(), false);
  arrived[root] = {Array::uniform(type(root), 1.0).dense(), Array::zeros(type(root))};
  any[root] = true;
  const Mutation* const rule = lapse != nullptr && lapse->rule ? &*lapse->rule : nullptr;
  for (std::size_t p = arrived.size(); p-- > last;) {
    if (!depends(p)) continue;
    if (!any[p]) arrived[p] = {Array::zeros(type(p)), Array::zeros(type(p))};
    Uncertain adjoint = arrived[p];
    if (const auto at = adjoints.find(p); at != adjoints.end()) adjoint = replaced(adjoint, at->second);
    if (operands_[p].empty()) continue;
    std::vector<Array> terms = steps_.contributions(p, adjoint.value, operands_[p], rule);
    const std::vector<Array> slacks = steps_.contributions(p, adjoint.slack, operands_[p]);
    for (std::size_t k = 0; k < operands_[p].size(); ++k) {
      const std::size_t q = operands_[p][k];
      Array slack = absolute(slacks[k]);
      if (const auto at = locals.find({p, q}); at != locals.end()) {
        const OwnNumber& local = at->second;
        const double c = adjoint.value.element(0);
        terms[k] = Array::uniform(type(q), WENGERT_NUMBER("mark: own local derivative", c * local.value)).dense();
        slack = Array::uniform(type(q), std::abs(adjoint.slack.element(0) * local.value) + std::abs(c) * local.unit)
                    .dense();
      }
      if (lapse != nullptr && lapse->left_out && lapse->left_out->step == p && lapse->left_out->operand == q &&
          adjoint.value.type() == terms[k].type())
        terms[k] = adjoint.value;
      if (lapse != nullptr && lapse->fan_out && lapse->fan_out->quantity == q &&
          (lapse->fan_out->user == p) != lapse->fan_out->keep)
        continue;
      if (WENGERT_HOLDS("mark: first contribution", !any[q])) {
        arrived[q] = {terms[k], slack};
      } else {
        arrived[q] = {sum_of(arrived[q].value, terms[k]), sum_of(arrived[q].slack, slack)};
      }
      any[q] = true;
    }
  }
  return arrived;
}

}  // namespace wengert::detail
