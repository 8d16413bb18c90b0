#include "wengert/cli/data/read.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wengert/cli/errors.hpp"

namespace wengert::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string file_contents(const std::string& path) {
  const auto fail = [&](const std::string& why) { throw WorkError("cannot read '" + path + "': " + why); };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(std::strerror(errno));
  std::string text;
  char block[1 << 16];
  while (const std::size_t read = std::fread(block, 1, sizeof block, file.get())) {
    if (text.size() + read > most_bytes) fail("it is larger than 1 GiB");
    text.append(block, read);
  }
  if (std::ferror(file.get()) != 0) fail(std::strerror(errno));
  return text;
}

Array read_array(const std::string& path) {
  const std::string text = file_contents(path);
  return text.starts_with("\x93NUMPY") ? parse_npy(text, path) : parse_csv(text, path);
}

}  // namespace wengert::cli
