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

#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/record/block_kernels.hpp"
#include "wengert/autodiff/record/lane_kernels.hpp"
#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/stream.hpp"

namespace wengert::detail {

/// Operand slot of a statement in a loop body, as the sweep sees it.
struct Edge {
  std::uint32_t statement = 0;  // of the body
  Id first = 0;
  std::int32_t step = 0;
  bool inside = false;       // some repetition's operand is a value of this loop
  bool own = false;          // inside, and of the same statement one repetition before
  bool free = false;         // `first` is its place among the free ids of a repetition
  std::int32_t target = -1;  // the statement whose value of the same repetition it is
  double* column = nullptr;  // partials or products of the block
};

/// One loop being swept. Buffers are kept from loop to loop.
class LoopSweep {
 private:
  static constexpr std::uint32_t block = block_size;
  enum class Kind : std::uint8_t { in_order, chain, general };

 public:
  /// `work`: memory that may be kept from sweep to sweep.
  LoopSweep(const Stream& stream, Zeros& work) : s_(stream), work_(work) {}

  /// Adds the tangents of all values of the loop; `tangent` is indexed by id.
  void forward(const Loop& loop, double* tangent) {
    prepare(loop, Kind::general);
    for (std::uint32_t begin = 0; begin < loop.count; begin += block) {
      const std::uint32_t count = std::min<std::uint32_t>(block, loop.count - begin);
      for (std::uint32_t j = 0; j < loop.body; ++j) fill_partials(statements_[j], begin, count);
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::int64_t repetition = begin + i;
        double* const own = tangent + loop.first_id + repetition * loop.body;
        for (const Edge& edge : edges_) {
          const double t = tangent[operand(edge, repetition)];
          if (WENGERT_HOLDS("forward: loop, neither is 0", t != 0.0 && edge.column[i] != 0.0))
            WENGERT_ADD("forward: loop", own[edge.statement], edge.column[i] * t);
        }
      }
    }
  }
  /// Adds what the adjoints of the loop's values contribute to those of their operands. Below the id `touched` they
  /// have no contributions but the loop's own, and `adjoint` is neither read nor written. Those of the loop's values
  /// are left in `adjoint` only if `store`.
  void reverse(const Loop& loop, Id touched, bool store, double* adjoint) {
    prepare(loop);
    carries_.assign(kind_ == Kind::in_order ? loop.body : 1, 0.0);
    std::uint32_t end = loop.count;
    while (end > 0) {
      const std::uint32_t begin = (end - 1) / block_ * block_;
      const bool fresh =
          WENGERT_HOLDS("loop: local, block is out of memory", loop.first_id + end * loop.body <= touched);
      reverse_block(begin, end - begin, fresh, store, adjoint);
      end = begin;
    }
    if (kind_ == Kind::in_order) {
      for (const Statement& statement : statements_)
        if (statement.own_edges > 0)
          WENGERT_ADD("loop: in order, to the value before the loop",
                      adjoint[std::int64_t{loop.first_id} + statement.index - loop.body], carries_[statement.index]);
    } else if (kind_ == Kind::chain) {
      WENGERT_ADD("loop: chain, to the value before the loop", adjoint[loop.first_id - 1], carries_[0]);
    }
  }
  /// The same as reverse() with eight adjoints a value (lane_kernels.hpp), all of them in memory.
  void reverse_lanes(const Loop& loop, const LaneKernels& kernels, double* lanes) {
    prepare(loop);
    for (std::uint32_t end = loop.count, begin = 0; end > 0; end = begin) {
      begin = (end - 1) / block_ * block_;
      const std::uint32_t count = end - begin;
      const LaneBlock at{
          .first = std::int64_t{loop.first_id} + std::int64_t{begin} * loop.body, .body = loop.body, .count = count};
      if (kind_ != Kind::in_order) {  // what does not leave the loop goes first, for all of the block
        for (const Statement& statement : statements_) fill_partials(statement, begin, count);
        gather_lane_edges(0, edges_.size(), at, begin, [](const Edge& edge) { return edge.inside; });
        kernels.walk(lanes, lane_edges_.data(), lane_edges_.size(), at);
      }
      for (std::uint32_t j = loop.body; j-- > 0;) {
        const Statement& statement = statements_[j];
        const std::size_t first = statement.first_edge;
        if (kind_ == Kind::in_order) {
          fill_partials(statement, begin, count);
          gather_lane_edges(first, statement.edge_count, at, begin, [](const Edge& edge) { return edge.own; });
          kernels.follow(lanes, lane_edges_.data(), lane_edges_.size(), at);
          gather_lane_edges(first, statement.edge_count, at, begin, [](const Edge& edge) { return !edge.own; });
        } else {
          gather_lane_edges(first, statement.edge_count, at, begin, [](const Edge& edge) { return !edge.inside; });
        }
        for (std::size_t e = lane_edges_.size(); e-- > 0;) kernels.spread(lanes, lane_edges_[e], at);
      }
    }
  }
  /// The same as forward() with eight tangents a value.
  void forward_lanes(const Loop& loop, const LaneKernels& kernels, double* lanes) {
    prepare(loop, Kind::general);
    for (std::uint32_t begin = 0; begin < loop.count; begin += block) {
      const std::uint32_t count = std::min<std::uint32_t>(block, loop.count - begin);
      const LaneBlock at{
          .first = std::int64_t{loop.first_id} + std::int64_t{begin} * loop.body, .body = loop.body, .count = count};
      for (const Statement& statement : statements_) fill_partials(statement, begin, count);
      lane_edges_.clear();
      for (const Edge& edge : edges_) lane_edges_.push_back(lane_edge(edge, begin));
      kernels.forward_walk(lanes, lane_edges_.data(), lane_edges_.size(), at);
    }
  }
  /// Its values' adjoints may stay out of memory: nothing but a block at a time is needed of them.
  [[nodiscard]] bool local(const Loop& loop) {
    prepare(loop);
    return WENGERT_HOLDS("loop: may be local", kind_ != Kind::general && !has_lag_);
  }
  /// From here on, in whole blocks, a loop whose id `touched` is the lowest with contributions from outside is to have
  /// its adjoints in memory. After local().
  [[nodiscard]] Id first_of_block(const Loop& loop, Id touched) const {
    const Id step = block_ * loop.body;
    return loop.first_id + WENGERT_INDEX("loop: local, block that is touched", (touched - loop.first_id) / step) * step;
  }

 private:
  /// A statement of the body.
  struct Statement {
    const StatementType* type = nullptr;
    const Site* site = nullptr;
    const std::uint32_t* operands = nullptr;  // first id and step of every slot
    std::uint32_t free = 0;
    std::uint32_t index = 0;
    std::uint32_t first_edge = 0, edge_count = 0;
    std::uint32_t stored_at = 0, constant_at = 0;  // of the repetition
    std::uint32_t own_edges = 0;                   // operands that are its own value one repetition before
    bool own_is_sum = false;                       // and their partials are known to be 1
    bool has_outside = false;
  };

  void prepare(const Loop& loop, Kind least = Kind::in_order) {
    loop_ = &loop;
    edges_.clear();
    statements_.resize(loop.body);
    stored_per_repetition_ = constants_per_repetition_ = 0;
    block_ = block;
    has_lag_ = false;
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
                   .free = slot.free,
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
        if (slot.free >> k & 1u) {
          edge.free = edge.inside = true;  // or outside: as in_order, the order of the statements serves both
          chain = false;
          edges_.push_back(edge);
          continue;
        }
        const Id last = edge.first + (loop.count - 1) * static_cast<Id>(edge.step);
        edge.inside = WENGERT_HOLDS(
            "loop: edge inside", std::max(edge.first, last) >= loop.first_id && std::min(edge.first, last) < loop_end);
        if (edge.inside) {
          edge.own = WENGERT_HOLDS("loop: edge to the same statement one repetition before",
                                   edge.step == body && edge.first + loop.body == id);
          if (edge.own) {
            ++statement.own_edges;
            statement.own_is_sum =
                statement.own_is_sum && WENGERT_HOLDS("loop: its own edge is a sum", type.unit_leaves >> k & 1u);
          }
          const bool same_repetition =
              WENGERT_HOLDS("loop: edge within a repetition", edge.step == body && edge.first >= loop.first_id);
          if (same_repetition) edge.target = static_cast<std::int32_t>(edge.first - loop.first_id);
          if (!edge.own && !same_repetition) {
            const std::uint32_t lag = edge.step == body ? (id - edge.first) / loop.body : 0;  // in repetitions
            if (lag >= shortest_lag) {
              block_ = std::min(block_, WENGERT_INDEX("loop: lag", lag));
              has_lag_ = true;
            } else {
              in_order = false;
            }
          }
          chain = chain && WENGERT_HOLDS("loop: edge of a chain", edge.step == body && edge.first + 1 == id);
        } else {
          statement.has_outside = true;
        }
        edges_.push_back(edge);
      }
      if (!type.recomputes) stored_per_repetition_ += site.active;
      if (site.streamed) constants_per_repetition_ += site.constant;
    }
    kind_ = std::max(least, in_order ? Kind::in_order : chain ? Kind::chain : Kind::general);
    // Statement after statement, one's columns serve the next, too; the adjoints of the block stay in the cache.
    const bool shared = kind_ == Kind::in_order;
    if (shared)
      block_ = std::min(block_, std::max<std::uint32_t>(8, 65536 / loop.body & ~7u));
    else
      block_ = block;
    const std::size_t edge_columns = shared ? max_leaves : edges_.size();
    const std::size_t value_columns = shared && loop.body > 1 ? loop.body : 0;
    const std::size_t columns = edge_columns + loop.body + value_columns + 2;
    if (work_.size() < columns * block) work_.resize(columns * block);
    for (const Statement& statement : statements_)
      for (std::uint32_t e = 0; e < statement.edge_count; ++e)
        edges_[statement.first_edge + e].column = work_.data() + (shared ? e : statement.first_edge + e) * block;
    ones_ = work_.data() + edge_columns * block;
    saved_ = ones_ + block;
    adjoint_columns_ = saved_ + block;
    value_columns_ = adjoint_columns_ + loop.body * std::size_t{block};
    value_block_.assign(value_columns, 0);
    std::fill_n(ones_, block, 1.0);
  }

  [[nodiscard]] double* adjoint_column(std::size_t statement) const { return adjoint_columns_ + statement * block_; }
  [[nodiscard]] const Id* free_ids(std::uint32_t place, std::int64_t repetition) const {
    return s_.free_ids.data() + loop_->free + place + repetition * loop_->free_of_each;
  }
  [[nodiscard]] std::int64_t operand(const Edge& edge, std::int64_t repetition) const {
    return edge.free ? *free_ids(edge.first, repetition) : edge.first + repetition * edge.step;
  }

  [[nodiscard]] LaneEdge lane_edge(const Edge& edge, std::uint32_t begin) const {
    return {.column = edge.column,
            .free = edge.free ? free_ids(edge.first, begin) : nullptr,
            .first = edge.free ? 0 : operand(edge, begin),
            .step = edge.free ? std::int64_t{loop_->free_of_each} : std::int64_t{edge.step},
            .statement = edge.statement};
  }
  // Those of edges_[first] … edges_[first+edge_count-1]. What a statement names twice has one partial, the sum.
  template <class Which>
  void gather_lane_edges(std::size_t first, std::size_t edge_count, const LaneBlock& at, std::uint32_t begin,
                         const Which& which) {
    lane_edges_.clear();
    const auto same_as = [](const LaneEdge& a) {
      return [&a](const LaneEdge& b) {
        return a.statement == b.statement && a.free == b.free && a.first == b.first && a.step == b.step;
      };
    };
    std::size_t own = 0;  // where those of the statement begin
    for (std::size_t e = first; e < first + edge_count; ++e) {
      const Edge& edge = edges_[e];
      if (!which(edge)) continue;
      const LaneEdge lane = lane_edge(edge, begin);
      if (!lane_edges_.empty() && lane_edges_.back().statement != edge.statement) own = lane_edges_.size();
      const auto twin =
          std::find_if(lane_edges_.begin() + static_cast<std::ptrdiff_t>(own), lane_edges_.end(), same_as(lane));
      if (twin == lane_edges_.end())
        lane_edges_.push_back(lane);
      else
        kernels_.add(edge.column, twin->column,
                     static_cast<std::size_t>(WENGERT_INDEX("lanes: operand named twice", at.count)));
    }
  }

  // Repetitions begin … begin+count-1.
  void reverse_block(std::uint32_t begin, std::uint32_t count, bool fresh, bool store, double* adjoint) {
    const std::uint32_t body = loop_->body;
    double* const own = adjoint + loop_->first_id + std::int64_t{begin} * body;  // adjoints of the block
    switch (kind_) {
      case Kind::in_order:
        if (fresh)
          std::fill_n(adjoint_columns_, std::size_t{body} * block_, 0.0);
        else
          for (std::uint32_t j = 0; j < body; ++j) pick(own + j, body, count, adjoint_column(j));
        for (std::uint32_t j = body; j-- > 0;) reverse_in_order(statements_[j], begin, count, adjoint);
        if (store) {
          for (std::uint32_t j = 0; j < body; ++j)
            for (std::uint32_t i = 0; i < count; ++i) own[std::size_t{i} * body + j] = adjoint_column(j)[i];
        }
        return;
      case Kind::chain: {
        // The value before, and those of the block.
        const std::size_t length = std::size_t{count} * body;
        chain_own_.resize(std::size_t{block} * body + 1);
        double* const here = chain_own_.data() + 1;
        if (fresh)
          std::fill_n(here, length, 0.0);
        else
          std::memcpy(here, own, length * sizeof(double));
        WENGERT_ADD("loop: chain, from the block above", here[length - 1], carries_[0]);
        here[-1] = 0.0;
        follow_chain(begin, count, here);
        carries_[0] = WENGERT_NUMBER("loop: chain, to the block below", here[-1]);
        if (store) std::memcpy(own, here, length * sizeof(double));
        break;
      }
      case Kind::general:
        go_through_repetitions(begin, count, own, adjoint);
        break;
    }
    for (std::uint32_t j = body; j-- > 0;) {
      const Statement& statement = statements_[j];
      if (!statement.has_outside) continue;
      double* const a = adjoint_column(j);
      if (kind_ == Kind::general) pick(own + j, body, count, a);
      for (std::uint32_t e = statement.first_edge + statement.edge_count; e-- > statement.first_edge;) {
        if (edges_[e].inside) continue;
        kernels_.multiply(edges_[e].column, a, edges_[e].column, count);
        spread(edges_[e], begin, count, adjoint);
      }
    }
  }

  // --- Statement after statement ------------------------------------------------------------------------------------

  void reverse_in_order(const Statement& statement, std::uint32_t begin, std::uint32_t count, double* adjoint) {
    if (statement.edge_count == 0) return;
    double* const a = adjoint_column(statement.index);
    const std::uint32_t first = statement.first_edge, end = first + statement.edge_count;
    if (statement.own_edges == 0) {
      fill_products(statement, begin, count, a);
    } else if (statement.own_is_sum && statement.own_edges == 1) {
      sum_up(a, count, carries_[statement.index]);
      fill_products(statement, begin, count, a);
    } else {
      fill_partials(statement, begin, count);
      double* p = nullptr;
      for (std::uint32_t e = first; e < end; ++e) {
        if (!edges_[e].own) continue;
        if (p == nullptr)
          p = edges_[e].column;
        else
          kernels_.add(edges_[e].column, p, count);
      }
      run_chain(p, a, count, carries_[statement.index]);
      for (std::uint32_t e = first; e < end; ++e)
        if (!edges_[e].own) kernels_.multiply(edges_[e].column, a, edges_[e].column, count);
    }
    for (std::uint32_t e = end; e-- > first;)
      if (!edges_[e].own) spread(edges_[e], begin, count, adjoint);
  }

  // s = s + …: adjoints of the block, each the sum of its own and the later ones'. `carry` comes from the block above
  // and goes to the one below.
  static void sum_up(double* a, std::uint32_t count, double& carry) {
    double sum = carry;
    for (std::size_t i = count; i-- > 0;) {
      WENGERT_ADD("loop: sum", sum, a[i]);
      a[i] = sum;
    }
    carry = WENGERT_NUMBER("loop: sum, to the block below", sum);
  }

  // v = f(v, …): adjoint i receives p[i + 1] · adjoint i + 1. First without masks, and again with them if something was
  // not finite.
  void run_chain(const double* p, double* a, std::uint32_t count, double& carry) const {
    std::memcpy(saved_, a, count * sizeof(double));
    double from_above = carry;
    for (std::size_t i = count; i-- > 0;) {
      WENGERT_ADD("loop: own chain, from above", a[i], from_above);
      from_above = WENGERT_NUMBER("loop: own chain, partial", p[i]) * a[i];
    }
    if (!is_finite(from_above)) [[unlikely]] {
      from_above = carry;
      for (std::size_t i = count; i-- > 0;) {
        a[i] = saved_[i] + WENGERT_NUMBER("loop: own chain, not finite, from above", from_above);
        from_above = masked_product(WENGERT_NUMBER("loop: own chain, not finite, partial", p[i]), a[i]);
      }
    }
    carry = WENGERT_NUMBER("loop: own chain, to the block below", from_above);
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
          kernels_.add(edge.column, link, WENGERT_INDEX("loop: chain, two edges to the value before", count));
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
          a = *at + WENGERT_NUMBER("loop: chain, not finite", masked_product(p, a));
        else
          a = *at + WENGERT_NUMBER("loop: chain", p * a);
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
        WENGERT_ADD("loop: repetition by repetition", adjoint[operand(edge, repetition)],
                    masked_product(edge.column[i], here[edge.statement]));
      }
    }
  }

  // --- Columns ------------------------------------------------------------------------------------------------------

  // adjoint[operand of repetition i] += product[i], for a whole block.
  void spread(const Edge& edge, std::uint32_t begin, std::uint32_t count, double* adjoint) const {
    const double* const product = edge.column;
    if (edge.target >= 0 && kind_ == Kind::in_order) {
      kernels_.add(product, adjoint_column(static_cast<std::size_t>(edge.target)),
                   WENGERT_INDEX("loop: to the same repetition", count));
      return;
    }
    if (edge.free) {
      const Id* const ids = free_ids(edge.first, begin);
      const std::int64_t first = loop_->first_id;
      for (std::int64_t i = count; i-- > 0;) {
        const std::int64_t id = ids[i * loop_->free_of_each];
        if (id < first)
          WENGERT_ADD("loop: free operand before the loop", adjoint[id], product[i]);
        else  // of the same repetition
          WENGERT_ADD("loop: free operand of the same repetition",
                      adjoint_column(static_cast<std::size_t>((id - first) % loop_->body))[i], product[i]);
      }
      return;
    }
    const std::int64_t step = edge.step;
    double* const to = adjoint + edge.first + begin * step;
    if (step == 1) {
      kernels_.add(product, to, WENGERT_INDEX("loop: to operands side by side", count));
    } else if (step == 0) {
      WENGERT_ADD("loop: to an operand that stands still", *to, kernels_.sum(product, count));
    } else {
      for (std::int64_t i = count; i-- > 0;) WENGERT_ADD("loop: to operands at a step", to[i * step], product[i]);
    }
  }

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
    const double* const stored = s_.loop_partials + loop_->partials + std::uint64_t{begin} * stored_per_repetition_ +
                                 WENGERT_INDEX("loop: place of stored partials", statement.stored_at);
    for (std::uint32_t e = 0; e < statement.edge_count; ++e) {
      pick(stored + e, static_cast<std::int64_t>(stored_per_repetition_), count,
           edges_[statement.first_edge + e].column);
    }
  }

  // Partials times `a`, from the values.
  void recompute(const Statement& statement, std::uint32_t begin, std::uint32_t count, const double* a) {
    const StatementType& type = *statement.type;
    const Site& site = *statement.site;
    if (WENGERT_HOLDS("loop: statement is a sum", (site.active_mask() & ~std::uint32_t{type.unit_leaves}) ==
                                                      0)) {  // a sum: there is nothing to compute
      for (std::uint32_t e = 0; e < statement.edge_count; ++e)
        std::memcpy(edges_[statement.first_edge + e].column, a, count * sizeof(double));
      return;
    }
    const double* constant = site.constants;
    std::size_t constant_stride = 0;
    if (site.streamed) {
      constant = s_.constants + loop_->constants + std::uint64_t{begin} * constants_per_repetition_ +
                 WENGERT_INDEX("loop: place of streamed constants", statement.constant_at);
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
        else if (constant_stride == 0)
          std::fill_n(column, count, *constant);
        else
          pick(constant, static_cast<std::int64_t>(constant_stride), count, column);
        ++constant;
      } else {
        if (statement.free >> k & 1u) {
          const Id* const ids = free_ids(statement.operands[2 * k], begin);
          for (std::uint32_t i = 0; i < count; ++i) column[i] = s_.values[ids[i * loop_->free_of_each]];
          in[k] = column;
        } else
          in[k] = values_of(statement.operands[2 * k], static_cast<std::int32_t>(statement.operands[2 * k + 1]), begin,
                            count, column);
      }
      out[k] = active >> k & 1u ? edges_[e++].column : unused_.data();  // a Scalar may be constant here
    }
    const double* value = s_.values + loop_->first_id;  // anything readable
    if (type.reads_value)
      value = values_of(loop_->first_id + statement.index, static_cast<std::int32_t>(loop_->body), begin, count,
                        columns_[max_leaves].data());
    type.products[simd_level](in.data(), value, a, out.data(), check_.data(), count);
    if (WENGERT_HOLDS("loop: products are not finite", !is_finite(kernels_.sum(check_.data(), count)))) [[unlikely]]
      type.masked_products(in.data(), value, a, out.data(), check_.data(), count);
  }

  // Downwards, like the sweep as a whole: the memory is fetched ahead that way.
  static void pick(const double* from, std::int64_t step, std::uint32_t count, double* column) {
    std::uint32_t i = count;
    from += step * count;
    for (; i >= 4; i -= 4, from -= 4 * step) {
      const double a = from[-step], b = from[-2 * step], c = from[-3 * step], d = from[-4 * step];
      column[i - 1] = a;
      column[i - 2] = b;
      column[i - 3] = c;
      column[i - 4] = d;
    }
    for (; i > 0; --i, from -= step) column[i - 1] = from[-step];
  }

  // The values of an operand. Those of the loop's own statements, which serve several, are gathered once a block.
  [[nodiscard]] const double* values_of(Id first, std::int32_t step, std::uint32_t begin, std::uint32_t count,
                                        double* column) {
    const std::size_t j = first - loop_->first_id;
    if (j >= value_block_.size() || step != static_cast<std::int32_t>(loop_->body))
      return gather(first, step, begin, count, column);
    double* const own = value_columns_ + j * block_;
    if (WENGERT_HOLDS("loop: values are of another block", value_block_[j] != begin + 1)) {
      value_block_[j] = begin + 1;
      pick(s_.values + first + std::int64_t{begin} * step, step, count, own);
    }
    return own;
  }

  // The values of ids first + (begin+i)·step, i < count, side by side: in place where they lie so, else in `column`.
  [[nodiscard]] const double* gather(Id first, std::int32_t step, std::uint32_t begin, std::uint32_t count,
                                     double* column) const {
    const std::int64_t wide = step;
    const double* const start = s_.values + WENGERT_INDEX("loop: place of values", first) + begin * wide;
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
  std::vector<LaneEdge> lane_edges_;
  std::vector<Statement> statements_;
  std::vector<double> chain_, chain_own_;
  std::vector<double> carries_;  // in_order: of every statement; chain: one
  bool has_lag_ = false;
  Zeros& work_;  // columns: of the edges, adjoints and values of the statements, ones
  double* adjoint_columns_ = nullptr;
  double* ones_ = nullptr;
  double* saved_ = nullptr;
  double* value_columns_ = nullptr;         // in_order: of the statements, those of value_block_
  std::vector<std::uint32_t> value_block_;  // 1 + where the block that they are of begins
  std::size_t stored_per_repetition_ = 0, constants_per_repetition_ = 0;
  // Uninitialised: a sweep over a few statements should not pay for clearing 9 KiB.
  std::array<std::array<double, block>, max_leaves + 1> columns_;
  std::array<double, block> unused_, check_;
};

}  // namespace wengert::detail
