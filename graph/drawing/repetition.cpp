/// The search for repetitions; see repetition.hpp.
///
/// The sequence becomes a list of tokens, one per thing. Each round looks for runs of equal tokens at every short
/// distance, then for runs at the distances at which groups of tokens recur, and replaces each run that it finds by one
/// token; the next round finds repetitions of repetitions. Reading order: Finder::run, replace_runs, checked_times.
#include "wengert/graph/drawing/repetition.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "wengert/graph/types.hpp"

namespace wengert::graph {

namespace {

constexpr std::size_t most_rounds = 6;
constexpr std::size_t longest_short = 64;  // periods up to it are all tried
constexpr std::size_t few_times = 3;       // a run has at least so many
constexpr std::size_t long_period = 24;    // or 2, when its period is this long
constexpr std::size_t least_saved = 4;     // things that a run must save
constexpr std::size_t gram = 4;            // tokens that recur where a long period is tried
constexpr std::uint32_t no_body = 0xFFFFFFFFU;

/// Things [first, first + length); a run, when `body` is one.
struct Token {
  std::uint32_t first = 0;
  std::uint32_t length = 0;
  std::uint32_t body = no_body;
};

/// What a run repeats: its tokens are bodies[begin .. end).
struct Body {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t period = 0;  // things
  std::uint32_t times = 0;
};

class Finder {
 public:
  explicit Finder(const Sequence& sequence) : s_(sequence), hashes_(sequence.kinds) {
    tokens_.reserve(s_.size());
    for (std::uint32_t i = 0; i < s_.size(); ++i) tokens_.push_back({i, 1, no_body});
  }

  Repetitions run() && {
    for (std::size_t round = 0; round < most_rounds; ++round) {
      const std::size_t before = tokens_.size();
      for (std::size_t period = 1; period <= longest_short && period * 2 <= tokens_.size(); ++period) {
        replace_runs(period);
      }
      replace_long_runs();
      if (tokens_.size() == before) break;
    }
    return result();
  }

 private:
  [[nodiscard]] static std::size_t least_times(std::size_t period) { return period >= long_period ? 2 : few_times; }

  /// A stretch of tokens that repeats at a distance: [begin, begin + period · times).
  struct Run {
    std::size_t begin = 0;
    std::size_t period = 0;
    std::size_t times = 0;
  };

  /// Runs inside [begin, end), in which each token equals the one `period` before it, from begin + period on.
  void collect(std::size_t begin, std::size_t end, std::size_t period, std::vector<Run>& runs) const {
    while (end - begin >= period * least_times(period)) {
      // A run begins with a scope where one begins in the first time, if enough remains.
      std::size_t start = begin;
      for (std::size_t at = begin; !s_.scopes.empty() && at < begin + period; ++at) {
        const std::uint32_t thing = tokens_[at].first;
        // A scope that has just been opened has a larger number than the one before.
        if (s_.scopes[thing] <= (thing == 0 ? 0 : s_.scopes[thing - 1])) continue;
        if (end - at >= period * least_times(period)) start = at;
        break;
      }
      const std::size_t claimed = (end - start) / period;
      const std::size_t times = checked_times(start, period, claimed);
      const std::size_t things =
          tokens_[start + period - 1].first + tokens_[start + period - 1].length - tokens_[start].first;
      if (times >= least_times(period) && (times - 1) * things >= least_saved) runs.push_back({start, period, times});
      begin = start + period * times;
    }
  }

  /// For how many of the times the connections are the same too; at least 1.
  [[nodiscard]] std::size_t checked_times(std::size_t begin, std::size_t period, std::size_t times) const {
    const std::uint32_t first = tokens_[begin].first;
    const Token& last = tokens_[begin + period - 1];
    const std::uint32_t length = last.first + last.length - first;
    const auto inside = [&](std::uint32_t operand) { return operand != Sequence::outside && operand >= first; };
    const auto operand_of = [&](std::uint32_t thing, std::uint32_t m) { return s_.operands[s_.starts[thing] + m]; };
    for (std::size_t k = 1; k < times; ++k) {
      const auto here = static_cast<std::uint32_t>(first + k * length);
      for (std::uint32_t i = here; i < here + length; ++i) {
        const std::uint32_t before = i - length;
        if (k > 1 && !s_.scopes.empty()) {
          const bool scope_stays = s_.scopes[i] == s_.scopes[before];
          if (scope_stays != (s_.scopes[before] == s_.scopes[before - length])) return k;
        }
        const std::uint32_t count = s_.starts[i + 1] - s_.starts[i];
        if (s_.starts[before + 1] - s_.starts[before] != count) return k;
        for (std::uint32_t m = 0; m < count; ++m) {
          const std::uint32_t now = operand_of(i, m);
          const std::uint32_t then = operand_of(before, m);
          // What comes from an earlier time came from outside in the first ones.
          const bool same = inside(now) ? (inside(then) ? then + length == now : now < here) : !inside(then);
          if (same) continue;
          // If it did just now, and does not go on like that, it was no use of an earlier time: they ended there.
          const bool just_now = k > 1 && inside(then) && !inside(operand_of(before - length, m));
          return just_now ? k - 1 : k;
        }
      }
    }
    return times;
  }

  void replace_runs(std::size_t period) {
    std::vector<Run> runs;
    const std::size_t count = hashes_.size();
    std::size_t begin = 0;
    for (std::size_t i = period; i <= count; ++i) {
      if (i < count && hashes_[i] == hashes_[i - period]) continue;
      // [begin, i) repeats at this distance.
      if (i - begin >= 2 * period) collect(begin, i, period, runs);
      begin = i + 1 > period ? i + 1 - period : 0;
      if (!runs.empty()) begin = std::max(begin, runs.back().begin + runs.back().period * runs.back().times);
    }
    replace(runs);
  }

  /// Periods beyond longest_short, tried where a group of tokens recurs.
  void replace_long_runs() {
    const std::size_t count = hashes_.size();
    if (count < 2 * longest_short) return;
    std::vector<std::uint32_t> last(std::bit_ceil(2 * count), 0);  // by hash of a group: where it was last, plus 1
    std::vector<Run> runs;
    std::size_t tried_period = 0, tried_until = 0;
    for (std::size_t i = 0; i + gram <= count;) {
      std::uint64_t hash = 0;
      for (std::size_t k = 0; k < gram; ++k) hash = mix_hash(hash, hashes_[i + k]);
      std::uint32_t& place = last[hash & (last.size() - 1)];
      const std::size_t before = place;
      place = static_cast<std::uint32_t>(i + 1);
      if (before != 0) {
        const std::size_t period = i + 1 - before;
        const bool known = period == tried_period && i < tried_until;
        if (period > longest_short && !known) {
          std::size_t end = i;
          while (end < count && hashes_[end] == hashes_[end - period]) ++end;
          tried_period = period;
          tried_until = end;
          const std::size_t found = runs.size();
          const std::size_t begin =
              std::max(i - period, runs.empty() ? 0 : runs.back().begin + runs.back().period * runs.back().times);
          if (end - begin >= 2 * period) collect(begin, end, period, runs);
          if (runs.size() != found) {
            i = runs.back().begin + runs.back().period * runs.back().times;
            continue;
          }
        }
      }
      ++i;
    }
    replace(runs);
  }

  /// Each run becomes one token.
  void replace(const std::vector<Run>& runs) {
    if (runs.empty()) return;
    std::size_t to = runs.front().begin, from = to;
    for (const Run& run : runs) {
      for (; from < run.begin; ++from, ++to) {
        tokens_[to] = tokens_[from];
        hashes_[to] = hashes_[from];
      }
      Body body{.begin = static_cast<std::uint32_t>(bodies_.size())};
      std::uint64_t hash = mix_hash(run.times, run.period);
      for (std::size_t k = 0; k < run.period; ++k) {
        bodies_.push_back(tokens_[run.begin + k]);
        hash = mix_hash(hash, hashes_[run.begin + k]);
        body.period += tokens_[run.begin + k].length;
      }
      body.end = static_cast<std::uint32_t>(bodies_.size());
      body.times = static_cast<std::uint32_t>(run.times);
      from = run.begin + run.period * run.times;
      tokens_[to] = {bodies_[body.begin].first, body.period * body.times, static_cast<std::uint32_t>(runs_.size())};
      hashes_[to] = hash;
      runs_.push_back(body);
      ++to;
    }
    for (; from < tokens_.size(); ++from, ++to) {
      tokens_[to] = tokens_[from];
      hashes_[to] = hashes_[from];
    }
    tokens_.resize(to);
    hashes_.resize(to);
  }

  /// Unfolds the tokens, of each run the first time only, without recursion.
  [[nodiscard]] Repetitions result() const {
    Repetitions out;
    out.same_as.resize(s_.size());
    out.inside.assign(s_.size(), no_repetition);
    struct Open {
      const Token* token;
      const Token* end;
      std::uint32_t repetition;
    };
    // The times after the first are mapped when their run closes: then the first is mapped.
    std::vector<Open> open{{tokens_.data(), tokens_.data() + tokens_.size(), no_repetition}};
    while (!open.empty()) {
      Open& top = open.back();
      if (top.token == top.end) {
        const std::uint32_t closed = top.repetition;
        open.pop_back();
        if (closed == no_repetition) continue;
        const Repetition& repetition = out.all[closed];
        const std::uint32_t end = repetition.first + repetition.period * repetition.times;
        for (std::uint32_t i = repetition.first + repetition.period; i < end; ++i) {
          out.same_as[i] = out.same_as[i - repetition.period];
        }
        continue;
      }
      const Token& token = *top.token++;
      if (token.body == no_body) {
        out.same_as[token.first] = token.first;
        out.inside[token.first] = top.repetition;
        continue;
      }
      const Body& body = runs_[token.body];
      const auto number = static_cast<std::uint32_t>(out.all.size());
      out.all.push_back({top.repetition, token.first, body.period, body.times});
      open.push_back({bodies_.data() + body.begin, bodies_.data() + body.end, number});
    }
    return out;
  }

  const Sequence& s_;
  std::vector<Token> tokens_;
  std::vector<std::uint64_t> hashes_;  // of the tokens, apart from them: the scans read nothing else
  std::vector<Token> bodies_;          // tokens of the first time of each run
  std::vector<Body> runs_;
};

}  // namespace

Repetitions find_repetitions(const Sequence& sequence) { return Finder(sequence).run(); }

}  // namespace wengert::graph
