#include "wengert/autodiff/record/recording.hpp"

#include <string>
#include <utility>

#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using detail::Id;
using detail::Stream;

Recording::Recording(const RecordingOptions& options)
    : stream_(std::make_unique<Stream>(detail::StreamOptions{.locations = options.locations,
                                                             .stop_at_nan = options.stop_at_nan,
                                                             .ties = options.ties,
                                                             .first_id = options.first_id,
                                                             .last_id = options.last_id})) {}
Recording::Recording(Recording&&) noexcept = default;
Recording& Recording::operator=(Recording&&) noexcept = default;
Recording::~Recording() = default;

Scalar Recording::named_variable(double value, std::string_view name, std::source_location where) {
  detail::PreparedName prepared(name);
  const Id id = stream_->add_variable(value, where);
  prepared.give(*stream_, id);
  return Scalar::from_parts(value, id, stream_->tag());
}

std::vector<Scalar> Recording::variables(std::span<const double> values, std::string_view name,
                                         std::source_location where) {
  std::vector<Scalar> result;
  result.reserve(values.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    result.push_back(name.empty() ? variable(values[k], {}, where)
                                  : variable(values[k], std::string(name) + "[" + std::to_string(k) + "]", where));
  }
  return result;
}

void Recording::variables_into(std::span<const double> values, std::span<Scalar> to, std::source_location where) {
  if (values.size() != to.size())
    throw ArgumentError{
        {.operation = "variables_into",
         .problem = std::to_string(to.size()) + " handles for " + std::to_string(values.size()) + " values",
         .expected = "one handle for each value",
         .where = where}};
  for (std::size_t k = 0; k < values.size();) {
    const auto [first, count] = stream_->add_variables(values.subspan(k), where);
    for (std::size_t i = 0; i < count; ++i) to[k + i] = Scalar::from_word(values[k + i], first + i);
    k += count;
  }
}

void Recording::name(const Scalar& value, std::string_view name, std::source_location where) {
  if (value.is_constant()) {
    throw ArgumentError{{.operation = "name",
                         .problem = "the value is a constant",
                         .expected = "a value of this recording",
                         .where = where}};
  }
  stream_->check(value.id(), value.tag(), "name", where);
  stream_->names.insert_or_assign(value.id(), std::string(name));
}

Recording::Scope Recording::scope(std::string_view name) {
  const std::uint32_t outer = stream_->scope;
  stream_->enter_scope(name);
  return {stream_.get(), outer};
}

Recording::Scope::~Scope() {
  if (stream_ != nullptr) stream_->leave_scope(outer_);
}

namespace {
/// Null for a constant, and for a handle that is stale: whatever is done with it says so.
[[nodiscard]] Stream* stream_behind(const Tensor& x) {
  if (x.is_constant()) return nullptr;
  detail::StreamHead& head = Stream::of(x.tag());
  return &head == &detail::no_stream ? nullptr : static_cast<Stream*>(&head);
}
}  // namespace

Recording::Scope scope_of(const Tensor& x, std::string_view name) {
  Stream* const stream = stream_behind(x);
  if (stream == nullptr) return {nullptr, 0};
  const std::uint32_t outer = stream->scope;
  stream->enter_new_scope(name);
  return {stream, outer};
}

Recording::LocationScope location_of(const Tensor& x, std::source_location where) {
  Stream* const stream = stream_behind(x);
  if (stream == nullptr || stream->location_mask == 0) return {nullptr, nullptr, 0};  // off, or one is in force
  const std::uintptr_t outer_mask = stream->location_mask;
  const void* const outer = stream->scope_location;
  stream->settle();
  stream->scope_location = detail::pointer_of(where);
  stream->location_mask = 0;
  return {stream, outer, outer_mask};
}

std::string name_of(const Tensor& x) {
  const Stream* const stream = stream_behind(x);
  if (stream == nullptr) return {};
  const auto found = stream->names.find(x.id());
  return found == stream->names.end() ? std::string{} : found->second;
}

Recording::LocationScope Recording::location(std::source_location where) {
  const void* const outer = stream_->scope_location;
  const std::uintptr_t outer_mask = stream_->location_mask;
  if (outer == nullptr && outer_mask == 0) return {stream_.get(), outer, outer_mask};  // locations are off
  stream_->settle();
  stream_->scope_location = detail::pointer_of(where);
  stream_->location_mask = 0;
  return {stream_.get(), outer, outer_mask};
}

Recording::LocationScope::~LocationScope() {
  if (stream_ == nullptr) return;
  if (stream_->scope_location == outer_ && stream_->location_mask == outer_mask_) return;
  stream_->settle();
  stream_->scope_location = outer_;
  stream_->location_mask = outer_mask_;
}

Recording::Mark Recording::mark() {
  Mark result;
  result.mark_ = stream_->mark();
  return result;
}
void Recording::rewind(const Mark& mark, std::source_location where) { stream_->rewind(mark.mark_, where); }
void Recording::clear() { stream_->clear(); }

RecordingStatistics Recording::statistics() const {
  Stream& s = *stream_;
  s.settle();
  RecordingStatistics result{.values = s.next_id() - s.first_id(),
                             .loops = s.loops.size(),
                             .bytes_used = s.bytes_used(),
                             .bytes_reserved = s.bytes_reserved()};
  for (const detail::Loop& loop : s.loops) result.rolled += std::uint64_t{loop.count} * loop.body;
  for (const detail::Guard& guard : s.guards) result.guards += guard.count;
  return result;
}

}  // namespace wengert
