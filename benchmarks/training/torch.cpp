// The network of `bench_training mlp` in libtorch, trained as `wengert train` does: samples per second over the whole
// set.
//
//     bench_training_torch [--epochs N] [--batch B] [--data FOLDER]
//
// 784-256-128-100-10 with relu, Adam, cross entropy; batches are drawn at random from pictures that lie in memory as
// f32. Each epoch's time is that of its steps, the gathering of batches included. Needs Debian's libtorch-dev.
#include <torch/torch.h>
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// The bytes behind the header of an IDX file.
std::vector<unsigned char> bytes_of(const std::string& path, std::size_t header) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path);
  std::vector<unsigned char> bytes, block(1 << 20);
  int count = 0;
  while ((count = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0)
    bytes.insert(bytes.end(), block.begin(), block.begin() + count);
  gzclose(file);
  if (count < 0 || bytes.size() < header) throw std::runtime_error("cannot read " + path);
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return bytes;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string folder = "/usr/share/datasets/fashion-mnist";
  std::int64_t epochs = 3, batch = 64;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string option = argv[k];
    if (option == "--epochs") epochs = std::atoll(argv[k + 1]);
    if (option == "--batch") batch = std::atoll(argv[k + 1]);
    if (option == "--data") folder = argv[k + 1];
  }
  at::set_num_threads(1);
  std::vector<unsigned char> pictures = bytes_of(folder + "/train-images-idx3-ubyte.gz", 16),
                             labels = bytes_of(folder + "/train-labels-idx1-ubyte.gz", 8);
  const auto count = static_cast<std::int64_t>(labels.size());
  const torch::Tensor x =
      (torch::from_blob(pictures.data(), {count, 784}, torch::kUInt8).to(torch::kFloat32) - 0.2860 * 255) /
      (0.3530 * 255);
  const torch::Tensor y = torch::from_blob(labels.data(), {count}, torch::kUInt8).to(torch::kInt64);

  torch::manual_seed(0);
  namespace nn = torch::nn;
  nn::Sequential network(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 100),
                         nn::ReLU(), nn::Linear(100, 10));
  torch::optim::Adam adam(network->parameters(), torch::optim::AdamOptions(1e-3));
  for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    const torch::Tensor order = torch::randperm(count);
    double sum = 0;
    for (std::int64_t at = 0; at < count; at += batch) {
      const torch::Tensor rows = order.slice(0, at, std::min(at + batch, count));
      adam.zero_grad();
      const torch::Tensor loss =
          nn::functional::cross_entropy(network->forward(x.index_select(0, rows)), y.index_select(0, rows));
      loss.backward();
      adam.step();
      sum += loss.item<double>() * static_cast<double>(rows.size(0));
    }
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    std::printf("epoch %lld: loss %.4f, %.2f s (processor %.2f s), %.0f samples per processor second\n",
                static_cast<long long>(epoch), sum / static_cast<double>(count), wall, processor,
                static_cast<double>(count) / processor);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
