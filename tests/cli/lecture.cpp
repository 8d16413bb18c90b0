// `wengert lecture`: the board, byte for byte, and the lecture's numbers in it.

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "run_command.hpp"
#include "wengert/cli/lecture/network.hpp"

namespace {

using wengert::test::Outcome;
using wengert::test::run_command;
using wengert::test::TemporaryFolder;

/// The number after "<name> = … = " at the end of the line, or of the lines below it, that begin with the name.
double result_on(const std::string& board, const std::string& name) {
  auto at = board.find("\n" + name + " = ");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "no line for " << name);
  auto end = board.find('\n', at + 1);
  while (board[end + 1] == ' ') end = board.find('\n', end + 1);
  return std::stod(board.substr(board.rfind("= ", end) + 2));
}

BOOST_AUTO_TEST_SUITE(lecture)

BOOST_AUTO_TEST_CASE(numbers_of_the_slides_are_on_the_board) {
  const TemporaryFolder folder;
  const std::string board = run_command({"lecture"}, folder.path()).out;
  const std::vector<std::pair<std::string, double>> numbers{
      {"net h1", 0.3775},
      {"out h1", 0.5932699921071872},
      {"net h2", 0.3925},
      {"out h2", 0.5968843782597671},
      {"net o1", 1.1059059670597702},
      {"out o1", 0.7513650695523157},
      {"out o2", 0.7729284653214625},
      {"L", 0.2983711087600027},
      {"dL/d out o1", 0.7413650695523157},
      {"d out o1/d net o1", 0.1868156018089590},
      {"d net o1/dw5", 0.5932699921071872},
      {"dL/dw5", 0.0821670405642308},
      {"w5'", 0.3589164797178847},
  };
  for (const auto& [name, value] : numbers) {
    BOOST_TEST(result_on(board, name) == value, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(board.find("      1  0.291027773694\n") != std::string::npos);
  BOOST_TEST(board.find("   9999  3.51085481e-05\n") != std::string::npos);
  BOOST_TEST(board.find("  10000  3.51018778e-05\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(factors_multiply_to_the_gradient) {
  const std::string board = run_command({"lecture", "backprop"}, TemporaryFolder().path()).out;
  const auto close = boost::test_tools::tolerance(1e-11);  // the board shows 16 decimals of small numbers
  const auto on = [&](const std::string& name) { return result_on("\n" + board, name); };
  for (int o = 1; o <= 2; ++o) {
    const std::string out = "out o" + std::to_string(o), net = "net o" + std::to_string(o);
    for (int k = 0; k < 2; ++k) {
      const std::string w = "w" + std::to_string(2 * o + 3 + k);
      BOOST_TEST(on("dL/d" + w) == on("dL/d " + out) * on("d " + out + "/d " + net) * on("d " + net + "/d" + w), close);
    }
  }
  const double weights[2][2] = {{0.40, 0.50}, {0.45, 0.55}};  // from h1, from h2; to o1, o2
  for (int h = 1; h <= 2; ++h) {
    const std::string out = "out h" + std::to_string(h), net = "net h" + std::to_string(h);
    double sum = 0;
    for (int o = 1; o <= 2; ++o) {
      const std::string o_out = "out o" + std::to_string(o), o_net = "net o" + std::to_string(o);
      sum += on("dL/d " + o_out) * on("d " + o_out + "/d " + o_net) * weights[h - 1][o - 1];
    }
    BOOST_TEST(on("dL/d " + out) == sum, close);
    for (int k = 0; k < 2; ++k) {
      const std::string w = "w" + std::to_string(2 * h - 1 + k);
      BOOST_TEST(on("dL/d" + w) == on("dL/d " + out) * on("d " + out + "/d " + net) * on("d " + net + "/d" + w), close);
    }
  }
}

BOOST_AUTO_TEST_CASE(gradient_agrees_with_central_differences) {
  namespace network = wengert::cli::lecture;
  wengert::Recording recording;
  const network::Network n = network::record(recording, network::initial_weights);
  const wengert::Adjoints adjoints = backward(n.loss);
  constexpr double h = 1e-6;
  const auto loss_with = [](std::size_t k, double change) {
    network::Weights weights = network::initial_weights;
    weights[k] += change;
    wengert::Recording other;
    return network::record(other, weights).loss.value();
  };
  for (std::size_t k = 0; k < n.w.size(); ++k) {
    BOOST_TEST(adjoints[n.w[k]] == (loss_with(k, h) - loss_with(k, -h)) / (2 * h), boost::test_tools::tolerance(1e-6));
  }
}

BOOST_AUTO_TEST_CASE(training_takes_steps_and_a_rate) {
  const std::string board = run_command({"lecture", "train", "--steps", "3", "--rate", "0.25"}).out;
  BOOST_TEST(board.find("Training: 3 updates, learning rate 0.25\n") != std::string::npos);
  BOOST_TEST(board.find("\n      3  ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
