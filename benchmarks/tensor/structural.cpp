// Every structural primitive of the list: at the shapes of `cases`; one that has none there, at the largest of its own
// samples. The bare kernel is a plain copy of as many elements for what moves elements, a plain loop for a sum, and
// OpenBLAS for a matrix product.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "wengert/benchmarks/tensor/row.hpp"

#if BENCH_WITH_OPENBLAS
#  include <cblas.h>
#endif

namespace tensor_benchmark {

namespace {

using Numbers = std::vector<std::int64_t>;

/// An operand: its shape, and how many positions there are if it holds some (i64), else 0.
struct Operand {
  Shape shape;
  std::int64_t positions = 0;
};
using Operands = std::vector<Operand>;

/// Operands and an attribute for about n elements.
struct Case {
  std::string_view primitive;
  Operands (*operands)(std::int64_t n);
  graph::Attribute (*attribute)(std::int64_t n);
};

std::int64_t side(std::int64_t n) { return std::llround(std::sqrt(static_cast<double>(n))); }
Operands column(std::int64_t n) { return {{Shape{n}}}; }
Operands square(std::int64_t n) { return {{Shape{side(n), side(n)}}}; }
Operands two_squares(std::int64_t n) { return {{Shape{side(n), side(n)}}, {Shape{side(n), side(n)}}}; }
Operands two_halves(std::int64_t n) { return {{Shape{n / 2}}, {Shape{n / 2}}}; }
Operands rows_by_position(std::int64_t n) { return {{Shape{side(n), side(n)}}, {Shape{side(n)}, side(n)}}; }
Operands elements_by_position(std::int64_t n) {
  return {{Shape{side(n), side(n)}}, {Shape{side(n), side(n)}, side(n)}};
}
/// One picture of four channels, about n elements; windows of 3×3 with padding, to eight channels.
std::int64_t picture(std::int64_t n) { return std::max<std::int64_t>(4, side(n / 4) / 2 * 2); }
Operands one_picture(std::int64_t n) { return {{Shape{1, 4, picture(n), picture(n)}}}; }
const Shape weight{8, 4, 3, 3};
const Numbers windows_of_3{1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
Numbers windows_of_2(std::int64_t n) {
  const std::int64_t count = picture(n) / 2;
  return {2, 2, 0, 1, count, 2, 2, 0, 1, count};
}
Numbers with(Numbers numbers, std::initializer_list<std::int64_t> more) {
  numbers.insert(numbers.end(), more);
  return numbers;
}
graph::Attribute first_axis(std::int64_t) { return Numbers{0}; }
graph::Attribute rows(std::int64_t) { return Numbers{1}; }
graph::Attribute zero(std::int64_t) { return std::int64_t{0}; }
graph::Attribute one(std::int64_t) { return std::int64_t{1}; }

const Case cases[]{
    {"broadcast", [](std::int64_t n) -> Operands { return {{Shape{side(n)}}}; },
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{side(n), side(n)};
     }},
    {"reshape", column,
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{2, n / 2};
     }},
    {"permute", square,
     [](std::int64_t) -> graph::Attribute {
       return Numbers{1, 0};
     }},
    {"slice", column,
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{0, n, 2};
     }},
    {"embed", [](std::int64_t n) -> Operands { return {{Shape{n / 2}}}; },
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{n, 0, 2};
     }},
    {"stack", two_halves, zero},
    {"concatenate", two_halves, zero},
    {"matmul", two_squares, zero},
    {"sum", column, first_axis},
    {"cumsum", column,
     [](std::int64_t) -> graph::Attribute {
       return Numbers{0, 0};
     }},
    {"prod", square, rows},
    {"prod_others", square, rows},
    {"amax", square, rows},
    {"amin", square, rows},
    {"tie_share",
     [](std::int64_t n) -> Operands {
       return {{Shape{side(n), side(n)}}, {Shape{side(n)}}};
     },
     rows},
    {"norm", square, rows},
    {"logsumexp", square, rows},
    {"softmax", square, rows},
    {"log_softmax", square, rows},
    {"argmax", square, one},
    {"argmin", square, one},
    {"argsort", square,
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{1, 0, side(n)};
     }},
    {"gather", rows_by_position, zero},
    {"scatter_add", rows_by_position,
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{0, side(n)};
     }},
    {"take_along", elements_by_position, one},
    {"scatter_add_along", elements_by_position,
     [](std::int64_t n) -> graph::Attribute {
       return Numbers{1, side(n)};
     }},
    {"conv2d",
     [](std::int64_t n) -> Operands {
       return {{Shape{1, 4, picture(n), picture(n)}}, {weight}};
     },
     [](std::int64_t) -> graph::Attribute { return windows_of_3; }},
    {"conv2d_by_input",
     [](std::int64_t n) -> Operands {
       return {{Shape{1, 8, picture(n), picture(n)}}, {weight}};
     },
     [](std::int64_t n) -> graph::Attribute {
       return with(windows_of_3, {picture(n), picture(n)});
     }},
    {"conv2d_by_weight",
     [](std::int64_t n) -> Operands {
       return {{Shape{1, 4, picture(n), picture(n)}}, {Shape{1, 8, picture(n), picture(n)}}};
     },
     [](std::int64_t) -> graph::Attribute {
       return with(windows_of_3, {3, 3});
     }},
    {"max_pool2d_positions", one_picture, [](std::int64_t n) -> graph::Attribute { return windows_of_2(n); }},
    {"avg_pool2d", one_picture, [](std::int64_t n) -> graph::Attribute { return with(windows_of_2(n), {1}); }},
    {"avg_pool2d_transposed",
     [](std::int64_t n) -> Operands {
       return {{Shape{1, 4, picture(n) / 2, picture(n) / 2}}};
     },
     [](std::int64_t n) -> graph::Attribute {
       return with(windows_of_2(n), {1, picture(n), picture(n)});
     }},
};

/// Elements between ½ and 1, all different for a while; or positions, in no order.
Tensor filled(const Type& type, std::int64_t positions) {
  const auto size = static_cast<std::size_t>(type.shape.size());
  if (!is_real(type.dtype)) {
    std::vector<std::int64_t> values(size);
    for (std::size_t i = 0; i < size; ++i)
      values[i] = positions == 0 ? 0 : static_cast<std::int64_t>(i) * 7919 % positions;
    return convert(tensor(values, type.shape), type.dtype);
  }
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = 0.5 + std::fmod(0.618033988749895 * static_cast<double>(i), 0.5);
  return convert(tensor(values, type.shape), type.dtype);
}

template <class T>
Bare bare_copy(std::int64_t count) {
  const auto from = std::make_shared<std::vector<T>>(static_cast<std::size_t>(count), T(1));
  const auto to = std::make_shared<std::vector<T>>(*from);
  const auto copy = [from, to] {
    std::memcpy(to->data(), from->data(), from->size() * sizeof(T));
    asm volatile("" : : "g"(to->data()) : "memory");
  };
  return {copy, copy};
}

template <class T>
Bare bare_sum(std::int64_t count) {
  const auto x = std::make_shared<std::vector<T>>(static_cast<std::size_t>(count), T(1));
  return {[x] {
            T parts[32] = {};
            std::size_t i = 0;
            for (; i + 32 <= x->size(); i += 32)
              for (std::size_t k = 0; k < 32; ++k) parts[k] += (*x)[i + k];
            T total = 0;
            for (const T part : parts) total += part;
            for (; i < x->size(); ++i) total += (*x)[i];
            asm volatile("" : : "g"(&total) : "memory");
          },
          {}};
}

#if BENCH_WITH_OPENBLAS
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int n, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, ta, tb, n, n, n, 1, a, n, b, n, 0, c, n);
}
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int n, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, ta, tb, n, n, n, 1, a, n, b, n, 0, c, n);
}
#endif
template <class T>
Bare bare_product([[maybe_unused]] std::int64_t n) {
#if BENCH_WITH_OPENBLAS
  const auto a = std::make_shared<std::vector<T>>(static_cast<std::size_t>(n * n), T(0.5));
  const auto c = std::make_shared<std::vector<T>>(*a), d = std::make_shared<std::vector<T>>(*a);
  const int size = static_cast<int>(n);
  return {[=] { gemm(CblasNoTrans, CblasNoTrans, size, a->data(), a->data(), c->data()); },
          [=] {
            gemm(CblasNoTrans, CblasTrans, size, a->data(), a->data(), c->data());
            gemm(CblasTrans, CblasNoTrans, size, a->data(), a->data(), d->data());
          }};
#else
  return {};
#endif
}

template <class T>
Bare bare_of(std::string_view name, std::int64_t n, std::int64_t elements) {
  if (name == "matmul") return bare_product<T>(side(n));
  if (name == "sum") return bare_sum<T>(elements);
  for (const std::string_view moves : {"broadcast", "permute", "slice", "embed", "stack", "concatenate", "gather",
                                       "scatter_add", "take_along", "scatter_add_along"})
    if (name == moves) return bare_copy<T>(elements);
  return {};
}

const Case* case_of(std::string_view name) {
  for (const Case& c : cases)
    if (c.primitive == name) return &c;
  return nullptr;
}

}  // namespace

void measure_structural(const std::vector<std::int64_t>& sizes, const Settings& settings, std::string_view only,
                        const std::function<void(const Row&)>& done) {
  ops::StructuralPrimitives::for_each([&]<class P> {
    if (!only.empty() && only != P::name) return;
    const Primitive& primitive = PrimitiveOf<P>::record;
    if (const Case* const c = case_of(P::name)) {
      for (const std::int64_t n : sizes)
        for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
          std::vector<Tensor> x;
          std::int64_t elements = 0;
          for (const Operand& operand : c->operands(n)) {
            x.push_back(filled({operand.positions == 0 ? dtype : Dtype::i64, operand.shape}, operand.positions));
            elements += operand.shape.size();
          }
          done(measure(
              primitive, x, c->attribute(n),
              dtype == Dtype::f32 ? bare_of<float>(P::name, n, elements) : bare_of<double>(P::name, n, elements),
              settings));
        }
      return;
    }
    const auto samples = P::samples();
    const ops::Sample* largest = &samples.front();
    const auto elements = [](const ops::Sample& s) {
      std::int64_t count = 0;
      for (const Type& type : s.operands) count += type.shape.size();
      return count;
    };
    for (const ops::Sample& s : samples)
      if (elements(s) > elements(*largest)) largest = &s;
    std::vector<Tensor> x;
    for (const Type& type : largest->operands) x.push_back(filled(type, 1));
    if (largest->diagonal != 0 || largest->growth != 0) {  // a matrix that has to be regular
      const Shape& shape = x[0].shape();
      std::vector<double> values = x[0].to_vector();
      const auto m = static_cast<std::size_t>(shape[shape.rank() - 2]),
                 n = static_cast<std::size_t>(shape[shape.rank() - 1]);
      for (std::size_t begin = 0; begin < values.size(); begin += m * n)
        for (std::size_t i = 0; i < std::min(m, n); ++i)
          values[begin + i * (n + 1)] += largest->diagonal + largest->growth * static_cast<double>(i);
      x[0] = convert(tensor(values, shape), x[0].dtype());
    }
    done(measure(primitive, x, largest->attribute, {}, settings));
  });
}

}  // namespace tensor_benchmark
