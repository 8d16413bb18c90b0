/// Files that the tests compare with, byte for byte. To accept what is written now: WENGERT_ACCEPT=1 test_graph, and
/// read the difference before it is committed.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace wengert::graph::sample {

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Compares with tests/graph/drawing/<name>.
inline void check_golden(const std::string& name, const std::string& written) {
  const std::filesystem::path path = std::filesystem::path(WENGERT_SOURCE_DIR) / "tests/graph/drawing" / name;
  if (std::getenv("WENGERT_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << written;
  BOOST_TEST((written == contents(path)), name << " differs; what was written:\n" << written);
}

}  // namespace wengert::graph::sample
