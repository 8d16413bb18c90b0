// Recording: what user code holds. It owns a stream (record/stream.hpp), where everything is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"

namespace wengert {

class Array;
class Tensor;

/// How a recording records.
struct RecordingOptions {
  /// Keep the user's file and line with every entry (one pointer per place in the program, nothing per statement).
  bool locations = true;
  /// Throw DomainError at the first statement that gives NaN, with its line. Otherwise NaN is recorded like any value.
  bool stop_at_nan = false;
  /// Remember which value of a recorded gradient is the adjoint of which forward value, for drawings, and what the
  /// gradient is of and by, for explain(): 12 bytes each.
  bool ties = true;
  /// Ids run from first_id to last_id; a recording that needs more throws CapacityError.
  std::uint32_t first_id = 1;
  std::uint32_t last_id = 0xFFFFFFFEu;
};

/// What a recording holds, and the memory it takes.
struct RecordingStatistics {
  std::uint64_t values = 0;  ///< ids in use: variables, statements, tensor operations
  std::uint64_t loops = 0;   ///< rolled-up entries
  std::uint64_t rolled = 0;  ///< statements in them
  std::uint64_t guards = 0;
  std::uint64_t bytes_used = 0;  ///< entries, operand ids, partials, values, constants
  std::uint64_t bytes_reserved = 0;
};

/// Everything that was computed from its variables, in order: append-only, one writer. Distinct recordings may be used
/// on distinct threads at the same time; there is no current recording, a handle knows its own.
class Recording {
 public:
  explicit Recording(const RecordingOptions& options = {});
  Recording(Recording&&) noexcept;
  Recording& operator=(Recording&&) noexcept;
  ~Recording();

  /// An input with a value, and a name for drawings and messages. Names need not be unique.
  Scalar variable(double value, std::string_view name = {},
                  std::source_location where = std::source_location::current()) {
    if (!name.empty()) return named_variable(value, name, where);
    const detail::Id id = stream_->add_variable(value, where);
    return Scalar::from_parts(value, id, stream_->tag());
  }
  /// One variable per value; named name[0], name[1] … if a name is given.
  std::vector<Scalar> variables(std::span<const double> values, std::string_view name = {},
                                std::source_location where = std::source_location::current());

  /// One variable per value, into handles that there are; faster than one by one. Throws ArgumentError unless there are
  /// as many.
  void variables_into(std::span<const double> values, std::span<Scalar> to,
                      std::source_location where = std::source_location::current());

  /// A tensor input with the elements of `value`.
  Tensor variable(const Tensor& value, std::string_view name = {},
                  std::source_location where = std::source_location::current());
  Tensor variable(const Array& value, std::string_view name = {},
                  std::source_location where = std::source_location::current());

  /// Names a value; replaces the name it had. Constants cannot be named (ArgumentError).
  void name(const Scalar& value, std::string_view name, std::source_location where = std::source_location::current());
  void name(const Tensor& value, std::string_view name, std::source_location where = std::source_location::current());

  /// While it lives, what is recorded lies in a scope of that name inside the scope around it: a cluster in drawings.
  class [[nodiscard]] Scope {
   public:
    Scope(Scope&&) = delete;
    ~Scope();

   private:
    friend class Recording;
    friend Scope scope_of(const Tensor& x, std::string_view name);
    Scope(detail::Stream* stream, std::uint32_t outer) : stream_(stream), outer_(outer) {}
    detail::Stream* stream_;  // null: there is nothing to leave
    std::uint32_t outer_;
  };
  /// One of that name directly inside the present one is entered again.
  Scope scope(std::string_view name);

  /// While it lives, everything that is recorded carries this line: for code inside templates of other libraries, whose
  /// own lines would say nothing, and for `+=`.
  class [[nodiscard]] LocationScope {
   public:
    LocationScope(LocationScope&&) = delete;
    ~LocationScope();

   private:
    friend class Recording;
    friend LocationScope location_of(const Tensor& x, std::source_location where);
    LocationScope(detail::Stream* stream, const void* outer, std::uintptr_t outer_mask)
        : stream_(stream), outer_(outer), outer_mask_(outer_mask) {}
    detail::Stream* stream_;  // null: there is nothing to restore
    const void* outer_;
    std::uintptr_t outer_mask_;
  };
  LocationScope location(std::source_location where = std::source_location::current());

  /// A point to come back to.
  class Mark {
    friend class Recording;
    detail::Stream::Mark mark_;
  };
  [[nodiscard]] Mark mark();
  /// Forgets what was recorded since the mark; handles made since are stale. Throws StaleHandle for a mark of another
  /// recording or of a part that is gone.
  void rewind(const Mark& mark, std::source_location where = std::source_location::current());
  /// Forgets everything, keeps the memory. All handles are stale.
  void clear();

  [[nodiscard]] RecordingStatistics statistics() const;

  /// For the library.
  [[nodiscard]] detail::Stream& stream() const noexcept { return *stream_; }

 private:
  Scalar named_variable(double value, std::string_view name, std::source_location where);

  std::unique_ptr<detail::Stream> stream_;
};

/// A new scope of the recording that x belongs to, also if there is one of that name already: for what is used many
/// times, as a layer is. No scope if x is a constant.
[[nodiscard]] Recording::Scope scope_of(const Tensor& x, std::string_view name);

/// Recording::location for the recording that x belongs to, unless a location scope is in force there already: so that
/// of functions that call each other the outermost decides. Nothing if x is a constant.
[[nodiscard]] Recording::LocationScope location_of(const Tensor& x, std::source_location where);

/// The name that a recording has for x; empty if it has none, or x is a constant.
[[nodiscard]] std::string name_of(const Tensor& x);

}  // namespace wengert
