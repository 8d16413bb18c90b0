#include "wengert/cli/train/data.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "wengert/cli/errors.hpp"
#include "wengert/nn/data/files/csv.hpp"
#include "wengert/nn/data/files/idx.hpp"
#include "wengert/nn/data/files/npy.hpp"
#include "wengert/nn/data/generators.hpp"

namespace wengert::cli::train {
namespace {

/// Errors of readers as WorkErrors.
template <class F>
auto reading(const F& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw WorkError(error.detail().problem +
                    (error.detail().expected.empty() ? "" : "; expected " + error.detail().expected));
  }
}

Shape sample_of(const Shape& all) { return Shape(all.extents().subspan(1)); }

/// Elements in f32, each changed by `f(element, position in the example)`.
template <class F>
Tensor as_f32(const Array& array, const Shape& shape, const F& f) {
  Array result = Array::uninitialised({Dtype::f32, shape});
  const std::int64_t each = std::max<std::int64_t>(1, shape.rank() == 0 || shape[0] == 0 ? 1 : shape.size() / shape[0]);
  with_element_type(array.dtype(), [&]<class T>(std::type_identity<T>) {
    float* to = result.mutable_data<float>().data();
    std::int64_t k = 0;
    for (const T element : array.data<T>()) *to++ = static_cast<float>(f(static_cast<double>(element), k++ % each));
  });
  return Tensor(std::move(result));
}
Tensor as_f32(const Array& array, const Shape& shape) {
  return as_f32(array, shape, [](double element, std::int64_t) { return element; });
}

/// Whole numbers from 0 up as classes.
Tensor as_classes(const Array& array, const std::string& name, std::int64_t& classes) {
  Array result = Array::uninitialised({Dtype::i64, array.shape()});
  std::int64_t* to = result.mutable_data<std::int64_t>().data();
  for (std::int64_t k = 0; k < array.size(); ++k) {
    const double element = array.element(k);
    if (!(element >= 0 && element < 1e6) || element != std::floor(element))
      throw WorkError("'" + name + "': the target " + std::to_string(element) + " is no class; expected 0, 1, 2 …");
    *to++ = static_cast<std::int64_t>(element);
    classes = std::max(classes, to[-1] + 1);
  }
  return Tensor(std::move(result));
}

Data whole(DataForm form, const Tensor& x, const Tensor& y) {
  form.sample = sample_of(x.shape());
  return {std::move(form), std::make_shared<nn::TensorDataset>(x, y), nullptr};
}

/// Mean and deviation of each column.
void measure(const Array& table, DataForm& form) {
  const std::int64_t rows = table.shape()[0], columns = table.shape()[1];
  form.mean.assign(static_cast<std::size_t>(columns), 0.0);
  form.deviation = form.mean;
  const auto for_each = [&](const auto& f) {
    for (std::int64_t k = 0; k < rows * columns; ++k) f(static_cast<std::size_t>(k % columns), table.element(k));
  };
  for_each([&](std::size_t c, double x) { form.mean[c] += x / static_cast<double>(rows); });
  for_each(
      [&](std::size_t c, double x) { form.deviation[c] += std::pow(x - form.mean[c], 2) / static_cast<double>(rows); });
  for (double& d : form.deviation) d = d > 0 ? std::sqrt(d) : 1.0;
}
Tensor prepared(const Array& table, const DataForm& form, const std::string& name) {
  if (table.shape()[1] != static_cast<std::int64_t>(form.mean.size()))
    throw WorkError("'" + name + "' has " + std::to_string(table.shape()[1]) + " inputs; expected " +
                    std::to_string(form.mean.size()));
  return as_f32(table, table.shape(), [&](double x, std::int64_t c) {
    const auto k = static_cast<std::size_t>(c);
    return (x - form.mean[k]) / form.deviation[k];
  });
}

// --- Sets by name

// Of the pixels of the training pictures, whose values are 0 to 1.
constexpr double pixel_mean = 0.2860, pixel_deviation = 0.3530;

nn::DatasetPointer fashion_mnist_part(const std::string& folder, const std::string& part) {
  const std::string path = folder + "/" + part;
  const Array images = nn::read_idx(path + "-images-idx3-ubyte.gz"),
              labels = nn::read_idx(path + "-labels-idx1-ubyte.gz");
  if (images.rank() != 3 || labels.rank() != 1 || images.shape()[0] != labels.shape()[0])
    throw WorkError("'" + path + "-…' are not pictures and their classes");
  const Shape shape{images.shape()[0], 1, images.shape()[1], images.shape()[2]};
  const Tensor x =
      as_f32(images, shape, [](double p, std::int64_t) { return (p / 255 - pixel_mean) / pixel_deviation; });
  std::int64_t classes = 0;
  return std::make_shared<nn::TensorDataset>(x, as_classes(labels, path, classes));
}

Data fashion_mnist(const DataOptions& options, bool with_training) {
  Data data;
  data.form.classes = true;
  data.form.outputs = 10;
  data.form.sample = Shape{1, 28, 28};
  data.background = -pixel_mean / pixel_deviation;
  data.form.class_names = {"T-shirt", "trouser", "pullover", "dress", "coat",
                           "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
  try {
    data.test = fashion_mnist_part(options.folder, "t10k");
    if (with_training) data.training = fashion_mnist_part(options.folder, "train");
  } catch (const EnvironmentError& error) {
    throw WorkError(error.detail().problem + "\n  hint: Debian has it: apt-get install dataset-fashion-mnist");
  }
  return data;
}

/// A generated set: points of the plane in classes, brought to mean 0 and deviation 1.
Data points(const nn::Batch& batch, std::int64_t classes, const DataForm* known) {
  DataForm form = known != nullptr ? *known : DataForm{};
  if (known == nullptr) {
    measure(batch.x.value(), form);
    form.inputs = {"x", "y"};
    form.outputs = classes;
  }
  return whole(form, prepared(batch.x.value(), form, "points"), batch.y);
}

bool is_npy(const std::string& path) { return path.ends_with(".npy"); }

// --- Files

Data npy_pair(const DataOptions& options, const DataForm* known) {
  const std::size_t comma = options.data.find(',');
  const std::string x_path = options.data.substr(0, comma), y_path = options.data.substr(comma + 1);
  const Array x = reading([&] { return nn::read_npy(x_path); }), y = reading([&] { return nn::read_npy(y_path); });
  if (x.rank() < 2)
    throw WorkError("'" + x_path + "' has the shape " + to_string(x.shape()) +
                    "; expected an axis of examples and one of numbers at least");
  if (y.rank() < 1 || y.rank() > 2 || y.shape()[0] != x.shape()[0])
    throw WorkError("'" + y_path + "' has the shape " + to_string(y.shape()) + "; expected " +
                    std::to_string(x.shape()[0]) + " targets");
  DataForm form = known != nullptr ? *known : DataForm{};
  if (known == nullptr) {
    form.classes = options.classes || !is_real(y.dtype());
    form.outputs = form.classes ? 0 : y.rank() == 2 ? y.shape()[1] : 1;
  }
  if (form.classes && y.rank() != 1)
    throw WorkError("'" + y_path + "' has the shape " + to_string(y.shape()) + "; expected a class for each example");
  std::int64_t classes = 0;
  const Tensor target =
      form.classes ? as_classes(y, y_path, classes) : as_f32(y, Shape{y.shape()[0], y.rank() == 2 ? y.shape()[1] : 1});
  if (known == nullptr && form.classes) form.outputs = classes;
  if (classes > form.outputs) throw WorkError("'" + y_path + "' has classes that the network does not know");
  return whole(std::move(form), as_f32(x, x.shape()), target);
}

Data table(const DataOptions& options, const DataForm* known) {
  const std::string target = !options.target.empty() ? options.target : known != nullptr ? known->target : "";
  if (target.empty()) throw UsageError("--target names the column of '" + options.data + "' that is to be learned");
  const nn::CsvWithTarget csv = reading([&] { return nn::read_csv_with_target(options.data, target); });
  DataForm form = known != nullptr ? *known : DataForm{};
  if (known == nullptr) {
    form.inputs = csv.names;
    form.class_names = csv.classes;
    form.classes = options.classes || !csv.classes.empty();
    form.outputs = form.classes ? static_cast<std::int64_t>(csv.classes.size()) : 1;
    measure(csv.inputs, form);
  }
  const Tensor x = prepared(csv.inputs, form, options.data);
  if (!form.classes) {
    if (!csv.classes.empty()) throw WorkError("'" + options.data + "': the target holds texts; expected numbers");
    return whole(std::move(form), x, as_f32(csv.target, Shape{csv.target.size(), 1}));
  }
  // The network's own numbering counts, whatever classes this file has.
  std::int64_t classes = 0;
  Tensor y;
  if (csv.classes.empty()) {
    y = as_classes(csv.target, options.data, classes);
  } else {
    Array numbers = Array::uninitialised({Dtype::i64, csv.target.shape()});
    std::int64_t* to = numbers.mutable_data<std::int64_t>().data();
    for (const std::int64_t place : csv.target.data<std::int64_t>()) {
      const std::string& name = csv.classes[static_cast<std::size_t>(place)];
      const auto found = std::find(form.class_names.begin(), form.class_names.end(), name);
      if (found == form.class_names.end())
        throw WorkError("'" + options.data + "': the network knows no class '" + name + "'");
      *to++ = found - form.class_names.begin();
    }
    y = Tensor(std::move(numbers));
  }
  if (known == nullptr && csv.classes.empty()) form.outputs = classes;
  if (classes > form.outputs) throw WorkError("'" + options.data + "' has classes that the network does not know");
  return whole(std::move(form), x, y);
}

Data load_any(const DataOptions& options, const DataForm* known, bool with_training) {
  nn::Random random(options.seed);
  if (options.data == "fashion-mnist") return reading([&] { return fashion_mnist(options, with_training); });
  if (options.data == "parabola") return points(nn::parabola(random), 2, known);
  if (options.data == "two-moons") return points(nn::two_moons(random, 2000), 2, known);
  if (options.data == "spirals") return points(nn::spirals(random, 2000), 2, known);
  if (options.data.find(',') != std::string::npos) return npy_pair(options, known);
  if (is_npy(options.data)) throw UsageError("two NPY files are wanted, inputs and targets: x.npy,y.npy");
  return table(options, known);
}

}  // namespace

std::string DataForm::class_name(std::int64_t number) const {
  const auto k = static_cast<std::size_t>(number);
  return k < class_names.size() ? class_names[k] : std::to_string(number);
}

nlohmann::ordered_json to_json(const DataForm& form) {
  const auto extents = form.sample.extents();
  return {{"data", form.data},
          {"target", form.target},
          {"sample", std::vector<std::int64_t>(extents.begin(), extents.end())},
          {"classes", form.classes},
          {"outputs", form.outputs},
          {"class_names", form.class_names},
          {"inputs", form.inputs},
          {"mean", form.mean},
          {"deviation", form.deviation}};
}

DataForm form_from(const nlohmann::ordered_json& json) {
  DataForm form;
  json.at("data").get_to(form.data);
  json.at("target").get_to(form.target);
  const auto extents = json.at("sample").get<std::vector<std::int64_t>>();
  try {
    form.sample = Shape(std::span<const std::int64_t>(extents));
  } catch (const Error&) {
    throw WorkError("the shape of an example makes no sense");
  }
  if (form.sample.size() > (std::int64_t{1} << 28)) throw WorkError("an example has more than 2^28 numbers");
  json.at("classes").get_to(form.classes);
  json.at("outputs").get_to(form.outputs);
  json.at("class_names").get_to(form.class_names);
  json.at("inputs").get_to(form.inputs);
  json.at("mean").get_to(form.mean);
  json.at("deviation").get_to(form.deviation);
  if (form.mean.size() != form.deviation.size()) throw WorkError("means and deviations are not as many");
  return form;
}

Data load(const DataOptions& options, const DataForm* known) {
  Data data = load_any(options, known, known == nullptr);
  data.form.data = options.data;
  if (known == nullptr) data.form.target = options.target;
  const nn::DatasetPointer& any = data.training != nullptr ? data.training : data.test;
  if (any->size() == 0) throw WorkError("'" + options.data + "' has no examples");
  if (known != nullptr && to_string(data.form.sample) != to_string(known->sample))
    throw WorkError("an example of '" + options.data + "' has the shape " + to_string(data.form.sample) +
                    "; expected " + to_string(known->sample));
  if (data.form.outputs < 1) throw WorkError("'" + options.data + "' has nothing to learn");
  return data;
}

Tensor load_inputs(const DataOptions& options, const DataForm& known) {
  if (is_npy(options.data) && options.data.find(',') == std::string::npos) {
    const Array x = reading([&] { return nn::read_npy(options.data); });
    if (x.rank() == 0 || to_string(sample_of(x.shape())) != to_string(known.sample))
      throw WorkError("'" + options.data + "' has the shape " + to_string(x.shape()) + "; expected examples of " +
                      to_string(known.sample));
    return as_f32(x, x.shape());
  }
  if (options.data.ends_with(".csv") && !known.mean.empty()) {
    // The target may be there too, and be a text.
    const std::string& target = known.target;
    std::vector<std::string> names;
    Array values;
    const auto without_target = [&] {
      const nn::Csv csv = reading([&] { return nn::read_csv(options.data); });
      names = csv.names;
      values = csv.values;
    };
    if (target.empty()) {
      without_target();
    } else {
      try {
        const nn::CsvWithTarget csv = nn::read_csv_with_target(options.data, target);
        names = csv.names;
        values = csv.inputs;
      } catch (const ArgumentError&) {  // no such column
        without_target();
      } catch (const Error& error) {
        throw WorkError(error.detail().problem);
      }
    }
    if (!names.empty() && names != known.inputs)
      throw WorkError("'" + options.data +
                      "' does not have the columns that the network was trained with, in their order");
    return prepared(values, known, options.data);
  }
  const Data data = load(options, &known);
  return nn::all_of(data.test != nullptr ? *data.test : *data.training).x;
}

}  // namespace wengert::cli::train
