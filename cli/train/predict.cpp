// `wengert predict`: what a network says of examples.
#include <algorithm>
#include <ostream>
#include <vector>

#include "wengert/cli/json.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/cli/train/saved.hpp"
#include "wengert/cli/train/train.hpp"
#include "wengert/nn/data/files/npy.hpp"
#include "wengert/nn/functions/activations.hpp"

namespace wengert::cli::train {
namespace {

/// Outputs for all examples, in batches: probabilities of classes, or numbers. Calls f(first example, outputs).
template <class F>
void for_each_batch(const Loaded& loaded, const Tensor& x, const F& f) {
  constexpr std::int64_t most = 256;
  const std::int64_t count = x.shape()[0];
  for (std::int64_t first = 0; first < count; first += most) {
    const Tensor batch = slice_along(x, 0, first, std::min(first + most, count));
    const Tensor y = loaded.network(batch);
    f(loaded.saved.form.classes ? nn::softmax(y) : y);
  }
}

}  // namespace

void run_predict(const PredictOptions& options, const Streams& streams) {
  const Loaded loaded = load_network(options.network, options.last);
  const DataForm& form = loaded.saved.form;
  DataOptions where = options;
  where.seed = loaded.saved.seed;
  if (where.data.empty()) where.data = form.data;
  Tensor x = load_inputs(where, form);
  if (options.first > 0 && options.first < x.shape()[0]) x = slice_along(x, 0, 0, options.first);

  std::vector<float> all;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::int64_t columns = 1;
  for_each_batch(loaded, x, [&](const Tensor& y) {
    const auto elements = y.value().dense();
    const auto numbers = elements.data<float>();
    columns = y.shape()[1];
    if (!options.out.empty()) all.insert(all.end(), numbers.begin(), numbers.end());
    for (std::size_t at = 0; at < numbers.size(); at += static_cast<std::size_t>(columns)) {
      const auto row = numbers.subspan(at, static_cast<std::size_t>(columns));
      const auto best = std::max_element(row.begin(), row.end());
      const std::string name = form.classes ? form.class_name(best - row.begin()) : "";
      if (options.json) {
        nlohmann::ordered_json one;
        if (form.classes) one["class"] = name;
        one[form.classes ? "probabilities" : "numbers"] = json_array(std::vector<double>(row.begin(), row.end()));
        list.push_back(std::move(one));
      } else if (form.classes) {
        streams.out << name << "  " << rounded(static_cast<double>(*best), 4) << "\n";
      } else {
        for (std::size_t k = 0; k < row.size(); ++k)
          streams.out << (k > 0 ? "  " : "") << rounded(static_cast<double>(row[k]), 6);
        streams.out << "\n";
      }
    }
  });
  if (!options.out.empty())
    nn::write_npy(options.out, Array::from(all, Shape{static_cast<std::int64_t>(all.size()) / columns, columns}));
  if (options.json) streams.out << json_line({{"schema", 1}, {"model", loaded.saved.model}, {"predictions", list}});
}

}  // namespace wengert::cli::train
