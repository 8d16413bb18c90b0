// How elements move is not written down a second time: the primitives' own kernels are run on numbers of elements.
#include "wengert/autodiff/transform/sparse/tensor_sets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::detail {

namespace {

using Sets = std::vector<SetId>;

template <class... P>
bool is_one_of(const Primitive* primitive) {
  return ((primitive == &PrimitiveOf<P>::record) || ...);
}

std::size_t size_of_result(const TensorEntry& entry) {
  return entry.scalar ? 1 : static_cast<std::size_t>(entry.result.size());
}

/// first, first + 1, … in a shape; as f64, which is exact far beyond what memory holds.
Array counting(std::int64_t first, const Shape& shape) {
  Array numbers = Array::zeros({Dtype::f64, shape});
  double next = static_cast<double>(first);
  for (double& number : numbers.mutable_data<double>()) number = next++;
  return numbers;
}

class Propagation {
 public:
  Propagation(const TensorEntries& entries, const TensorEntry& entry, std::span<const Sets* const> operand,
              IndexSets& sets)
      : entry_(entry),
        x_(entries.arrays_of(entry)),
        operand_(operand),
        sets_(sets),
        result_(size_of_result(entry)),
        from_scalars_(!operand.empty() && entries.operands_of(entry)[0].scalar) {}

  Sets run() && {
    const Primitive* const p = entry_.primitive;
    if (p->elementwise) {
      each_element();
    } else if (from_scalars_) {
      scalars_enter();
    } else if (is_one_of<ops::Broadcast, ops::Reshape, ops::Permute, ops::Slice, ops::Embed, ops::Stack,
                         ops::Concatenate, ops::Gather, ops::TakeAlong, ops::ToScalar, ops::ToTensor>(p)) {
      from_one_element();
    } else if (is_one_of<ops::Convert>(p)) {
      each_element();
    } else if (is_one_of<ops::ScatterAdd, ops::ScatterAddAlong>(p)) {
      to_one_element();
    } else if (is_one_of<ops::Sum, ops::Prod, ops::AMax, ops::AMin, ops::Norm, ops::LogSumExp>(p)) {
      const Array group = groups();
      for (std::size_t i = 0; i < operand_[0]->size(); ++i) add(at(group, i), (*operand_[0])[i]);
    } else if (is_one_of<ops::Softmax, ops::LogSoftmax, ops::ProdOthers>(p)) {
      dense_in_groups();
    } else if (is_one_of<ops::CumSum>(p)) {
      running();
    } else if (is_one_of<ops::MatMul>(p)) {
      matrix_product();
    } else {
      dense();
    }
    return std::move(result_);
  }

 private:
  void add(std::size_t i, SetId set) {
    if (set != empty_set) result_[i] = sets_.join(result_[i], set);
  }
  [[nodiscard]] static std::size_t at(const Array& numbers, std::size_t i) {
    return static_cast<std::size_t>(numbers.element(static_cast<std::int64_t>(i)));
  }

  void each_element() {
    for (const Sets* const operand : operand_)
      if (operand != nullptr)
        for (std::size_t i = 0; i < result_.size(); ++i) add(i, (*operand)[i]);
  }

  void scalars_enter() {
    for (std::size_t k = 0; k < operand_.size(); ++k)
      if (operand_[k] != nullptr)
        add(static_cast<std::size_t>(entry_.primitive->on_tensors.scalar_position(k, entry_.attribute)),
            (*operand_[k])[0]);
  }

  /// Every element of the result is one of an operand, or 0: the kernel moves their numbers, counted from 1.
  void from_one_element() {
    std::vector<Array> x(x_.begin(), x_.end());
    Sets all{empty_set};
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (!is_real(x[k].dtype())) continue;
      if (operand_[k] == nullptr) {
        x[k] = Array::zeros({Dtype::f64, x[k].shape()});
        continue;
      }
      x[k] = counting(static_cast<std::int64_t>(all.size()), x[k].shape());
      all.insert(all.end(), operand_[k]->begin(), operand_[k]->end());
    }
    const Type type{Dtype::f64, entry_.scalar ? Shape{} : entry_.result.shape()};
    const Array from = entry_.primitive->on_tensors.value(x, entry_.attribute, type);
    for (std::size_t i = 0; i < result_.size(); ++i) add(i, all[WENGERT_INDEX("pattern: element moved", at(from, i))]);
  }

  /// Every element of the operand is added to one of the result: the transpose moves the numbers of those.
  void to_one_element() {
    if (operand_[0] == nullptr) return;
    const std::vector<Tensor> x{Tensor(x_[0]), Tensor(x_[1])};
    const Array to =
        entry_.primitive->on_tensors.vjp(0, Tensor(counting(0, entry_.result.shape())), Tensor(), x, entry_.attribute)
            .value();
    for (std::size_t i = 0; i < operand_[0]->size(); ++i) add(at(to, i), (*operand_[0])[i]);
  }

  /// By element of the operand: the number of the group that a reduction over the axes of the attribute puts it into.
  [[nodiscard]] Array groups() const {
    const Shape kept = ops::with_ones(x_[0].shape(), ops::integers(entry_.attribute));
    return broadcast(Tensor(counting(0, kept)), x_[0].shape()).value();
  }
  void dense_in_groups() {
    const Array group = groups();
    Sets of_group(result_.size(), empty_set);
    for (std::size_t i = 0; i < result_.size(); ++i) {
      SetId& set = of_group[at(group, i)];
      set = sets_.join(set, (*operand_[0])[i]);
    }
    for (std::size_t i = 0; i < result_.size(); ++i) result_[i] = of_group[at(group, i)];
  }

  void running() {
    const Shape& shape = x_[0].shape();
    const auto axis = static_cast<std::size_t>(ops::integers(entry_.attribute)[0]);
    const bool from_the_end = ops::integers(entry_.attribute)[1] != 0;
    const auto extent = static_cast<std::size_t>(shape[axis]);
    std::size_t step = 1;
    for (std::size_t k = axis + 1; k < shape.rank(); ++k) step *= static_cast<std::size_t>(shape[k]);
    for (std::size_t first = 0; first < result_.size(); ++first) {
      if (first / step % extent != 0) continue;
      SetId sum = empty_set;
      for (std::size_t i = 0; i < extent; ++i) {
        const std::size_t element = first + (from_the_end ? extent - 1 - i : i) * step;
        sum = sets_.join(sum, (*operand_[0])[element]);
        result_[element] = sum;
      }
    }
  }

  /// Element (i, j) of the product needs row i of the first operand and column j of the second.
  void matrix_product() {
    const Shape& shape = entry_.result.shape();
    const std::size_t rank = shape.rank();
    const auto rows = static_cast<std::size_t>(shape[rank - 2]), cols = static_cast<std::size_t>(shape[rank - 1]);
    const std::size_t batches = rows * cols == 0 ? 0 : result_.size() / (rows * cols);
    const std::int64_t flags = std::get<std::int64_t>(entry_.attribute);
    for (std::size_t batch = 0; batch < batches; ++batch) {
      const Sets of_row = lines(0, rows, (flags & kernels::transpose_first) != 0, batch);
      const Sets of_col = lines(1, cols, (flags & kernels::transpose_second) == 0, batch);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j)
          result_[(batch * rows + i) * cols + j] = sets_.join(of_row[i], of_col[j]);
    }
  }
  /// The unions of the rows of a matrix of operand k, or of its columns.
  [[nodiscard]] Sets lines(std::size_t k, std::size_t count, bool columns, std::size_t batch) {
    Sets united(count, empty_set);
    if (operand_[k] == nullptr) return united;
    const Shape& shape = x_[k].shape();
    const auto rows = static_cast<std::size_t>(shape[shape.rank() - 2]);
    const auto cols = static_cast<std::size_t>(shape[shape.rank() - 1]);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j) {
        SetId& set = united[columns ? j : i];
        set = sets_.join(set, (*operand_[k])[(batch * rows + i) * cols + j]);
      }
    return united;
  }

  void dense() {
    SetId all = empty_set;
    for (const Sets* const operand : operand_)
      if (operand != nullptr)
        for (const SetId set : *operand) all = sets_.join(all, set);
    std::ranges::fill(result_, all);
  }

  const TensorEntry& entry_;
  std::span<const Array> x_;
  std::span<const Sets* const> operand_;
  IndexSets& sets_;
  Sets result_;
  bool from_scalars_;  // which have no arrays
};

}  // namespace

std::vector<SetId> propagate_sets(const TensorEntries& entries, const TensorEntry& entry,
                                  std::span<const std::vector<SetId>* const> operand, IndexSets& sets) {
  if (std::ranges::all_of(operand, [](const Sets* one) { return one == nullptr; })) return Sets(size_of_result(entry));
  return Propagation(entries, entry, operand, sets).run();
}

}  // namespace wengert::detail
