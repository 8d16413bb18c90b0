// What every reader must do with every file: read it, or refuse it with a place and a field, in memory bounded by its
// size.
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "peak_memory.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/format_error.hpp"

namespace wengert::test {

/// The bytes of numbers, little-endian unless told otherwise.
template <class T>
std::string raw(const std::vector<T>& values, bool big_endian = false) {
  std::string bytes;
  for (const T value : values) {
    std::string one(sizeof(T), '\0');
    std::memcpy(one.data(), &value, sizeof(T));
    if (big_endian) std::reverse(one.begin(), one.end());
    bytes += one;
  }
  return bytes;
}

/// What FormatError says: field and problem, "shape: ...". "" when nothing is thrown.
template <class F>
std::string refusal(const F& read) {
  try {
    read();
  } catch (const nn::FormatError& error) {
    const std::string problem = error.detail().problem;
    return problem.substr(problem.find(", byte ") + 2) +
           (error.detail().expected.empty() ? "" : "; expected " + error.detail().expected);
  }
  return "";
}

/// Holds `read` against hostile files; how many it refused.
class Hostile {
 public:
  /// A reader may hold `factor` bytes for each of the file, and `constant` more.
  Hostile(std::size_t factor, std::size_t constant) : factor_(factor), constant_(constant) {}

  template <class F>
  void meet(const std::string& file, const F& read) {
    ++files_;
    const PeakMemory memory;
    try {
      read(file);
    } catch (const nn::FormatError& error) {
      ++refused_;
      BOOST_TEST(error.offset() <= 2000 * file.size());  // of what was compressed
      BOOST_TEST(!error.field().empty());
      BOOST_TEST((error.detail().problem.find(error.field()) != std::string::npos));
    }  // any other error ends the test
    const std::size_t peak = memory.peak();
    worst_ = std::max(worst_, static_cast<double>(peak) / static_cast<double>(factor_ * file.size() + constant_));
    BOOST_TEST(peak <= factor_ * file.size() + constant_);
  }

  /// Every beginning of a good file.
  template <class F>
  void meet_truncations(const std::string& good, const F& read) {
    const std::size_t step = std::max<std::size_t>(1, good.size() / 400);
    for (std::size_t length = 0; length < good.size(); length += step) meet(good.substr(0, length), read);
  }
  /// Good files with random bytes changed, removed and inserted.
  template <class F>
  void meet_mutations(const std::string& good, std::size_t count, const F& read, std::uint32_t seed = 1) {
    std::mt19937 engine(seed);
    for (std::size_t k = 0; k < count; ++k) {
      std::string file = good;
      for (std::uint32_t n = 1 + engine() % 4; n > 0 && !file.empty(); --n) {
        const std::size_t at = engine() % file.size();
        switch (engine() % 4) {
          case 0:
            file.erase(at, 1 + engine() % 4);
            break;
          case 1:
            file.insert(at, 1 + engine() % 4, static_cast<char>(engine() % 256));
            break;
          default:
            file[at] = static_cast<char>(engine() % 3 == 0 ? 255 : engine() % 256);
        }
      }
      meet(file, read);
    }
  }

  [[nodiscard]] std::size_t files() const noexcept { return files_; }
  [[nodiscard]] std::size_t refused() const noexcept { return refused_; }
  /// The largest part of its bound that a file took.
  [[nodiscard]] double worst() const noexcept { return worst_; }

 private:
  std::size_t factor_, constant_;
  std::size_t files_ = 0, refused_ = 0;
  double worst_ = 0;
};

}  // namespace wengert::test
