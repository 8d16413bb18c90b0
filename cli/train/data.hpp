/// What a network is trained on: a set by name, a table with a target column, a pair of NPY files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "wengert/nn/data/dataset.hpp"

namespace wengert::cli::train {

/// Where examples come from.
struct DataOptions {
  std::string data;        ///< fashion-mnist, parabola, two-moons, spirals; table.csv; x.npy,y.npy
  std::string target;      ///< the column of a table that is learned
  bool classes = false;    ///< whole numbers of the target are classes
  std::uint64_t seed = 0;  ///< of sets that are generated
  std::string folder = "/usr/share/datasets/fashion-mnist";
};

/// What is known of the data besides the numbers: enough to prepare others alike.
struct DataForm {
  std::string data, target;              ///< as in DataOptions
  Shape sample;                          ///< of one example
  bool classes = true;                   ///< the target is a class; else a number
  std::int64_t outputs = 0;              ///< classes, or numbers
  std::vector<std::string> class_names;  ///< empty: 0, 1, 2 …
  std::vector<std::string> inputs;       ///< names of the columns of a table
  std::vector<double> mean, deviation;   ///< of each input of a table: it is brought to 0 and 1; empty: as it is

  [[nodiscard]] std::string class_name(std::int64_t number) const;
};
[[nodiscard]] nlohmann::ordered_json to_json(const DataForm& form);
/// Throws nlohmann::json::exception or WorkError for what is none.
[[nodiscard]] DataForm form_from(const nlohmann::ordered_json& json);

struct Data {
  DataForm form;
  nn::DatasetPointer training;
  nn::DatasetPointer test;  ///< null where the set has none of its own
  double background = 0;    ///< of pictures
};

/// Throws UsageError for options that make no sense, WorkError for files. With `known`, numbers are prepared as they
/// were for the network that this is for, whose classes and columns they must have.
[[nodiscard]] Data load(const DataOptions& options, const DataForm* known = nullptr);

/// Inputs without targets, prepared alike: of a table the columns of the network's inputs by name, or all of them if it
/// has no header; else an NPY file. A name of a set is its test part.
[[nodiscard]] Tensor load_inputs(const DataOptions& options, const DataForm& known);

}  // namespace wengert::cli::train
