// Files that are written whole or not at all: with room for every number of bytes less than all, and killed at random.

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "temporary_folder.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"

namespace {

using namespace wengert;
using nn::file_bytes;
using nn::write_atomically;
namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

template <class F>
std::string said(const F& work) {
  try {
    work();
  } catch (const EnvironmentError& error) {
    return error.detail().problem;
  }
  return "no error";
}

/// Runs `work` in a child process; its exit status, or 1000 + the signal that ended it.
template <class F>
int in_child(const F& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

BOOST_AUTO_TEST_SUITE(atomic)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string();
  for (const std::string& text :
       {std::string("first"), std::string(100'000, 'x') + std::string(3, '\0'), std::string()}) {
    const std::vector<std::string_view> pieces{std::string_view(text).substr(0, text.size() / 2), "",
                                               std::string_view(text).substr(text.size() / 2)};
    write_atomically(path, pieces);
    BOOST_TEST((file_bytes(path) == text));
    BOOST_TEST(files_in(folder.path()) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_file_keeps_its_permissions_and_links_stay_links) {
  const test::TemporaryFolder folder;
  fs::create_directory(folder.path() / "deep");
  const fs::path target = folder.path() / "deep" / "a", link = folder.path() / "link", chain = folder.path() / "chain";
  fs::create_symlink("deep/a", link);
  fs::create_symlink(link, chain);
  write_atomically(chain.string(), "1");  // the target comes into being
  BOOST_TEST(file_bytes(target.string()) == "1");
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  write_atomically(chain.string(), "2");
  BOOST_TEST(file_bytes(target.string()) == "2");
  BOOST_TEST((fs::status(target).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  BOOST_TEST(fs::is_symlink(link));
  BOOST_TEST(fs::is_symlink(chain));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_or_read_is_named) {
  const test::TemporaryFolder folder;
  const std::string there = (folder.path() / "none" / "a").string(), itself = folder.path().string();
  BOOST_TEST(said([&] { write_atomically(there, "x"); }) == "cannot write '" + there + "': No such file or directory");
  BOOST_TEST(said([&] { write_atomically(itself, "x"); }) == "cannot write '" + itself + "': Is a directory");
  BOOST_TEST(said([&] { (void)file_bytes(there); }) == "cannot read '" + there + "': No such file or directory");
  BOOST_TEST(said([&] { (void)file_bytes(itself); }) == "cannot read '" + itself + "': Is a directory");
  const std::string path = (folder.path() / "a").string();
  write_atomically(path, "12345");
  BOOST_TEST(file_bytes(path, 5) == "12345");
  BOOST_TEST(said([&] { (void)file_bytes(path, 4); }) == "cannot read '" + path + "': it is larger than 4 bytes");
  BOOST_TEST(said([&] { (void)file_bytes("/dev/zero", 100'000); }) ==
             "cannot read '/dev/zero': it is larger than 100000 bytes");
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_written_in_place) {
  write_atomically("/dev/null", "x");
  BOOST_TEST(fs::is_character_file("/dev/null"));
  if (fs::exists("/dev/full"))
    BOOST_TEST(said([] { write_atomically("/dev/full", "x"); }) == "cannot write '/dev/full': No space left on device");
}

// The system refuses to let a file grow beyond each size in turn.
BOOST_AUTO_TEST_CASE(without_room_for_all_of_it_the_old_file_stays) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string(), before = "what was there";
  const std::string text = "what is to be there, in three pieces";
  write_atomically(path, before);
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room <= text.size(); ++room) {
      const struct rlimit limit {
        room, RLIM_INFINITY
      };
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
      const std::string_view all = text;
      const std::vector<std::string_view> pieces{all.substr(0, 11), all.substr(11, 4), all.substr(15)};
      const std::string what = said([&] { write_atomically(path, pieces); });
      const bool fits = room == text.size();
      if (what != (fits ? "no error" : "cannot write '" + path + "': File too large")) return 3;
      if (file_bytes(path) != (fits ? text : before)) return 4;
      if (files_in(folder.path()) != 1) return 5;
    }
    return 0;
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(writers_of_one_file_take_turns) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string();
  std::vector<std::jthread> writers;
  for (const char c : {'a', 'b', 'c', 'd'})
    writers.emplace_back([&path, c] {
      for (int k = 0; k < 25; ++k) write_atomically(path, std::string(20'000, c));
    });
  writers.clear();  // waits for them
  const std::string text = file_bytes(path);
  BOOST_TEST(text.size() == 20'000U);
  BOOST_TEST((text == std::string(20'000, text.front())));
  BOOST_TEST(files_in(folder.path()) == 1U);
}

// 200 children write versions of a file without end and are killed after a random time.
BOOST_AUTO_TEST_CASE(a_killed_writer_leaves_a_whole_file) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string();
  const auto version = [](std::size_t number) {
    return std::to_string(number) + ":" +
           std::string(50'000 + 977 * (number % 64), static_cast<char>('a' + number % 26));
  };
  write_atomically(path, version(0));
  std::mt19937 engine(7);
  std::size_t left_over = 0, moved = 0, last = 0;
  for (int round = 0; round < 200; ++round) {
    const pid_t child = ::fork();
    if (child == 0)
      for (std::size_t k = last + 1;; ++k) write_atomically(path, version(k));
    std::this_thread::sleep_for(std::chrono::microseconds(500 + engine() % 8000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string text = file_bytes(path);
    const std::size_t number = std::stoul(text);
    BOOST_TEST((text == version(number)));
    moved += number > last ? 1 : 0;
    last = number;
    left_over += fs::exists(path + ".tmp") ? 1 : 0;
    BOOST_TEST(files_in(folder.path()) <= 2U);
  }
  BOOST_TEST(moved > 0U);      // they did write
  BOOST_TEST(left_over > 0U);  // and were killed while they did
  write_atomically(path, "done");
  BOOST_TEST(files_in(folder.path()) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
