// Guards: the comparisons that decided branches while a recording was made. A program made of the recording (a Replay,
// a Program) holds each against what it decided then.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/stream.hpp"

namespace wengert {

/// A comparison that decided a branch.
struct GuardInfo {
  std::string_view symbol{};     ///< of the comparison: "<"
  std::string side[2]{};         ///< names of the values compared; empty where there is none
  double recorded[2]{};          ///< their values when it was recorded
  bool outcome = false;          ///< what it decided then
  std::source_location where{};  ///< of the comparison; line 0 if the recording keeps no locations
  std::uint32_t place = 0;       ///< of `count` such comparisons in a row, at one line
  std::uint32_t count = 1;
};
/// "x < 3 held (2 < 3) at f.cpp:12".
[[nodiscard]] std::string to_string(const GuardInfo& guard);
/// The guards of a recording, in the order of the program; of comparisons in a row, the first.
[[nodiscard]] std::vector<GuardInfo> guards(const Recording& recording);

/// A guard that did not decide as it was recorded.
struct FailedGuard {
  GuardInfo guard{};
  double now[2]{};  ///< the values compared
};

namespace detail {

/// Comparison `place` of `guard.count` in a row.
[[nodiscard]] GuardInfo info_of(const Stream& s, const Guard& guard, std::uint32_t place);
/// What comparison `place` in a row compares.
[[nodiscard]] Scalar side_of(const Stream& s, const Guard& guard, std::size_t side, std::uint32_t place);
/// Appends what the guards of a recording compare, each value once; constants are left out.
void append_guard_sides(const Stream& s, std::vector<AnyHandle>& to);
/// GuardFailed for this guard, with the values compared now; `operation` is what ran.
[[noreturn]] void throw_guard_failed(const FailedGuard& failed, std::string_view operation);

/// Handles of both kinds, or many of one.
class HandleList {
 public:
  HandleList(std::initializer_list<AnyHandle> handles) : handles_(handles) {}
  HandleList(std::vector<AnyHandle> handles) noexcept : handles_(std::move(handles)) {}      // NOLINT: any list will do
  HandleList(std::span<const Scalar> handles) : handles_(handles.begin(), handles.end()) {}  // NOLINT
  HandleList(const std::vector<Scalar>& handles) : handles_(handles.begin(), handles.end()) {}  // NOLINT
  HandleList(std::span<const Tensor> handles) : handles_(handles.begin(), handles.end()) {}     // NOLINT
  HandleList(const std::vector<Tensor>& handles) : handles_(handles.begin(), handles.end()) {}  // NOLINT
  [[nodiscard]] std::span<const AnyHandle> span() const noexcept { return handles_; }

 private:
  std::vector<AnyHandle> handles_;
};

}  // namespace detail

}  // namespace wengert
