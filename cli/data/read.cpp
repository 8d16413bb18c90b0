#include "wengert/cli/data/read.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wengert/cli/errors.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// f(), whose FormatError becomes a WorkError without the reader's name.
template <class F>
auto read_by(const F& f) {
  try {
    return f();
  } catch (const nn::FormatError& error) {
    const ErrorDetail& detail = error.detail();
    throw WorkError(detail.problem + (detail.expected.empty() ? "" : "; expected " + detail.expected));
  }
}

}  // namespace

Array parse_csv(std::string_view text, const std::string& name) {
  const Array table = read_by([&] { return nn::parse_csv(text, name).values; });
  const std::int64_t rows = table.shape()[0], columns = table.shape()[1];
  if (rows == 1 && columns == 1) return table.reshaped(Shape{});
  return rows == 1 || columns == 1 ? table.reshaped(Shape{table.size()}) : table;
}

Array parse_npy(std::string_view bytes, const std::string& name) {
  const Array array = read_by([&] { return nn::parse_npy(bytes, name); });
  if (array.dtype() == Dtype::i64) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    for (const std::int64_t element : array.data<std::int64_t>())
      if (element > exact || element < -exact)
        throw WorkError("'" + name + "': an integer is beyond 2^53, where doubles have gaps");
  }
  return convert(Tensor(array), Dtype::f64).value();
}

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
