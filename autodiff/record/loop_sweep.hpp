// Sweeping a rolled-up entry, numerically: in blocks of repetitions. First the partials of a block (stored, or computed from
// the values in vector code), then the adjoints: one repetition after the other along operands that an earlier repetition
// computed, in vector code along the others.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "wengert/autodiff/record/block_kernels.hpp"
#include "wengert/autodiff/record/simd.hpp"
#include "wengert/autodiff/record/stream.hpp"

namespace wengert::detail {


/// Operand slot of a statement in a loop body, as the sweep sees it.
struct Edge {
  std::uint32_t statement = 0;  // of the body
  std::uint32_t slot = 0;
  Id first = 0;
  std::uint32_t step = 0;
  bool inside = false;          // some repetition's operand is a value of this loop
  std::uint32_t merged = 0;     // 1 + the edge of the same statement with the same operands that stands for this one
  double* partial = nullptr;    // of the block
};

/// One loop being swept. Buffers are kept from loop to loop.
class LoopSweep {
 public:
  explicit LoopSweep(const Stream& stream) : s_(stream) {}

  /// Adds the tangents of all values of the loop; `tangent` is indexed by id.
  void forward(const Loop& loop, double* tangent) {
    prepare(loop);
    for (std::uint32_t begin = 0; begin < loop.count; begin += block) {
      const std::uint32_t count = std::min<std::uint32_t>(block, loop.count - begin);
      fill_partials(begin, count);
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t repetition = begin + i;
        double* const own = tangent + loop.first_id + std::size_t{repetition} * loop.body;
        for (const Edge& edge : edges_) {
          const double t = tangent[edge.first + repetition * edge.step];
          if (t != 0.0 && edge.partial[i] != 0.0) own[edge.statement] += edge.partial[i] * t;
        }
      }
    }
  }
  /// Partials that the loop last swept has stored for each repetition.
  [[nodiscard]] std::size_t stored_per_repetition() const noexcept { return stored_per_repetition_; }

  /// Adds what the adjoints of the loop's values contribute to those of their operands.
  void reverse(const Loop& loop, double* adjoint) {
    prepare(loop);
    std::uint32_t end = loop.count;
    while (end > 0) {
      const std::uint32_t begin = end > block ? (end - 1) / block * block : 0;
      reverse_block(begin, end - begin, adjoint);
      end = begin;
    }
  }

 private:
  static constexpr std::uint32_t block = block_size;

  void prepare(const Loop& loop) {
    loop_ = &loop;
    edges_.clear();
    stored_per_repetition_ = 0;
    constants_per_repetition_ = 0;
    carried_ = false;
    const Id loop_end = loop.first_id + loop.count * loop.body;
    for (std::uint32_t j = 0; j < loop.body; ++j) {
      const LoopSlot& slot = s_.loop_slots[loop.first_slot + j];
      const Site& site = s_.sites[slot.site];
      const std::uint32_t active = site.active_mask();
      for (std::uint32_t k = 0; k < site.type->leaves; ++k) {
        if (!(active >> k & 1u)) continue;
        Edge edge{.statement = j, .slot = k, .first = operand(slot, k, 0), .step = operand(slot, k, 1)};
        const Id last = edge.first + (loop.count - 1) * edge.step;
        edge.inside = std::max(edge.first, last) >= loop.first_id && std::min(edge.first, last) < loop_end;
        // An operand of the same repetition is done in order of statements, in any order of repetitions.
        const bool same_repetition = edge.step == loop.body && edge.first >= loop.first_id;
        if (edge.inside && !same_repetition) carried_ = true;
        for (std::size_t e = edges_.size(); e-- > 0 && edges_[e].statement == j;)
          if (edges_[e].first == edge.first && edges_[e].step == edge.step && edges_[e].merged == 0)
            edge.merged = static_cast<std::uint32_t>(e + 1);
        edges_.push_back(edge);
      }
      if (!site.type->recomputes) stored_per_repetition_ += site.active;
      if (site.streamed) constants_per_repetition_ += site.constant;
    }
    partial_.resize(edges_.size() * block);
    for (std::size_t e = 0; e < edges_.size(); ++e) edges_[e].partial = partial_.data() + e * block;
    statement_adjoint_.resize(std::size_t{loop.body} * block);
  }

  [[nodiscard]] Id operand(const LoopSlot& slot, std::uint32_t k, std::uint32_t which) const {
    return s_.loop_operands[slot.operands + 2 * k + which];
  }

  // Repetitions begin … begin+count-1.
  void reverse_block(std::uint32_t begin, std::uint32_t count, double* adjoint) {
    padded_ = (count + 7) & ~7u;
    fill_partials(begin, count);
    for (const Edge& edge : edges_)
      if (edge.merged != 0) kernels_.add(edge.partial, edges_[edge.merged - 1].partial, padded_);
    const std::uint32_t body = loop_->body;
    double* const own = adjoint + loop_->first_id + std::size_t{begin} * body;  // adjoints of the block, by statement
    if (carried_) {
      carry_inside(begin, count, adjoint);
      for (std::uint32_t j = 0; j < body; ++j) take_adjoints(own, j, count);
      for (std::size_t e = edges_.size(); e-- > 0;)
        if (!edges_[e].inside && edges_[e].merged == 0) spread(edges_[e], begin, count, adjoint);
      return;
    }
    std::size_t e = edges_.size();
    for (std::uint32_t j = body; j-- > 0;) {
      take_adjoints(own, j, count);
      for (; e > 0 && edges_[e - 1].statement == j; --e)
        if (edges_[e - 1].merged == 0) spread(edges_[e - 1], begin, count, adjoint);
    }
  }

  // adjoint[operand of repetition i] += partial[i] · statement adjoint[i], for a whole block.
  void spread(const Edge& edge, std::uint32_t begin, std::uint32_t count, double* adjoint) {
    const double* __restrict const p = edge.partial;
    const double* __restrict const a = statement_adjoint_.data() + edge.statement * block;
    alignas(64) double product[block];
    kernels_.multiply(p, a, product, padded_);
    const auto step = static_cast<std::int32_t>(edge.step);
    double* const to = adjoint + edge.first + std::int64_t{begin} * step;
    if (step == 0) {
      *to += kernels_.sum(product, padded_);
    } else if (step == 1) {
      // The adjoints behind the block get + 0: there is room for them, and the products there are 0.
      kernels_.add(product, to, padded_);
    } else {
      for (std::uint32_t i = 0; i < count; ++i) to[std::int64_t{i} * step] += product[i];
    }
  }

  void take_adjoints(const double* own, std::uint32_t statement, std::uint32_t count) {
    double* const a = statement_adjoint_.data() + statement * block;
    const std::uint32_t body = loop_->body;
    if (body == 1) std::memcpy(a, own, count * sizeof(double));
    else
      for (std::uint32_t i = 0; i < count; ++i) a[i] = own[i * body + statement];
    std::fill(a + count, a + padded_, 0.0);
  }

  // The edges between values of the loop, one repetition after the other.
  void carry_inside(std::uint32_t begin, std::uint32_t count, double* adjoint) {
    const std::uint32_t body = loop_->body;
    inside_.clear();
    for (const Edge& edge : edges_)
      if (edge.inside && edge.merged == 0) inside_.push_back(edge);
    if (body == 1 && inside_.size() == 1 && inside_[0].step == 1 && inside_[0].first + 1 == loop_->first_id) {
      // A recurrence v = f(v, …): the adjoint stays in a register.
      const double* const p = inside_[0].partial;
      double* const own = adjoint + loop_->first_id + begin;
      double a = own[static_cast<std::int64_t>(count) - 1];
      for (std::uint32_t i = count; i-- > 0;) {
        const double product = p[i] == 0.0 || a == 0.0 ? 0.0 : p[i] * a;
        double& below = own[static_cast<std::int64_t>(i) - 1];
        below += product;
        a = below;
      }
      return;
    }
    for (std::uint32_t i = count; i-- > 0;) {
      const std::uint32_t repetition = begin + i;
      double* const own = adjoint + loop_->first_id + std::size_t{repetition} * body;
      std::size_t e = inside_.size();
      for (std::uint32_t j = body; j-- > 0;) {
        const double a = own[j];
        for (; e > 0 && inside_[e - 1].statement == j; --e) {
          const Edge& edge = inside_[e - 1];
          if (a != 0.0 && edge.partial[i] != 0.0) adjoint[edge.first + repetition * edge.step] += edge.partial[i] * a;
        }
      }
    }
  }

  void fill_partials(std::uint32_t begin, std::uint32_t count) {
    const std::uint32_t body = loop_->body;
    const double* const stored = s_.partials + loop_->partials + std::uint64_t{begin} * stored_per_repetition_;
    const double* const constants = s_.constants.data() + loop_->constants + std::uint64_t{begin} * constants_per_repetition_;
    std::size_t e = 0, stored_at = 0, constant_at = 0;
    for (std::uint32_t j = 0; j < body; ++j) {
      const LoopSlot& slot = s_.loop_slots[loop_->first_slot + j];
      const Site& site = s_.sites[slot.site];
      if (!site.type->recomputes) {
        for (std::size_t k = 0; k < site.active; ++k, ++e, ++stored_at) {
          double* const to = edges_[e].partial;
          for (std::uint32_t i = 0; i < count; ++i) to[i] = stored[i * stored_per_repetition_ + stored_at];
        }
      } else {
        const double* const column = site.streamed ? constants + constant_at : site.constants;
        recompute(slot, site, begin, count, j, column, site.streamed ? constants_per_repetition_ : 0, e);
        e += site.active;
      }
      if (site.streamed) constant_at += site.constant;
    }
  }

  void recompute(const LoopSlot& slot, const Site& site, std::uint32_t begin, std::uint32_t count, std::uint32_t statement,
                 const double* constant, std::size_t constant_stride, std::size_t first_edge) {
    const StatementType& type = *site.type;
    const std::uint32_t padded = (count + 7) & ~7u;  // values have room for a whole block behind their end
    std::array<const double*, max_leaves> in{};
    std::array<double*, max_leaves> out{};
    const std::uint32_t active = site.active_mask();
    std::size_t e = first_edge;
    for (std::uint32_t k = 0; k < type.leaves; ++k) {
      double* const column = columns_[k].data();
      in[k] = column;
      if (site.constant_leaves >> k & 1u) {
        if (constant_stride == 0) {
          std::fill_n(column, padded, *constant);
        } else {
          for (std::uint32_t i = 0; i < count; ++i) column[i] = constant[i * constant_stride];
          std::fill(column + count, column + padded, column[0]);
        }
        ++constant;
      } else {
        gather(operand(slot, k, 0), operand(slot, k, 1), begin, count, padded, column, in[k]);
      }
      out[k] = active >> k & 1u ? edges_[e++].partial : unused_.data();  // a Scalar may be constant here
    }
    const double* value = columns_[max_leaves].data();
    gather(loop_->first_id + statement, loop_->body, begin, count, padded, columns_[max_leaves].data(), value);
    type.partials[simd_level](in.data(), value, out.data(), padded);
    if (type.masked_partials != nullptr) {
      double sum = 0;
      for (std::size_t k = first_edge; k < e; ++k) sum += kernels_.sum(edges_[k].partial, padded);
      if (!is_finite(sum)) type.masked_partials(in.data(), value, out.data(), padded);
    }
  }

  // `from` receives the column of values of ids first + (begin+i)·step, i < padded: in place where they lie together.
  void gather(Id first, std::uint32_t step, std::uint32_t begin, std::uint32_t count, std::uint32_t padded, double* column,
              const double*& from) const {
    const auto signed_step = static_cast<std::int32_t>(step);
    const double* const start = s_.values + first + std::int64_t{begin} * signed_step;
    if (step == 1) {
      from = start;
      return;
    }
    for (std::uint32_t i = 0; i < count; ++i) column[i] = start[std::int64_t{i} * signed_step];
    std::fill(column + count, column + padded, column[0]);
    from = column;
  }

  const Stream& s_;
  const BlockKernels& kernels_ = block_kernels();
  const Loop* loop_ = nullptr;
  std::vector<Edge> edges_, inside_;
  std::vector<double> partial_, statement_adjoint_;
  std::array<std::array<double, block>, max_leaves + 1> columns_{};
  std::array<double, block> unused_{};
  std::size_t stored_per_repetition_ = 0, constants_per_repetition_ = 0;
  std::uint32_t padded_ = 0;  // repetitions of the block, rounded up to 8
  bool carried_ = false;
};

}  // namespace wengert::detail
