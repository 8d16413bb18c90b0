// sparse_hessian: a Hessian whose pattern is sparse, by sweeping the recorded gradient once for each colour.
//
//     SparseMatrix h = sparse_hessian(loss, x);
//
//     const SparseHessian plan(loss, x);              // pattern, colours, how to recover: once
//     SparseMatrix a = plan(loss, x).lower_triangle();
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

/// How the elements of a Hessian are told apart after the sweeps.
enum class Recovery : std::uint8_t {
  direct,        ///< each is a number of one sweep, to the last bit: a star colouring
  substitution,  ///< some are what is left after others were subtracted: an acyclic colouring, of fewer colours.
                 ///< Rounding errors of elements that are linked by a path of two colours add up along it.
  columns,       ///< as a Jacobian, without use of the symmetry: a colouring of columns
};

struct SparseHessianOptions {
  Recovery recovery = Recovery::direct;
  ColoringOrder order = ColoringOrder::natural;
};

/// What does not depend on the numbers: pattern, colours, and where each element is found. Not changed once made.
class SparseHessian {
 public:
  /// Of ∂²y/∂x². Throws as gradient() does. The gradient is recorded, and forgotten again.
  SparseHessian(const detail::AnyHandle& y, const Handles& x, const SparseHessianOptions& options = {},
                std::source_location where = std::source_location::current());
  /// For a pattern that is known from elsewhere. Throws ShapeError unless it is square, ArgumentError unless symmetric.
  explicit SparseHessian(SparsityPattern pattern, const SparseHessianOptions& options = {},
                         std::source_location where = std::source_location::current());

  /// Symmetric: both triangles.
  [[nodiscard]] const SparsityPattern& pattern() const noexcept { return *pattern_; }
  [[nodiscard]] const Coloring& coloring() const noexcept { return coloring_; }
  [[nodiscard]] Recovery recovery() const noexcept { return recovery_; }

  /// ∂²y/∂x² in numbers, for the program that the plan was made of, or another recording of it. The gradient is
  /// recorded once, coloring().count directions are swept through it, and it is forgotten again. The result is
  /// symmetric to the last bit (not for Recovery::columns). Throws ShapeError unless x has as many elements as the
  /// plan; for what is not noticed see SparseJacobian.
  [[nodiscard]] SparseMatrix operator()(const detail::AnyHandle& y, const Handles& x,
                                        std::source_location where = std::source_location::current()) const;
  /// The same into a matrix that this plan gave before; its memory is used again.
  void evaluate(const detail::AnyHandle& y, const Handles& x, SparseMatrix& into,
                std::source_location where = std::source_location::current()) const;
  /// As SparseJacobian::verify(): against one Hessian-vector product.
  void verify(const SparseMatrix& matrix, const detail::AnyHandle& y, const Handles& x, double tolerance = 1e-6,
              std::source_location where = std::source_location::current()) const;

 private:
  /// The element at position `at`, and at `mirror` on the other side of the diagonal, is number `from` of a sweep.
  struct Element {
    std::size_t at = 0, mirror = 0;
    std::uint32_t from = 0;
  };
  /// An edge of a tree of two colours, leaves first: between `leaf`, and what is its only neighbour by then.
  struct Step {
    std::size_t at = 0, mirror = 0;
    std::uint32_t leaf = 0, parent = 0;
    bool last = false;  ///< of its tree
  };
  void compress(const SparseHessianOptions& options, std::source_location where);
  void find_elements();
  void find_trees();
  [[nodiscard]] std::vector<std::size_t> mirrors() const;

  std::shared_ptr<const SparsityPattern> pattern_;
  Coloring coloring_;
  Recovery recovery_ = Recovery::direct;
  std::vector<std::size_t> first_;  // by colour, into elements_: what its sweep gives directly
  std::vector<Element> elements_;
  std::vector<Step> steps_;  // substitution: all elements off the diagonal
};

/// ∂²y/∂x² as a sparse matrix, both triangles; pattern and colours are found anew each time. Throws as gradient() does.
[[nodiscard]] SparseMatrix sparse_hessian(const detail::AnyHandle& y, const Handles& x,
                                          const SparseHessianOptions& options = {},
                                          std::source_location where = std::source_location::current());

}  // namespace wengert
