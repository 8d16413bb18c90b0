// A network is fooled by the order of its data: points on a parabola and points anywhere, told apart by one hidden
// layer of 3 units, which sees the same points shuffled, all random ones first, or all of the parabola first.
//
// `wengert lecture order` does it for ten seeds and draws what was learned.
#include <cstdio>
#include <memory>

#include "wengert/nn/nn.hpp"

using namespace wengert;

namespace {

// The points with coordinates of about mean 0 and deviation 1; numbers 0 and 1 as targets.
nn::Batch points(nn::PointOrder order) {
  nn::Random random(2);  // the same points in each order
  const nn::Batch drawn = nn::parabola(random, 5000, order, Dtype::f64);
  const Tensor mean = tensor({50, 4167}), deviation = tensor({29, 3190});
  return {(drawn.x - mean) / deviation, convert(drawn.y, Dtype::f64)};
}

}  // namespace

int main() {
  const auto squared_error = [](const Tensor& output, const Tensor& target) {
    const Tensor error = reshape(output, target.shape()) - target;
    return mean(error * error);
  };
  struct Row {
    nn::PointOrder order;
    const char* name;
    int lecture;
  };
  std::printf("order              lecture  here\n");
  for (const auto& [order, name, lecture] :
       {Row{nn::PointOrder::shuffled, "shuffled", 95}, Row{nn::PointOrder::random_first, "random first", 75},
        Row{nn::PointOrder::parabola_first, "parabola first", 50}}) {
    const nn::Batch data = points(order);
    nn::Random random(1);  // the same first weights
    nn::Sequential network(nn::Linear(2, 3, random, {.dtype = Dtype::f64}), nn::Sigmoid{},
                           nn::Linear(3, 1, random, {.dtype = Dtype::f64}), nn::Sigmoid{});
    // Batch after batch as the points lie, the same in every epoch.
    const nn::Loader batches(std::make_shared<nn::TensorDataset>(data), {.batch = 100, .shuffle = false});
    nn::SGD descent{{.rate = 3}};
    (void)nn::fit(network, batches, squared_error, descent, {.epochs = 60});

    const Tensor right = (reshape(network(data.x), data.y.shape()) > 0.5) == (data.y > 0.5);
    std::printf("%-18s %5d %%  %2.0f %%\n", name, lecture, 100 * mean(convert(right, Dtype::f64)).item());
  }
}
