#include "wengert/nn/data/files/bytes.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert::nn {
namespace {

/// A system call, again as long as a signal breaks it off.
template <class F>
auto retried(const F& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  /// Closes it; false when the system says now that something was not written.
  [[nodiscard]] bool close() noexcept { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

/// What a failed system call is reported as.
struct Failure {
  const char* operation;
  std::string what;  // "cannot read 'a'"
  std::source_location where;
  [[noreturn]] void operator()(int error) const { (*this)(std::strerror(error)); }
  [[noreturn]] void operator()(const std::string& why) const {
    throw EnvironmentError{{.operation = operation, .problem = what + ": " + why, .where = where}};
  }
};

bool write_all(const File& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        retried([&] { return ::write(file.get(), bytes.data(), std::min(bytes.size(), std::size_t{1} << 30)); });
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The file at `path`, opened to be written by nobody else until it is closed. None, and errno, when that is not
/// possible.
File locked(const std::string& path, mode_t mode) {
  for (;;) {
    File file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode);
    if (!file || retried([&] { return ::flock(file.get(), LOCK_EX); }) != 0) return file;
    // Whoever held the lock before has renamed or removed the file by now: then this is not the file at `path`.
    struct stat ours {
    }, there{};
    if (::fstat(file.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
        ours.st_dev == there.st_dev)
      return file;
  }
}

/// Where `path` leads to through links, which need not exist.
std::string target_of(const std::string& path) {
  std::filesystem::path target = path;
  for (int links = 0; links < 40; ++links) {
    std::error_code failure;
    const auto next = std::filesystem::read_symlink(target, failure);
    if (failure) break;
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target.string();
}

}  // namespace

std::string file_bytes(const std::string& path, std::size_t most, std::source_location where) {
  const Failure fail{"read", "cannot read '" + path + "'", where};
  const auto check_size = [&](std::size_t size) {
    if (size > most) fail("it is larger than " + std::to_string(most) + " bytes");
  };
  const File file(path, O_RDONLY);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) fail(errno);
  std::string bytes;
  std::size_t size = 0;
  if (S_ISREG(status.st_mode)) {
    check_size(static_cast<std::size_t>(status.st_size));
    bytes.resize(static_cast<std::size_t>(status.st_size));
  }
  // One byte more than is expected is asked for, to see the end.
  for (char beyond;;) {
    const bool full = size == bytes.size();
    char* const to = full ? &beyond : bytes.data() + size;
    const std::size_t room = full ? 1 : bytes.size() - size;
    const ssize_t got = retried([&] { return ::read(file.get(), to, std::min(room, std::size_t{1} << 30)); });
    if (got < 0) fail(errno);
    if (got == 0) break;
    check_size(size + static_cast<std::size_t>(got));
    if (full) {
      bytes.resize(std::max<std::size_t>(2 * size, 4096));
      bytes[size] = beyond;
    }
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

void write_atomically(const std::string& path, std::span<const std::string_view> pieces, std::source_location where) {
  const Failure fail{"write", "cannot write '" + path + "'", where};
  const auto all_written = [&](const File& file) {
    return std::all_of(pieces.begin(), pieces.end(), [&](std::string_view piece) { return write_all(file, piece); });
  };
  const std::string target = target_of(path);
  struct stat before {};
  const bool replaces = ::stat(target.c_str(), &before) == 0;
  if (!replaces && errno != ENOENT) fail(errno);
  if (replaces && S_ISDIR(before.st_mode)) fail(EISDIR);
  if (replaces && !S_ISREG(before.st_mode)) {
    File file(target, O_WRONLY);
    if (!file || !all_written(file) || !file.close()) fail(errno);
    return;
  }

  const std::string temporary = target + ".tmp";
  File file = locked(temporary, 0666);
  if (!file) fail(errno);
  const auto give_up = [&](int error) {
    ::unlink(temporary.c_str());
    fail(error);
  };
  if (::ftruncate(file.get(), 0) != 0) give_up(errno);
  if (replaces && ::fchmod(file.get(), before.st_mode & 07777) != 0) give_up(errno);
  if (!all_written(file) || ::fsync(file.get()) != 0) give_up(errno);
  if (::rename(temporary.c_str(), target.c_str()) != 0) give_up(errno);
  // The name is on the disk once the folder is; some file systems do not sync folders, and say so by EINVAL.
  const std::filesystem::path parent = std::filesystem::path(target).parent_path();
  const File folder(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  if (!folder || (::fsync(folder.get()) != 0 && errno != EINVAL)) fail(errno);
  if (!file.close()) fail(errno);
}

void write_atomically(const std::string& path, std::string_view bytes, std::source_location where) {
  write_atomically(path, std::span(&bytes, 1), where);
}

}  // namespace wengert::nn
