// RecordedGradient: a gradient that is recorded, used, and forgotten again.
#pragma once

#include <optional>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/transform/sparse/handles.hpp"

namespace wengert::detail {

/// The stream that y and x are of, settled; null when there are none, or constants only. Throws StaleHandle,
/// ForeignRecording; ArgumentError for an x that is a constant, DtypeError for tensors that are not real.
Stream* common_stream(std::span<const AnyHandle> y, std::span<const AnyHandle> x, const char* operation,
                      std::source_location where);

/// ∂y/∂x, behind everything else in the recording as long as this lives; then the recording is as it was.
class RecordedGradient {
 public:
  RecordedGradient(const AnyHandle& y, const Handles& x, const char* operation, std::source_location where) {
    Stream* const s = common_stream(std::span(&y, 1), x, operation, where);
    if (s != nullptr) temporary_.emplace(*s);
    gradients_ = gradient_of(y, nullptr, x, where);
    std::vector<AnyHandle> handles;
    handles.reserve(x.size());
    for (std::size_t k = 0; k < x.size(); ++k)
      handles.push_back(x[k].tensor == nullptr ? AnyHandle(gradients_[k].scalar) : AnyHandle(gradients_[k].tensor));
    handles_ = Handles(std::span<const AnyHandle>(handles));
  }
  [[nodiscard]] const Handles& handles() const noexcept { return handles_; }

 private:
  class Temporary {
   public:
    explicit Temporary(Stream& stream) : stream_(stream), mark_(stream.mark()) {}
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() { stream_.discard(mark_); }

   private:
    Stream& stream_;
    Stream::Mark mark_;
  };
  std::optional<Temporary> temporary_;
  std::vector<AnyGradient> gradients_;
  Handles handles_{std::span<const AnyHandle>()};
};

}  // namespace wengert::detail
