// Switches one mutant on in a test executable of a build with WENGERT_MUTATION, and ends it at the first failure.
//
//   WENGERT_MUTANT=list        prints the mutants that are compiled in, `name: kind`, one a line, and runs nothing
//   WENGERT_MUTANT=primitives  prints the names of the library's primitives (tests have some of their own)
//   WENGERT_MUTANT=<a line>    runs the tests with that mutant; without the variable they run as ever
//
// Exit status: `killed` at the first assertion that fails, exception that escapes, or error of memory; `missed` if the
// tests pass and the mutant was reached; `unreached` if they never came there.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert {
namespace {

constexpr int killed = 91, missed = 92, unreached = 93, unknown = 94;

void end(int status) {
  std::fflush(stdout);
  std::_Exit(status);
}

class EndsAtFirstFailure : public boost::unit_test::test_observer {
 public:
  void assertion_result(boost::unit_test::assertion_result result) override {
    if (result == boost::unit_test::AR_FAILED) die();
  }
  void exception_caught(const boost::execution_exception&) override { die(); }
  void test_unit_aborted(const boost::unit_test::test_unit&) override { die(); }
  int priority() override { return 100; }

 private:
  static void die() {
    const auto id = boost::unit_test::framework::current_test_case_id();
    std::printf("killed by %s\n", id == boost::unit_test::INV_TEST_UNIT_ID
                                      ? "a check outside the tests"
                                      : boost::unit_test::framework::current_test_case().full_name().c_str());
    end(killed);
  }
};

struct Switch {
  Switch() {
    const char* const wanted = std::getenv("WENGERT_MUTANT");
    if (wanted == nullptr) return;
    if (wanted == std::string("list")) {
      std::vector<std::string> lines;
      for (const hook::Site* s = hook::Site::first(); s != nullptr; s = s->next)
        for (const hook::Mutant m : s->mutants) lines.push_back(s->name + ": " + std::string(to_string(m)));
      std::sort(lines.begin(), lines.end());
      for (const std::string& line : lines) std::puts(line.c_str());
      end(0);
    }
    if (wanted == std::string("primitives")) {
      for (const auto& all : {elementwise_primitives(), structural_primitives()})
        for (const Primitive* p : all) std::puts(std::string(p->name).c_str());
      end(0);
    }
    for (hook::Site* s = hook::Site::first(); s != nullptr; s = s->next) {
      for (const hook::Mutant m : s->mutants) {
        if (s->name + ": " + std::string(to_string(m)) != wanted) continue;
        site = s;
        s->active = m;
      }
    }
    if (site == nullptr) end(unknown);
    boost::unit_test::framework::register_observer(observer);
  }
  ~Switch() {
    if (site != nullptr) end(site->reached ? missed : unreached);
  }
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;

  hook::Site* site = nullptr;
  EndsAtFirstFailure observer;
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Switch);

}  // namespace wengert
