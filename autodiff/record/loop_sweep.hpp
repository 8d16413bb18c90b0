// Sweeping a rolled-up entry, numerically: in blocks of repetitions, in vector code wherever one repetition does not
// wait for the next.
//
// What a statement of the body contributes to its operands is computed by StatementType::products, column by column,
// and added to their adjoints. How far that can be done for a whole block at once depends on the *inside edges*, those
// whose operand is a value of the loop itself:
//   in_order   an operand of the same repetition, of the same statement one repetition before (s = s + …), or from so
//              far back that a block holds no two repetitions that far apart: statement after statement, from the last
//              of the body to the first; only the second kind is a scalar chain
//   chain      every inside edge leads to the value before (v = v·a; v = v + b; …): one scalar chain through all of
//              them, its adjoint in a register
//   general    anything else: repetition after repetition
//
// Reading order: Edge, reverse, reverse_block, then the three kinds.
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
  Id first = 0;
  std::int32_t step = 0;
  bool inside = false;       // some repetition's operand is a value of this loop
  bool own = false;          // inside, and of the same statement one repetition before
  double* column = nullptr;  // partials or products of the block
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
      for (std::uint32_t j = 0; j < loop.body; ++j) fill_partials(statements_[j], begin, count);
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::int64_t repetition = begin + i;
        double* const own = tangent + loop.first_id + repetition * loop.body;
        for (const Edge& edge : edges_) {
          const double t = tangent[edge.first + repetition * edge.step];
          if (t != 0.0 && edge.column[i] != 0.0) own[edge.statement] += edge.column[i] * t;
        }
      }
    }
  }
  /// Adds what the adjoints of the loop's values contribute to those of their operands.
  void reverse(const Loop& loop, double* adjoint) {
    prepare(loop);
    std::uint32_t end = loop.count;
    while (end > 0) {
      const std::uint32_t begin = end > block_ ? (end - 1) / block_ * block_ : 0;
      if (begin > 0) fetch_ahead(begin, adjoint);
      reverse_block(begin, end - begin, adjoint);
      end = begin;
    }
  }

 private:
  static constexpr std::uint32_t block = block_size;
  enum class Kind : std::uint8_t { in_order, chain, general };

  /// A statement of the body.
  struct Statement {
    const StatementType* type = nullptr;
    const Site* site = nullptr;
    const std::uint32_t* operands = nullptr;  // first id and step of every slot
    std::uint32_t index = 0;
    std::uint32_t first_edge = 0, edge_count = 0;
    std::uint32_t stored_at = 0, constant_at = 0;  // of the repetition
    std::uint32_t own_edges = 0;                   // operands that are its own value one repetition before
    bool own_is_sum = false;                       // and their partials are known to be 1
    bool has_outside = false;
  };

  void prepare(const Loop& loop) {
    loop_ = &loop;
    edges_.clear();
    statements_.resize(loop.body);
    stored_per_repetition_ = constants_per_repetition_ = 0;
    block_ = block;
    bool in_order = true, chain = true;
    const Id loop_end = loop.first_id + loop.count * loop.body;
    const auto body = static_cast<std::int32_t>(loop.body);
    for (std::uint32_t j = 0; j < loop.body; ++j) {
      const LoopSlot& slot = s_.loop_slots[loop.first_slot + j];
      const Site& site = s_.sites[slot.site];
      const StatementType& type = *site.type;
      Statement& statement = statements_[j];
      statement = {.type = &type,
                   .site = &site,
                   .operands = s_.loop_operands.data() + slot.operands,
                   .index = j,
                   .first_edge = static_cast<std::uint32_t>(edges_.size()),
                   .edge_count = site.active,
                   .stored_at = static_cast<std::uint32_t>(stored_per_repetition_),
                   .constant_at = static_cast<std::uint32_t>(constants_per_repetition_),
                   .own_is_sum = true};
      const Id id = loop.first_id + j;
      const std::uint32_t active = site.active_mask();
      for (std::uint32_t k = 0; k < type.leaves; ++k) {
        if (!(active >> k & 1u)) continue;
        Edge edge{.statement = j,
                  .first = statement.operands[2 * k],
                  .step = static_cast<std::int32_t>(statement.operands[2 * k + 1])};
        const Id last = edge.first + (loop.count - 1) * static_cast<Id>(edge.step);
        edge.inside = std::max(edge.first, last) >= loop.first_id && std::min(edge.first, last) < loop_end;
        if (edge.inside) {
          edge.own = edge.step == body && edge.first + loop.body == id;
          if (edge.own) {
            ++statement.own_edges;
            statement.own_is_sum = statement.own_is_sum && (type.unit_leaves >> k & 1u);
          }
          const bool same_repetition = edge.step == body && edge.first >= loop.first_id;
          if (!edge.own && !same_repetition) {
            const std::uint32_t lag = edge.step == body ? (id - edge.first) / loop.body : 0;  // in repetitions
            if (lag >= shortest_lag)
              block_ = std::min(block_, lag);
            else
              in_order = false;
          }
          chain = chain && edge.step == body && edge.first + 1 == id;
        } else {
          statement.has_outside = true;
        }
        edges_.push_back(edge);
      }
      if (!type.recomputes) stored_per_repetition_ += site.active;
      if (site.streamed) constants_per_repetition_ += site.constant;
    }
    kind_ = in_order ? Kind::in_order : chain ? Kind::chain : Kind::general;
    if (kind_ != Kind::in_order) block_ = block;
    const std::size_t columns = edges_.size() + loop.body + 1;
    if (work_.size() < columns * block) work_.resize(columns * block);
    for (std::size_t e = 0; e < edges_.size(); ++e) edges_[e].column = work_.data() + e * block;
    adjoint_columns_ = work_.data() + edges_.size() * block;
    ones_ = adjoint_columns_ + loop.body * block;
    std::fill_n(ones_, block, 1.0);
  }

  [[nodiscard]] double* adjoint_column(std::uint32_t statement) const { return adjoint_columns_ + statement * block; }

  // The block before the one at hand. Blocks go down while columns are read upwards, which no hardware expects.
  void fetch_ahead(std::uint32_t begin, const double* adjoint) const {
    const std::uint32_t lines = 8;  // doubles of a cache line
    const auto fetch = [&](std::uint64_t first, std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; i += lines) {
        __builtin_prefetch(s_.values + first + i);
        __builtin_prefetch(adjoint + first + i, 1);
      }
    };
    fetch(loop_->first_id + std::uint64_t{begin - block_} * loop_->body, block_ * loop_->body);
    const double* const stored = s_.loop_partials + loop_->partials + (begin - block_) * stored_per_repetition_;
    for (std::size_t i = 0; i < block_ * stored_per_repetition_; i += lines) __builtin_prefetch(stored + i);
    for (const Edge& edge : edges_)
      if (!edge.inside && edge.step == 1) fetch(edge.first + begin - block_, block_);
  }

  // Repetitions begin … begin+count-1.
  void reverse_block(std::uint32_t begin, std::uint32_t count, double* adjoint) {
    double* const own = adjoint + loop_->first_id + std::int64_t{begin} * loop_->body;  // adjoints of the block
    switch (kind_) {
      case Kind::in_order:
        for (std::uint32_t j = loop_->body; j-- > 0;) reverse_in_order(statements_[j], begin, count, own, adjoint);
        return;
      case Kind::chain:
        follow_chain(begin, count, own);
        break;
      case Kind::general:
        go_through_repetitions(begin, count, own, adjoint);
        break;
    }
    for (std::uint32_t j = loop_->body; j-- > 0;) {
      const Statement& statement = statements_[j];
      if (!statement.has_outside) continue;
      double* const a = adjoint_column(j);
      if (kind_ == Kind::general) take(own + j, count, a);
      for (std::uint32_t e = statement.first_edge + statement.edge_count; e-- > statement.first_edge;) {
        if (edges_[e].inside) continue;
        kernels_.multiply(edges_[e].column, a, edges_[e].column, count);
        spread(edges_[e], begin, count, adjoint);
      }
    }
  }

  // --- Statement after statement ------------------------------------------------------------------------------------

  void reverse_in_order(const Statement& statement, std::uint32_t begin, std::uint32_t count, double* own,
                        double* adjoint) {
    if (statement.edge_count == 0) return;
    const std::uint32_t body = loop_->body, j = statement.index;
    const double* a = own + j;
    if (statement.own_edges == 0) {
      if (body > 1) {
        take(a, count, adjoint_column(j));
        a = adjoint_column(j);
      }
      fill_products(statement, begin, count, a);
    } else {
      double* const column = adjoint_column(j);
      if (statement.own_is_sum && statement.own_edges == 1) {
        sum_up(own + j, count, column);
        fill_products(statement, begin, count, column);
      } else {
        fill_partials(statement, begin, count);
        carry(statement, own + j, count, column);
        for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
          const Edge& edge = edges_[statement.first_edge + e];
          if (!edge.own) kernels_.multiply(edge.column, column, edge.column, count);
        }
      }
    }
    for (std::uint32_t e = statement.first_edge + statement.edge_count; e-- > statement.first_edge;)
      if (!edges_[e].own) spread(edges_[e], begin, count, adjoint);
  }

  // s = s + …: adjoints of the block, each the sum of its own and the later ones'. The last goes to the value before
  // the block.
  void sum_up(double* own, std::uint32_t count, double* column) const {
    const std::int64_t body = loop_->body;
    double a = own[(static_cast<std::int64_t>(count) - 1) * body];
    for (std::int64_t i = count; i-- > 0;) {
      column[i] = a;
      double& below = own[(i - 1) * body];
      a += below;
      below = a;
    }
  }

  // v = f(v, …)
  void carry(const Statement& statement, double* own, std::uint32_t count, double* column) {
    double* p = nullptr;
    for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
      const Edge& edge = edges_[statement.first_edge + e];
      if (!edge.own) continue;
      if (p == nullptr)
        p = edge.column;
      else
        kernels_.add(edge.column, p, count);
    }
    run_chain(p, own, loop_->body, count, column);
  }

  /// column[t] = adjoint t of the chain, which receives p[t + 1] · adjoint t + 1, for t from `count` - 1 down to -1;
  /// the adjoints lie `stride` apart. First without masks, and again with them if something was not finite.
  static void run_chain(const double* p, double* own, std::int64_t stride, std::uint32_t count, double* column) {
    const auto length = static_cast<std::int64_t>(count);
    double a = own[(length - 1) * stride];
    for (std::int64_t t = length; t-- > 0;) {
      column[t] = a;
      a = own[(t - 1) * stride] + p[t] * a;
    }
    if (!is_finite(a)) [[unlikely]] {
      a = own[(length - 1) * stride];
      for (std::int64_t t = length; t-- > 0;) {
        column[t] = a;
        a = own[(t - 1) * stride] + masked_product(p[t], a);
      }
    }
    for (std::int64_t t = 0; t + 1 < length; ++t) own[t * stride] = column[t];
    own[-stride] = a;
  }

  // --- One chain through all statements -----------------------------------------------------------------------------

  void follow_chain(std::uint32_t begin, std::uint32_t count, double* own) {
    const std::uint32_t body = loop_->body;
    chain_.resize(std::size_t{2} * body * block);
    double* const links = chain_.data();  // column j: partials by the value before statement j
    for (std::uint32_t j = 0; j < body; ++j) {
      const Statement& statement = statements_[j];
      fill_partials(statement, begin, count);
      double* const link = links + j * block;
      bool first = true;
      for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
        const Edge& edge = edges_[statement.first_edge + e];
        if (!edge.inside) continue;
        if (first)
          std::memcpy(link, edge.column, count * sizeof(double));
        else
          kernels_.add(edge.column, link, count);
        first = false;
      }
      if (first) std::fill_n(link, count, 0.0);
    }
    const std::size_t length = std::size_t{count} * body;
    double* const saved = links + std::size_t{body} * block;
    std::memcpy(saved, own, length * sizeof(double));
    const double below = own[-1];
    if (!is_finite(chain_through<false>(links, own, count))) [[unlikely]] {
      std::memcpy(own, saved, length * sizeof(double));
      own[-1] = below;
      chain_through<true>(links, own, count);
    }
  }

  // First without masks, and again with them if something was not finite.
  template <bool Masked>
  double chain_through(const double* links, double* own, std::uint32_t count) const {
    switch (loop_->body) {
      case 2:
        return chain_of<Masked, 2>(links, own, count);
      case 3:
        return chain_of<Masked, 3>(links, own, count);
      case 4:
        return chain_of<Masked, 4>(links, own, count);
      default:
        return chain_of<Masked, 0>(links, own, count);
    }
  }
  template <bool Masked, std::uint32_t Body>
  double chain_of(const double* links, double* own, std::uint32_t count) const {
    const std::uint32_t body = Body == 0 ? loop_->body : Body;
    double* at = own + std::size_t{count} * body - 1;
    double a = *at;
    for (std::uint32_t i = count; i-- > 0;) {
      for (std::uint32_t j = body; j-- > 0;) {
        const double p = links[j * block + i];
        adjoint_columns_[j * block + i] = a;
        --at;
        if constexpr (Masked)
          a = *at + masked_product(p, a);
        else
          a = *at + p * a;
        *at = a;
      }
    }
    return a;
  }

  // --- Repetition after repetition ----------------------------------------------------------------------------------

  void go_through_repetitions(std::uint32_t begin, std::uint32_t count, double* own, double* adjoint) {
    for (const Statement& statement : statements_) fill_partials(statement, begin, count);
    inside_.clear();
    for (const Edge& edge : edges_)
      if (edge.inside) inside_.push_back(edge);
    const std::uint32_t body = loop_->body;
    for (std::uint32_t i = count; i-- > 0;) {
      const std::int64_t repetition = begin + i;
      const double* const here = own + std::int64_t{i} * body;
      for (std::size_t e = inside_.size(); e-- > 0;) {
        const Edge& edge = inside_[e];
        adjoint[edge.first + repetition * edge.step] += masked_product(edge.column[i], here[edge.statement]);
      }
    }
  }

  // --- Columns ------------------------------------------------------------------------------------------------------

  // adjoint[operand of repetition i] += product[i], for a whole block.
  void spread(const Edge& edge, std::uint32_t begin, std::uint32_t count, double* adjoint) const {
    const double* const product = edge.column;
    const std::int64_t step = edge.step;
    double* const to = adjoint + edge.first + begin * step;
    if (step == 1) {
      kernels_.add(product, to, count);
    } else if (step == 0) {
      *to += kernels_.sum(product, count);
    } else {
      for (std::uint32_t i = 0; i < count; ++i) to[i * step] += product[i];
    }
  }

  // A statement's adjoints of the block, side by side.
  void take(const double* own, std::uint32_t count, double* column) const { pick(own, loop_->body, count, column); }

  void fill_partials(const Statement& statement, std::uint32_t begin, std::uint32_t count) {
    if (!statement.type->recomputes)
      copy_stored(statement, begin, count);
    else
      recompute(statement, begin, count, ones_);
  }
  void fill_products(const Statement& statement, std::uint32_t begin, std::uint32_t count, const double* a) {
    if (statement.type->recomputes) return recompute(statement, begin, count, a);
    copy_stored(statement, begin, count);
    for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
      double* const column = edges_[statement.first_edge + e].column;
      kernels_.multiply(column, a, column, count);
    }
  }

  void copy_stored(const Statement& statement, std::uint32_t begin, std::uint32_t count) const {
    const double* const stored =
        s_.loop_partials + loop_->partials + std::uint64_t{begin} * stored_per_repetition_ + statement.stored_at;
    for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
      double* const to = edges_[statement.first_edge + e].column;
      for (std::uint32_t i = 0; i < count; ++i) to[i] = stored[i * stored_per_repetition_ + e];
    }
  }

  // Partials times `a`, from the values.
  void recompute(const Statement& statement, std::uint32_t begin, std::uint32_t count, const double* a) {
    const StatementType& type = *statement.type;
    const Site& site = *statement.site;
    if ((site.active_mask() & ~std::uint32_t{type.unit_leaves}) == 0) {  // a sum: there is nothing to compute
      for (std::uint32_t e = 0; e < statement.edge_count; ++e)
        std::memcpy(edges_[statement.first_edge + e].column, a, count * sizeof(double));
      return;
    }
    const double* constant = site.constants;
    std::size_t constant_stride = 0;
    if (site.streamed) {
      constant =
          s_.constants + loop_->constants + std::uint64_t{begin} * constants_per_repetition_ + statement.constant_at;
      constant_stride = constants_per_repetition_;
    }
    std::array<const double*, max_leaves> in;
    std::array<double*, max_leaves> out;
    const std::uint32_t active = site.active_mask();
    std::uint32_t e = statement.first_edge;
    for (std::uint32_t k = 0; k < type.leaves; ++k) {
      double* const column = columns_[k].data();
      if (site.constant_leaves >> k & 1u) {
        in[k] = column;
        if (constant_stride == 1)
          in[k] = constant;
        else
          for (std::uint32_t i = 0; i < count; ++i) column[i] = constant[i * constant_stride];
        ++constant;
      } else {
        in[k] = gather(statement.operands[2 * k], static_cast<std::int32_t>(statement.operands[2 * k + 1]), begin,
                       count, column);
      }
      out[k] = active >> k & 1u ? edges_[e++].column : unused_.data();  // a Scalar may be constant here
    }
    const double* value = s_.values + loop_->first_id;  // anything readable
    if (type.reads_value)
      value = gather(loop_->first_id + statement.index, static_cast<std::int32_t>(loop_->body), begin, count,
                     columns_[max_leaves].data());
    type.products[simd_level](in.data(), value, a, out.data(), count);
    if (type.masked_products != nullptr) {
      double sum = 0;
      for (std::uint32_t k = statement.first_edge; k < e; ++k) sum += kernels_.sum(edges_[k].column, count);
      if (!is_finite(sum)) type.masked_products(in.data(), value, a, out.data(), count);
    }
  }

  static void pick(const double* from, std::int64_t step, std::uint32_t count, double* column) {
    std::uint32_t i = 0;
    for (; i + 4 <= count; i += 4, from += 4 * step) {
      column[i] = from[0];
      column[i + 1] = from[step];
      column[i + 2] = from[2 * step];
      column[i + 3] = from[3 * step];
    }
    for (; i < count; ++i, from += step) column[i] = *from;
  }

  // The values of ids first + (begin+i)·step, i < count, side by side: in place where they lie so, else in `column`.
  [[nodiscard]] const double* gather(Id first, std::int32_t step, std::uint32_t begin, std::uint32_t count,
                                     double* column) const {
    const std::int64_t wide = step;
    const double* const start = s_.values + first + begin * wide;
    if (step == 1) return start;
    if (step == 0)
      std::fill_n(column, count, *start);
    else
      pick(start, wide, count, column);
    return column;
  }

  const Stream& s_;
  const BlockKernels& kernels_ = block_kernels();
  const Loop* loop_ = nullptr;
  Kind kind_ = Kind::general;
  std::uint32_t block_ = block;  // repetitions that are swept at once; columns have room for `block`
  std::vector<Edge> edges_, inside_;
  std::vector<Statement> statements_;
  std::vector<double> chain_;
  std::vector<double> work_;  // columns: of the edges, adjoints of the statements, ones
  double* adjoint_columns_ = nullptr;
  double* ones_ = nullptr;
  std::size_t stored_per_repetition_ = 0, constants_per_repetition_ = 0;
  // Uninitialised: a sweep over a few statements should not pay for clearing 9 KiB.
  std::array<std::array<double, block>, max_leaves + 1> columns_;
  std::array<double, block> unused_;
};

}  // namespace wengert::detail
