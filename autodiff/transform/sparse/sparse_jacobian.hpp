// sparse_jacobian: a Jacobian whose pattern is sparse, by as many sweeps as its colouring has colours.
//
//     SparseMatrix j = sparse_jacobian(residuals, x);
//
//     const SparseJacobian plan(residuals, x);        // pattern, colours: once
//     SparseMatrix a = plan(residuals, x);            // numbers: as often as wanted, also for other recordings
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/transform/sparse/coloring.hpp"
#include "wengert/autodiff/transform/sparse/sparse_matrix.hpp"

namespace wengert {

/// How a Jacobian is compressed: `forward` sweeps along sums of columns, `reverse` from sums of rows.
enum class Compression : std::uint8_t {
  automatic,  ///< the one with fewer colours; forward if they are as many
  forward,
  reverse,
};

struct SparseJacobianOptions {
  Compression compression = Compression::automatic;
  ColoringOrder order = ColoringOrder::natural;
};

/// What does not depend on the numbers: pattern, colours, and where each element is found. Not changed once made, so
/// several threads may use one (each with a recording of its own).
class SparseJacobian {
 public:
  /// Of ∂y/∂x. Throws as jacobian_pattern() does.
  SparseJacobian(const Handles& y, const Handles& x, const SparseJacobianOptions& options = {},
                 std::source_location where = std::source_location::current());
  /// For a pattern that is known from elsewhere.
  explicit SparseJacobian(SparsityPattern pattern, const SparseJacobianOptions& options = {});

  [[nodiscard]] const SparsityPattern& pattern() const noexcept { return *pattern_; }
  /// Of the columns if is_forward(), else of the rows.
  [[nodiscard]] const Coloring& coloring() const noexcept { return coloring_; }
  [[nodiscard]] bool is_forward() const noexcept { return forward_; }

  /// ∂y/∂x in numbers, for the program that the plan was made of, or another recording of it: coloring().count
  /// directions are swept. Throws ShapeError unless y and x have as many elements as the pattern has rows and columns.
  /// That nothing else depends on x is not looked at, for that would take as long as the pattern took: elements that
  /// the plan's pattern lacks would be added to others of their colour. verify() finds that out.
  [[nodiscard]] SparseMatrix operator()(const Handles& y, const Handles& x,
                                        std::source_location where = std::source_location::current()) const;
  /// The same into a matrix that this plan gave before; its memory is used again.
  void evaluate(const Handles& y, const Handles& x, SparseMatrix& into,
                std::source_location where = std::source_location::current()) const;
  /// Holds `matrix` against one sweep along a fixed direction without structure: throws ArgumentError where the two
  /// differ by more than `tolerance` times the terms of the sum, which a missing element of ordinary size causes.
  void verify(const SparseMatrix& matrix, const Handles& y, const Handles& x, double tolerance = 1e-6,
              std::source_location where = std::source_location::current()) const;

 private:
  void compress(const SparseJacobianOptions& options);

  std::shared_ptr<const SparsityPattern> pattern_;
  Coloring coloring_;
  bool forward_ = true;
  // By colour, what its sweep gives: the element at position `at` of the matrix is number `from` of the result.
  struct Element {
    std::size_t at = 0;
    std::uint32_t from = 0;
  };
  std::vector<std::size_t> first_;  // by colour, into elements_
  std::vector<Element> elements_;
};

/// ∂y/∂x as a sparse matrix; pattern and colours are found anew each time. Throws as jacobian_pattern() does.
[[nodiscard]] SparseMatrix sparse_jacobian(const Handles& y, const Handles& x,
                                           const SparseJacobianOptions& options = {},
                                           std::source_location where = std::source_location::current());

}  // namespace wengert
