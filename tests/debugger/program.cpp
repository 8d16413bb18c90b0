// What the debugger looks at: variables of every type that has a pretty-printer.
#include <cstdint>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

namespace {
volatile int sink = 0;
}

[[gnu::noinline]] void stop_here() { sink = sink + 1; }

int main() {
  Recording recording;
  const Scalar x = recording.variable(0.25, "x"), constant = 2.5;
  const Tensor t = recording.variable(tensor({1, 2, 3, 4}, Shape{2, 2}), "t"), plain = tensor({0.5});
  const Array uniform = Array::uniform({Dtype::f32, Shape{3}}, 7),
              whole = Array::from(std::vector<std::int64_t>{1, -2}, Shape{2}), none,
              unknown = Array::unknown({Dtype::f64, Shape{5}}), single = Array::scalar(1.5);
  const Shape shape{2, 3}, scalar_shape{};
  const Type type{Dtype::i32, Shape{4}};
  const Dtype dtype = Dtype::boolean;
  const std::vector<Scalar> list{x, constant};
  stop_here();
  return static_cast<int>(list.size()) - 2 + static_cast<int>(shape.rank() + scalar_shape.rank()) - 2 +
         (type.dtype == dtype ? 1 : 0) +
         static_cast<int>(uniform.size() + whole.size() + none.size() + unknown.size() + single.size() + t.size() +
                          plain.size()) -
         16;
}
