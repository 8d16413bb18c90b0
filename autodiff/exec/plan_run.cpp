#include "wengert/autodiff/exec/plan_run.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "wengert/autodiff/exec/plan_places.hpp"
#include "wengert/autodiff/exec/step_clock.hpp"
#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/pages.hpp"
#include "wengert/graph/small_blocks.hpp"

namespace wengert::exec {

namespace {

/// What a group moves is likely to lie in a second-level cache, up to here.
constexpr std::size_t near_bytes = std::size_t{1} << 20;

/// Steps that read columns from outside; native code does, most of it.
template <class T>
std::ptrdiff_t loops_over_memory(const ColumnCode<T>& code) {
  const auto is_load = [&](std::uint32_t place) { return place >= code.load(0) && place < code.store(0); };
  return std::ranges::count_if(code.steps, [&](const ColumnStep<T>& step) {
    return step.kernel == nullptr || (!step.once && std::ranges::any_of(step.operand, is_load));
  });
}

/// The rows of some axes: indices of all but the last, counted up from a row on.
class Rows {
 public:
  Rows(const Shape& axes, std::int64_t row) : axes_(axes), outer_(axes.rank() - 1) {
    for (std::size_t k = outer_; k-- > 0; row /= axes[k]) index_[k] = row % axes[k];
  }
  [[nodiscard]] std::int64_t offset(const Load& load) const {
    std::int64_t result = load.start;
    for (std::size_t k = 0; k < outer_; ++k) result += index_[k] * load.stride[k];
    return result;
  }
  void next() {
    for (std::size_t k = outer_; k-- > 0;) {
      if (++index_[k] < axes_[k]) return;
      index_[k] = 0;
    }
  }

 private:
  const Shape& axes_;
  std::size_t outer_;
  std::array<std::int64_t, Shape::max_rank> index_{};
};

/// Elements begin … begin + count - 1, in row-major order over the axes, of what a load reads.
template <class T, class Stored>
void move_in(const Load& load, const Shape& axes, const Stored* from, std::int64_t begin, std::int64_t count, T* to) {
  const std::size_t rank = axes.rank();
  std::array<std::int64_t, Shape::max_rank> index{};
  std::int64_t rest = begin, at = load.start;
  for (std::size_t k = rank; k-- > 0;) {
    index[k] = rest % axes[k];
    rest /= axes[k];
    at += index[k] * load.stride[k];
  }
  const std::size_t inner = rank - 1;
  const std::int64_t step = load.stride[inner];
  while (count > 0) {
    const std::int64_t run = std::min(count, axes[inner] - index[inner]);
    for (std::int64_t i = 0; i < run; ++i) to[i] = static_cast<T>(from[at + i * step]);
    to += run, count -= run;
    at -= index[inner] * step;
    index[inner] = 0;
    for (std::size_t k = inner; k-- > 0;) {
      at += load.stride[k];
      if (++index[k] < axes[k]) break;
      at -= axes[k] * load.stride[k];
      index[k] = 0;
    }
  }
}

/// All elements of an array, one after the other, to `to`.
void copy_elements(const Array& from, std::byte* to) {
  const auto bytes = from.bytes();
  const auto copies = from.is_uniform() ? static_cast<std::size_t>(from.size()) : std::size_t{1};
  if (bytes.empty()) return;
  for (std::size_t k = 0; k < copies; ++k) std::memcpy(to + k * bytes.size(), bytes.data(), bytes.size());
}

/// Elements that lie one after the other, and how many tiles they are.
struct Row {
  std::int64_t length, tiles;
  explicit Row(const FusedStep& step)
      : length(step.flat ? step.axes.size() : step.axes[step.axes.rank() - 1]),
        tiles((length + step.tile - 1) / step.tile) {}
};

}  // namespace

kernels::Chunks chunks_of(const FusedStep& step) {
  // Nanoseconds: a loop of arithmetic over four bytes (functions take longer), and what is moved by strides.
  constexpr double loop = 0.15, by_strides = 1;
  const Row row(step);
  const std::size_t loops = std::visit([](const auto& code) { return code.operations; }, step.code);
  const auto moved = std::ranges::count_if(step.loads, [](const Load& l) { return l.mode == Load::Mode::moved; });
  const double of_element =
      loop * static_cast<double>(size_of(step.dtype) / 4 * loops) + by_strides * static_cast<double>(moved);
  const std::int64_t tiles = row.length == 0 ? 0 : step.axes.size() / row.length * row.tiles;
  return {tiles, of_element * static_cast<double>(std::min(step.tile, row.length))};
}

void PlanMemory::Free::operator()(std::byte* memory) const noexcept { std::free(memory); }  // NOLINT(*-no-malloc)
PlanMemory::Memory PlanMemory::room(std::size_t bytes) {
  Memory memory(static_cast<std::byte*>(detail::allocate_fresh_pages(bytes)));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

PlanMemory::PlanMemory(const Plan& plan, const std::unordered_map<graph::NodeId, const void*>& lines, int threads)
    : plan_(plan),
      lines_(lines),
      arena_(room(plan.arena_bytes)),
      registers_(room(plan.register_bytes * static_cast<std::size_t>(threads))),
      scratch_(threads) {
  arrays_.resize(plan.slots.size());
  data_.assign(plan.slots.size(), nullptr);
  states_.resize(plan.states.size());
  for (SlotId k = 0; k < plan.slots.size(); ++k) {
    const Slot& slot = plan.slots[k];
    switch (slot.home) {
      case Slot::Home::arena:
      case Slot::Home::part:
        arrays_[k] = Array::over(arena_.get() + offset_in_arena(plan, k), slot.type);
        break;
      case Slot::Home::constant:
        arrays_[k] = slot.constant;
        break;
      case Slot::Home::input:
      case Slot::Home::state:
      case Slot::Home::alias:
        break;
    }
  }
  const auto workers = static_cast<std::size_t>(threads);
  for (const PlanStep& step : plan.steps) {
    const auto* group = std::get_if<FusedStep>(&step);
    chunks_.push_back(group == nullptr ? kernels::Chunks(0, 0) : chunks_of(*group));
  }
  groups_.resize(plan.steps.size() * workers);
  for (std::size_t n = 0; n < groups_.size(); ++n) {
    const auto* step = std::get_if<FusedStep>(&plan.steps[n / workers]);
    if (step == nullptr) continue;
    std::byte* const registers = registers_.get() + n % workers * plan.register_bytes;
    if (step->dtype == Dtype::f32)
      groups_[n] = group_of<float>(*step, registers);
    else
      groups_[n] = group_of<double>(*step, registers);
  }
  operands_.resize(plan.largest_operands);
}

template <class T>
PlanMemory::Group<T> PlanMemory::group_of(const FusedStep& step, std::byte* registers) {
  const auto& code = std::get<ColumnCode<T>>(step.code);
  // What one loop is going to read the machine asks for by itself, and so it does for short rows.
  const bool looks_ahead = step.turns == 1 && moved_by(plan_, step) > near_bytes && loops_over_memory(code) > 1;
  Group<T> group;
  for (std::size_t n = 0; n < step.turns; ++n) {
    auto* at = reinterpret_cast<T*>(registers);
    ColumnFrame<T>& frame = group.frames.emplace_back(code, at);
    Turn<T>& turn = group.turns.emplace_back();
    turn.moved.resize(step.loads.size());
    turn.truths.resize(step.stores.size());
    at += code.room();
    for (std::size_t k = 0; k < step.loads.size(); ++k) {
      const Load::Mode mode = step.loads[k].mode;
      if (mode == Load::Mode::moved || mode == Load::Mode::converted) {
        turn.moved[k] = at;
        frame.bind_load(k, at);
        at += step.tile;
      } else if (looks_ahead && mode == Load::Mode::direct) {
        frame.look_ahead_of_load(k);
      }
    }
    for (std::size_t k = 0; k < step.stores.size(); ++k) {
      const Store& store = step.stores[k];
      if (plan_.slots[store.slot].type.dtype == Dtype::boolean) {
        turn.truths[k] = at;
        group.stores_truths = true;
        frame.bind_store(k, at);
        at += step.tile;
      } else if (looks_ahead && !store.once && !step.streams) {
        frame.look_ahead_of_store(k);
      }
    }
    frame.stream(step.streams);
    registers += rounded(static_cast<std::size_t>(reinterpret_cast<std::byte*>(at) - registers));
  }
  return group;
}

bool PlanMemory::has_input(std::size_t k) const noexcept {
  const SlotId slot = plan_.inputs[k];
  return plan_.slots[slot].home == Slot::Home::state || arrays_[slot].type() == plan_.slots[slot].type;
}

void PlanMemory::set_input(std::size_t k, const Array& value) {
  const SlotId slot = plan_.inputs[k];
  if (plan_.slots[slot].home == Slot::Home::state) {
    give_room(slot);
    copy_elements(value, const_cast<std::byte*>(arrays_[slot].bytes().data()));  // NOLINT: our own memory
    return;
  }
  arrays_[slot] = value.dense();
  bound_ = false;
}

void PlanMemory::release_inputs() noexcept {
  for (const SlotId slot : plan_.inputs)
    if (plan_.slots[slot].home == Slot::Home::input) arrays_[slot] = Array();
  bound_ = false;
}

void PlanMemory::give_room(SlotId slot) {
  if (arrays_[slot].type() == plan_.slots[slot].type) return;
  const std::size_t bytes = byte_size(plan_.slots[slot].type, {});
  Memory& memory = states_[plan_.slots[slot].index];
  memory = room(bytes);
  std::memset(memory.get(), 0, bytes);
  state_bytes_ += bytes;
  arrays_[slot] = Array::over(memory.get(), plan_.slots[slot].type);
}

void PlanMemory::place_state(std::size_t k, Array& elements) {
  const SlotId slot = plan_.states[k];
  if (states_[k] != nullptr) state_bytes_ -= byte_size(plan_.slots[slot].type, {});
  std::byte* const memory = const_cast<std::byte*>(elements.bytes().data());  // NOLINT: the caller's, given to write
  arrays_[slot] = Array::over(memory, plan_.slots[slot].type);
  states_[k] = nullptr;
  bound_ = false;
}

Array PlanMemory::state(std::size_t k) {
  give_room(plan_.states[k]);
  return copy_of(plan_.states[k]);
}

/// Where everything lies, once inputs are known.
void PlanMemory::bind() {
  if (std::exchange(fresh_, false)) detail::release_small_blocks();  // of the recording that the program was made of
  for (const SlotId state : plan_.states) give_room(state);
  for (SlotId k = 0; k < plan_.slots.size(); ++k) {
    const Slot& slot = plan_.slots[k];
    if (slot.home == Slot::Home::alias) {  // of an earlier slot
      const SlotId of = static_cast<SlotId>(slot.index);
      if (data_[k] == data_[of] && arrays_[k].type() == slot.type) continue;
      arrays_[k] = plan_.slots[of].home == Slot::Home::constant && arrays_[of].is_uniform()
                       ? arrays_[of].reshaped(slot.type.shape)
                       : Array::over(data_[of], slot.type);
    }
    data_[k] = const_cast<std::byte*>(arrays_[k].bytes().data());  // NOLINT: only results are written
  }
  bound_ = true;
}

bool PlanMemory::guard_failed() const { return plan_.guarded && elements(plan_.outputs.back()).element(0) != 0.0; }

bool PlanMemory::run() {
  if (!bound_) bind();
  const bool timed = !times_.empty();
  for (std::size_t n = 0; n < plan_.steps.size(); ++n) {
    if (n == plan_.guards_known && guard_failed()) return false;
    if (timed) [[unlikely]]
      run_timed(n);
    else
      run_step(n);
  }
  return plan_.guards_known < plan_.steps.size() || !guard_failed();
}

void PlanMemory::run_step(std::size_t n) {
  const PlanStep& step = plan_.steps[n];
  if (const auto* fused = std::get_if<FusedStep>(&step)) {
    run_group(*fused, n);
  } else if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    run_kernel(*kernel);
  } else if (const auto* total = std::get_if<TotalStep>(&step)) {
    run_total(*total);
  } else if (const auto* update = std::get_if<UpdateStep>(&step)) {
    run_update(*update);
  } else {
    run_copy(std::get<CopyStep>(step));
  }
}

void PlanMemory::run_timed(std::size_t n) {
  const StepClock clock(&times_[n]);
  run_step(n);
  clock.finished();
}

void PlanMemory::run_group(const FusedStep& step, std::size_t n) {
  for (const FusedStep::Positions& positions : step.positions) check_positions(step, positions);
  const kernels::Chunks& chunks = chunks_[n];
  const auto workers = static_cast<std::size_t>(scratch_.threads());
  kernels::run_chunks(chunks.count, scratch_.threads(), [&](std::int64_t chunk, int worker) {
    AnyGroup& group = groups_[n * workers + static_cast<std::size_t>(worker)];
    if (auto* f32 = std::get_if<Group<float>>(&group))
      run_tiles(step, *f32, chunks.begin(chunk), chunks.end(chunk));
    else
      run_tiles(step, std::get<Group<double>>(group), chunks.begin(chunk), chunks.end(chunk));
  });
}

template <class T, class Offset>
WENGERT_INLINE void PlanMemory::bind_tile(const FusedStep& step, const Offset& offset_of, ColumnFrame<T>& frame,
                                          Turn<T>& turn) {
  const Tile& tile = turn.tile;
  for (std::size_t k = 0; k < step.loads.size(); ++k) {
    const Load& load = step.loads[k];
    const std::byte* const data = data_[load.slot];
    const auto is_boolean = [&] { return plan_.slots[load.slot].type.dtype == Dtype::boolean; };
    switch (load.mode) {
      case Load::Mode::direct:
        frame.bind_load(k, reinterpret_cast<const T*>(data) + offset_of(load) + tile.begin);
        break;
      case Load::Mode::uniform:
        frame.bind_load(k, reinterpret_cast<const T*>(data) + offset_of(load));
        break;
      case Load::Mode::moved:
        if (is_boolean())
          move_in(load, step.axes, reinterpret_cast<const unsigned char*>(data), tile.first, tile.count, turn.moved[k]);
        else
          move_in(load, step.axes, reinterpret_cast<const T*>(data), tile.first, tile.count, turn.moved[k]);
        break;
      case Load::Mode::converted: {
        const std::int64_t offset = offset_of(load);
        *turn.moved[k] = is_boolean() ? static_cast<T>(reinterpret_cast<const unsigned char*>(data)[offset])
                                      : static_cast<T>(reinterpret_cast<const std::int64_t*>(data)[offset]);
        break;
      }
    }
  }
  for (std::size_t k = 0; k < step.stores.size(); ++k)
    if (turn.truths[k] == nullptr)
      frame.bind_store(
          k, reinterpret_cast<T*>(data_[step.stores[k].slot]) + (step.stores[k].once ? tile.index : tile.first));
}

template <class T>
void PlanMemory::run_tiles(const FusedStep& step, Group<T>& group, std::int64_t tile, std::int64_t end) {
  const Row row(step);
  Rows rows(step.axes, step.flat ? 0 : tile / row.tiles);
  const auto offset_of = [&](const Load& load) { return step.flat ? load.start : rows.offset(load); };
  std::size_t bound = 0;
  const auto run = [&] {
    const std::int64_t count = group.turns.front().tile.count;
    if (bound == 1)
      group.frames.front().run(count);
    else
      ColumnFrame<T>::run_in_turns(std::span(group.frames).first(bound), count);
    if (group.stores_truths)
      for (std::size_t n = 0; n < bound; ++n) store_truths(step, group.turns[n]);
    bound = 0;
  };
  std::int64_t done = tile / row.tiles * row.length;  // elements of the rows before
  for (std::int64_t begin = tile % row.tiles * step.tile; tile < end; rows.next(), done += row.length, begin = 0) {
    for (; begin < row.length && tile < end; begin += step.tile, ++tile) {
      Turn<T>& turn = group.turns[bound];
      turn.tile = {tile, begin, done + begin, std::min(step.tile, row.length - begin)};
      bind_tile(step, offset_of, group.frames[bound], turn);
      if (++bound == step.turns) run();
    }
  }
  if (bound > 0) run();
  for (const ColumnFrame<T>& frame : group.frames) frame.finish_stream();
}

template <class T>
void PlanMemory::store_truths(const FusedStep& step, const Turn<T>& turn) {
  for (std::size_t k = 0; k < step.stores.size(); ++k) {
    const T* const from = turn.truths[k];
    if (from == nullptr) continue;
    const bool once = step.stores[k].once;
    auto* const to =
        reinterpret_cast<unsigned char*>(data_[step.stores[k].slot]) + (once ? turn.tile.index : turn.tile.first);
    const std::int64_t stored = once ? 1 : turn.tile.count;
    for (std::int64_t i = 0; i < stored; ++i) to[i] = from[i] != T(0) ? 1 : 0;
  }
}

void PlanMemory::check_positions(const FusedStep& step, const FusedStep::Positions& positions) const {
  const Array& of = arrays_[step.loads[positions.load].slot];
  const auto stored = of.stored<std::int64_t>();
  if (std::ranges::all_of(stored, [&](std::int64_t at) { return at >= 0 && at < positions.extent; })) return;
  try {
    const std::array operands{Array::uniform(positions.operand, 0.0), of};
    static_cast<void>(positions.primitive->on_tensors.value(operands, positions.attribute, positions.result));
  } catch (const Error& error) {
    rethrow(error, positions.node);
  }
}

void PlanMemory::rethrow(const Error& error, graph::NodeId node) const {
  const auto found = lines_.find(node);
  error.rethrow_at(found == lines_.end() ? std::source_location{} : detail::location_of(found->second));
}

void PlanMemory::run_kernel(const KernelStep& step) {
  const std::size_t count = step.operands.size();
  for (std::size_t k = 0; k < count; ++k) operands_[k] = arrays_[step.operands[k]];
  const std::span<const Array> operands(operands_.data(), count);
  Array& to = arrays_[step.result];
  const TensorRules& rules = step.primitive->on_tensors;
  try {
    if (rules.value_into != nullptr) {
      rules.value_into(operands, step.attribute, to, scratch_);
    } else {
      copy_elements(rules.value(operands, step.attribute, to.type()), data_[step.result]);
    }
  } catch (const Error& error) {
    rethrow(error, step.node);
  }
  for (std::size_t k = 0; k < count; ++k) operands_[k] = Array();
}

void PlanMemory::run_total(const TotalStep& step) {
  const auto& group = std::get<FusedStep>(plan_.steps[step.group]);
  const auto sum = [&]<class T>(std::type_identity<T>) {
    *reinterpret_cast<T*>(data_[step.result]) =
        kernels::sum_of_tiles(reinterpret_cast<const T*>(data_[step.tiles]), group.axes.size(), group.tile);
  };
  if (group.dtype == Dtype::f32)
    sum(std::type_identity<float>{});
  else
    sum(std::type_identity<double>{});
}

void PlanMemory::run_update(const UpdateStep& step) {
  const double factor = step.factor * (step.scale == no_slot ? 1.0 : arrays_[step.scale].element(0));
  kernels::matmul_add(arrays_[step.a], arrays_[step.b], step.flags, factor, arrays_[step.state], scratch_);
}

void PlanMemory::run_copy(const CopyStep& step) { copy_elements(arrays_[step.from], data_[step.to]); }

Array PlanMemory::copy_of(SlotId slot) const {
  const Array& from = arrays_[slot];
  Array result = Array::uninitialised(from.type());
  copy_elements(from, const_cast<std::byte*>(result.bytes().data()));  // NOLINT: made here, and nobody else's
  return result;
}

std::size_t PlanMemory::bytes() const noexcept {
  return plan_.arena_bytes + plan_.register_bytes * static_cast<std::size_t>(scratch_.threads()) + state_bytes_;
}

}  // namespace wengert::exec
