#include "wengert/autodiff/record/guards.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

namespace {

std::string text_of(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string text_of(std::string_view symbol, const std::string& a, const std::string& b) {
  return a + " " + std::string(symbol) + " " + b;
}
std::string text_of(std::string_view symbol, const double (&x)[2]) {
  return text_of(symbol, text_of(x[0]), text_of(x[1]));
}

/// The comparison as the user may have written it.
std::string condition_of(const GuardInfo& guard) {
  std::string side[2];
  for (std::size_t k = 0; k < 2; ++k) side[k] = guard.side[k].empty() ? text_of(guard.recorded[k]) : guard.side[k];
  return text_of(guard.symbol, side[0], side[1]);
}

}  // namespace

GuardInfo detail::info_of(const Stream& s, const Guard& guard, std::uint32_t place) {
  GuardInfo info{.symbol = guard.comparison->symbol, .outcome = guard.outcome, .place = place, .count = guard.count};
  if (guard.location != nullptr) info.where = location_of(guard.location);
  for (std::size_t k = 0; k < 2; ++k) {
    const Id id = guard.operand[k] == 0 ? 0 : guard.operand[k] + place * guard.step[k];
    info.recorded[k] = id == 0 ? guard.constant[k] : s.values[id];
    if (const auto name = s.names.find(id); id != 0 && name != s.names.end()) info.side[k] = name->second;
  }
  return info;
}

Scalar detail::side_of(const Stream& s, const Guard& guard, std::size_t side, std::uint32_t place) {
  if (guard.operand[side] == 0) return {guard.constant[side]};
  const Id id = guard.operand[side] + place * guard.step[side];
  return Scalar::from_parts(s.values[id], id, s.tag());
}

void detail::append_guard_sides(const Stream& s, std::vector<AnyHandle>& to) {
  std::vector<Id> ids;
  for (const Guard& guard : s.guards)
    for (std::uint32_t place = 0; place < guard.count; ++place)
      for (std::size_t k = 0; k < 2; ++k)
        if (guard.operand[k] != 0) ids.push_back(side_of(s, guard, k, place).id());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const Id id : ids) to.emplace_back(Scalar::from_parts(s.values[id], id, s.tag()));
}

std::string to_string(const GuardInfo& guard) {
  std::string text = condition_of(guard) + (guard.outcome ? " held (" : " did not hold (") +
                     text_of(guard.symbol, guard.recorded) + ")";
  if (guard.count > 1)
    text += ", number " + std::to_string(guard.place + 1) + " of " + std::to_string(guard.count) + " in a row";
  if (guard.where.line() != 0)
    text += std::string(" at ") + guard.where.file_name() + ":" + std::to_string(guard.where.line());
  return text;
}

std::vector<GuardInfo> guards(const Recording& recording) {
  const Stream& s = recording.stream();
  recording.stream().settle();
  std::vector<GuardInfo> result;
  for (const Guard& guard : s.guards) result.push_back(info_of(s, guard, 0));
  return result;
}

void detail::throw_guard_failed(const FailedGuard& failed, std::string_view operation) {
  const GuardInfo& guard = failed.guard;
  std::string problem = "the comparison " + condition_of(guard) + (guard.outcome ? " held" : " did not hold") +
                        " when it was recorded (" + text_of(guard.symbol, guard.recorded) + "), now it " +
                        (guard.outcome ? "does not (" : "does (") + text_of(guard.symbol, failed.now) + ")";
  if (guard.count > 1) {
    problem += ", number " + std::to_string(guard.place + 1) + " of " + std::to_string(guard.count) + " in a row";
  }
  throw GuardFailed{{.operation = std::string(operation),
                     .operands = {text_of(failed.now[0]), text_of(failed.now[1])},
                     .problem = problem,
                     .expected = "inputs at which every recorded comparison decides as it did",
                     .where = guard.where,
                     .hint = "record again at these inputs, or choose without a branch: where(x < 3.0, a, b)"}};
}

}  // namespace wengert
