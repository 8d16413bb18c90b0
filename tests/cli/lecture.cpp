// `wengert lecture`: the board, the lecture's numbers in it, and the pictures.
//
// To accept what it prints now: WENGERT_ACCEPT=1 test_cli, and read the difference before it is committed.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/cli/lecture/network.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/lecture/ulps.hpp"
#include "wengert/cli/plot/geometry.hpp"
#include "wengert/cli/plot/svg.hpp"
#include "xml.hpp"

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

/// The topics that train a network of tensors: a second or so each, so the tests run them as seldom as they can.
bool trains(std::string_view topic) {
  constexpr std::array<std::string_view, 5> names{"approximation", "order", "loop", "convolution", "memory"};
  return std::find(names.begin(), names.end(), topic) != names.end();
}

/// `wengert lecture`, once for all tests: what it prints, and its pictures.
struct Everything {
  TemporaryFolder folder;
  std::string board = run_command({"lecture"}, folder.path()).out;
};
const Everything& everything() {
  static const Everything all;
  return all;
}

BOOST_AUTO_TEST_SUITE(lecture)

BOOST_AUTO_TEST_CASE(numbers_of_the_slides_are_on_the_board) {
  const std::string board = everything().board;
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
  const TemporaryFolder folder;
  const std::string board = run_command({"lecture", "train", "--steps", "3", "--rate", "0.25"}, folder.path()).out;
  BOOST_TEST(board.find("Training: 3 updates, learning rate 0.25\n") != std::string::npos);
  BOOST_TEST(board.find("\n      3  ") != std::string::npos);
}

// --- Topics ---

/// Numbers of tensors come from kernels that are chosen for the machine: their last digits are not compared here.
std::string without_last_digits(const std::string& board) {
  const std::string rounded = std::regex_replace(board, std::regex(R"((\d\.\d{12})\d+)"), "$1…");
  return std::regex_replace(rounded, std::regex("the same bits|equal but for \\d+ units? in the last place"), "…");
}

/// Compares with tests/cli/expected/lecture_<topic>.txt.
void check_board(const std::string& topic) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command({"lecture", topic, "--no-pictures"}, folder.path());
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(std::filesystem::is_empty(folder.path()));
  const std::string path = std::string(WENGERT_SOURCE_DIR) + "/tests/cli/expected/lecture_" + topic + ".txt";
  if (std::getenv("WENGERT_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << outcome.out;
  const bool tensors = topic == "neuron" || topic == "matrix";
  const auto compared = [&](const std::string& text) { return tensors ? without_last_digits(text) : text; };
  BOOST_TEST(compared(outcome.out) == compared(wengert::test::contents(path)),
             "lecture_" << topic << ".txt differs; the command printed:\n"
                        << outcome.out);
}

nlohmann::json numbers_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"lecture", "--json", "--no-pictures"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Outcome outcome = run_command(words);
  BOOST_REQUIRE(outcome.status == 0);
  return nlohmann::json::parse(outcome.out);
}

// What convolutions and an LSTM learn depends, in the last digits, on the matrix products of the machine.
BOOST_AUTO_TEST_CASE(every_topic_to_the_letter) {
  for (const auto& topic : wengert::cli::lecture::topics())
    if (topic.name != "convolution" && topic.name != "memory") check_board(std::string(topic.name));
}

BOOST_AUTO_TEST_CASE(without_a_topic_all_follow_in_the_order_of_the_list) {
  std::size_t at = 0;
  for (const auto& topic : wengert::cli::lecture::topics()) {
    if (trains(topic.name)) continue;
    const std::string board = run_command({"lecture", std::string(topic.name), "--no-pictures"}).out;
    const std::size_t found = everything().board.find(board, at);
    BOOST_REQUIRE_MESSAGE(found != std::string::npos, topic.name << " is not where it should be");
    at = found + board.size();
  }
}

BOOST_AUTO_TEST_CASE(networks_learn) {
  const nlohmann::json pictures = numbers_of({"convolution"})["convolution"]["epochs"];
  BOOST_TEST(pictures.front()["accuracy"].get<double>() < 0.5);
  BOOST_TEST(pictures.back()["accuracy"].get<double>() > 0.97);
  const nlohmann::json sums = numbers_of({"memory"})["memory"]["steps"];
  BOOST_TEST(sums.front()["error"].get<double>() > 1.0 / 6);
  BOOST_TEST(sums.back()["error"].get<double>() < 0.01);
}

BOOST_AUTO_TEST_CASE(the_list_names_topics_and_slides) {
  const std::string list = run_command({"lecture", "--list"}).out;
  for (const char* line : {"neuron         slide 3 ", "xor            slides 6-7 ", "approximation  slide 19 ",
                           "order          slide 21 ", "loop           slide 22 ", "gradient       slides 24-26",
                           "matrix         slides 34-35", "memory         slide 36 "})
    BOOST_TEST(("\n" + list).find("\n" + std::string(line)) != std::string::npos, line << " is not in\n" << list);
  BOOST_TEST(run_command({"lecture", "--help"}).out.find(list) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unknown_topic_is_told_the_nearest) {
  const Outcome outcome = run_command({"lecture", "backprob"});
  BOOST_TEST(outcome.status == 2);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == "error: the lecture has no topic 'backprob'\n  hint: did you mean 'backprop'?\n");
  BOOST_TEST(run_command({"lecture", "transformers"}).err ==
             "error: the lecture has no topic 'transformers'\n  hint: wengert lecture --list names them\n");
}

BOOST_AUTO_TEST_CASE(numbers_of_the_slides_are_in_the_json) {
  const nlohmann::json all = numbers_of({});
  BOOST_TEST(all["schema"] == 1);
  for (const auto& topic : wengert::cli::lecture::topics())
    BOOST_TEST(!all.at(std::string(topic.name)).empty(), topic.name << " has no numbers");
  const auto close = boost::test_tools::tolerance(1e-12);
  BOOST_TEST(all["forward"]["out h1"].get<double>() == 0.5932699921071872, close);
  BOOST_TEST(all["forward"]["out o2"].get<double>() == 0.7729284653214625, close);
  BOOST_TEST(all["loss"]["L"].get<double>() == 0.2983711087600027, close);
  BOOST_TEST(all["backprop"]["dL/d out o1"].get<double>() == 0.7413650695523157, close);
  BOOST_TEST(all["backprop"]["d out o1/d net o1"].get<double>() == 0.1868156018089590, close);
  BOOST_TEST(all["backprop"]["dL/dw5"].get<double>() == 0.0821670405642308, close);
  BOOST_TEST(all["update"]["w5"]["after"].get<double>() == 0.3589164797178847, close);
  BOOST_TEST(all["update"]["loss"]["after"].get<double>() == 0.291027773694, boost::test_tools::tolerance(2e-12));
  BOOST_TEST(all["and"]["table"] == nlohmann::json::parse("[[0,0,0],[0,1,0],[1,0,0],[1,1,1]]"));
  BOOST_TEST(all["xor"]["table"] == nlohmann::json::parse("[[0,0,0],[0,1,1],[1,0,1],[1,1,0]]"));
  BOOST_TEST(all["xor"]["search"]["best"] == 3);
  BOOST_TEST(all["neuron"]["scalars"]["out"].get<double>() == 0.5932699921071872, close);
}

BOOST_AUTO_TEST_CASE(scalars_and_tensors_agree_to_the_last_bits) {
  const nlohmann::json neuron = numbers_of({"neuron"})["neuron"], matrix = numbers_of({"matrix"})["matrix"];
  const nlohmann::json forward = numbers_of({"forward"})["forward"], backprop = numbers_of({"backprop"})["backprop"];
  for (const auto& [name, number] : neuron["scalars"].items()) {
    BOOST_TEST(wengert::cli::lecture::ulps_between(number, neuron["tensors"][name]) <= 4, name);
  }
  BOOST_TEST(matrix["units in the last place beside scalars"]["values"] <= 4);
  BOOST_TEST(matrix["units in the last place beside scalars"]["slopes"] <= 16);
  BOOST_TEST(matrix["out h"][0].get<double>() == forward["out h1"].get<double>(), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(matrix["dL/dW2"][0][0].get<double>() == backprop["dL/dw5"].get<double>(),
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(wengert::cli::lecture::ulps_between(1.0, 1.0 + 3 * std::numeric_limits<double>::epsilon()) == 3);
  BOOST_TEST(wengert::cli::lecture::ulps_between(-5e-324, 5e-324) == 2);
}

BOOST_AUTO_TEST_CASE(activations_are_those_that_train) {
  const nlohmann::json numbers = numbers_of({"activations"})["activations"];
  const std::vector<double> x = numbers["x"];
  std::size_t functions = 0;
  for (const wengert::Primitive* p : wengert::elementwise_primitives()) {
    if (!numbers.contains(std::string(p->name))) continue;
    ++functions;
    const nlohmann::json& f = numbers[std::string(p->name)];
    for (std::size_t k = 0; k < x.size(); ++k) {
      wengert::Recording recording;
      const wengert::Scalar at = recording.variable(x[k]);
      const wengert::Eager operand(at);
      const wengert::Scalar y = p->record(&operand).scalar();
      BOOST_TEST(f["value"][k].get<double>() == y.value());
      BOOST_TEST(f["derivative"][k].get<double>() == backward(y)[at]);
    }
  }
  BOOST_TEST(functions == 10U);
}

BOOST_AUTO_TEST_CASE(descent_follows_the_gradient) {
  const nlohmann::json numbers = numbers_of({"gradient", "--rate", "0.05", "--steps", "7"})["gradient"];
  const nlohmann::json& steps = numbers["descent"];
  BOOST_REQUIRE(steps.size() == 8U - 1U);  // steps 0 to 5, and the last
  double x = -3, y = -1;
  const auto close = boost::test_tools::tolerance(1e-12);
  for (int step = 0; step <= 7; ++step) {
    const double by_x = 2 * x + y - 5, by_y = x + 20 * y - 3;
    if (step != 6) {
      const nlohmann::json& row = steps[static_cast<std::size_t>(step < 6 ? step : 6)];
      BOOST_TEST(row["step"] == step);
      BOOST_TEST(row["x"].get<double>() == x, close);
      BOOST_TEST(row["f"].get<double>() == x * x + x * y + 10 * y * y - 5 * x - 3 * y, close);
      BOOST_TEST(row["gradient"][1].get<double>() == by_y, close);
    }
    x -= 0.05 * by_x;
    y -= 0.05 * by_y;
  }
  // The example of the book: its first step.
  const nlohmann::json book = numbers_of({"gradient"})["gradient"]["descent"][1];
  BOOST_TEST(book["x"].get<double>() == -1.98, close);
  BOOST_TEST(book["y"].get<double>() == 1.21, close);
}

BOOST_AUTO_TEST_CASE(a_descent_that_goes_nowhere_is_told_as_it_is) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{"lecture", "gradient", "--rate", "1", "--steps", "1000"};
  const Outcome outcome = run_command(arguments, folder.path());
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.out.find("\n1000") != std::string::npos);
  BOOST_TEST(outcome.out.find("nan") != std::string::npos);
  const std::string svg = wengert::test::contents(folder.path() / "lecture_gradient.svg");
  BOOST_TEST(wengert::test::XmlJudge(svg).problem() == "");
  BOOST_TEST(svg.find("nan") == svg.npos);
  const nlohmann::json last = numbers_of({"gradient", "--rate", "1", "--steps", "1000"})["gradient"]["descent"].back();
  BOOST_TEST(last["step"] == 1000);
  BOOST_TEST(last["f"] == "nan");
}

BOOST_AUTO_TEST_CASE(jacobians_are_those_of_formulas_and_differences) {
  const nlohmann::json numbers = numbers_of({"gradient"})["gradient"];
  BOOST_TEST(numbers["jacobian"] == nlohmann::json({{12.0, 4.0}, {5.0, std::cos(3.0)}}));
  namespace network = wengert::cli::lecture;
  constexpr double h = 1e-6;
  const auto outputs = [](std::size_t k, double change) {
    network::Weights weights = network::initial_weights;
    weights[k] += change;
    wengert::Recording recording;
    const network::Network n = network::record(recording, weights);
    return std::array{n.o[0].value(), n.o[1].value()};
  };
  for (std::size_t k = 0; k < 8; ++k) {
    const auto up = outputs(k, h), down = outputs(k, -h);
    for (std::size_t o = 0; o < 2; ++o)
      BOOST_TEST(std::abs(numbers["outputs by weights"][o][k].get<double>() - (up[o] - down[o]) / (2 * h)) < 1e-9);
  }
}

// --- Pictures ---

/// The picture, and what is wrong with it.
void check_picture(const std::filesystem::path& folder, const std::string& name) {
  const std::string file = "lecture_" + name + ".svg", svg = wengert::test::contents(folder / file);
  BOOST_TEST(svg.find("</svg>") != svg.npos, file);
  if (std::filesystem::exists(folder / ("lecture_" + name + ".dot"))) return;  // drawn by Graphviz
  const wengert::test::XmlJudge judge(svg);
  BOOST_TEST(judge.problem() == "", file << ": " << judge.problem());
  BOOST_TEST(judge.texts("title").at(0) != "");
  BOOST_TEST(judge.texts("desc").at(0) != "");
  BOOST_TEST(!judge.texts("text").empty());
}

BOOST_AUTO_TEST_CASE(pictures_are_well_formed_and_the_same_each_time) {
  for (const char* theme : {"light", "dark", "print"}) {
    const TemporaryFolder folder, other;
    for (const auto& topic : wengert::cli::lecture::topics()) {
      // Tiles in every theme; trainings short.
      const bool quick = !trains(topic.name);
      if (!quick && topic.name != "memory") continue;
      std::vector<std::string> words{"lecture", std::string(topic.name), "--theme", theme};
      if (!quick) words.insert(words.end(), {"--steps", "6"});
      const std::string out = run_command(words, folder.path()).out;
      words.insert(words.end(), {"--out", other.path().string()});
      BOOST_TEST(run_command(words).status == 0);
      for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        const std::string file = entry.path().filename().string();
        BOOST_TEST(wengert::test::contents(entry.path()) == wengert::test::contents(other.path() / file));
      }
    }
    for (const char* name : {"neuron", "and", "xor", "activations", "derivative", "gradient", "optimisers", "factors",
                             "backprop", "train", "memory"})
      check_picture(folder.path(), name);
  }
}

BOOST_AUTO_TEST_CASE(every_picture_is_told_and_well_formed) {
  for (const char* name :
       {"neuron", "and", "xor", "activations", "approximation", "order", "loop", "derivative", "gradient", "optimisers",
        "factors", "backprop", "train", "filters", "excitement", "memory"}) {
    const std::string file = "lecture_" + std::string(name) + ".svg";
    BOOST_TEST(everything().board.find(": ./" + file + "\n") != std::string::npos, file << " is not told");
    check_picture(everything().folder.path(), name);
  }
}

/// Where the texts of a plot are, by the widths that the plot reckons with.
std::vector<std::pair<std::string, wengert::cli::plot::Box>> text_boxes(const std::string& svg) {
  const std::regex element(
      R"re(<text x="([-0-9.]+)" y="([-0-9.]+)" font-size="([0-9.]+)" fill="[^"]*"(?: text-anchor="(\w+)")?[^>]*>([^<]*)<)re");
  std::vector<std::pair<std::string, wengert::cli::plot::Box>> boxes;
  for (std::sregex_iterator match(svg.begin(), svg.end(), element), end; match != end; ++match) {
    const double x = std::stod((*match)[1]), y = std::stod((*match)[2]), size = std::stod((*match)[3]);
    const std::string anchor = (*match)[4], text = (*match)[5];
    const double width = wengert::cli::plot::text_width(text, size);
    const double left = anchor == "end" ? x - width : anchor == "middle" ? x - width / 2 : x;
    boxes.push_back({text, {left, y - 0.8 * size, left + width, y + 0.2 * size}});
  }
  return boxes;
}

BOOST_AUTO_TEST_CASE(texts_of_plots_neither_overlap_nor_leave_the_picture) {
  for (const char* name : {"and", "xor", "activations", "approximation", "order", "loop", "derivative", "gradient",
                           "optimisers", "train", "filters", "excitement"}) {
    const std::string svg =
        wengert::test::contents(everything().folder.path() / ("lecture_" + std::string(name) + ".svg"));
    std::smatch size;
    BOOST_REQUIRE(std::regex_search(svg, size, std::regex(R"re(viewBox="0 0 ([0-9]+) ([0-9]+)")re")));
    const wengert::cli::plot::Box picture{0, 0, std::stod(size[1]), std::stod(size[2])};
    const auto boxes = text_boxes(svg);
    BOOST_TEST(boxes.size() > 8U);
    for (std::size_t k = 0; k < boxes.size(); ++k) {
      BOOST_TEST(picture.contains(boxes[k].second), name << ": '" << boxes[k].first << "' leaves the picture");
      for (std::size_t other = 0; other < k; ++other) {
        BOOST_TEST(!boxes[k].second.overlaps(boxes[other].second),
                   name << ": '" << boxes[k].first << "' lies on '" << boxes[other].first << "'");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_step_of_heaviside_is_drawn_as_a_gap) {
  const TemporaryFolder folder;
  static_cast<void>(run_command({"lecture", "activations"}, folder.path()));
  const std::string svg = wengert::test::contents(folder.path() / "lecture_activations.svg");
  // In the first panel, the lines in the colour of the value are the halves of the step.
  const auto begin = svg.find("data-part=");
  const std::string panel = svg.substr(begin, svg.find(">heaviside</text>") - begin);
  std::vector<std::pair<double, double>> halves;
  const std::regex line("<polyline points=\"[0-9.]+,([0-9.]+) [^\"]*?,([0-9.]+)\" fill=\"none\" stroke=\"#0072b2\"");
  for (std::sregex_iterator match(panel.begin(), panel.end(), line), end; match != end; ++match)
    halves.emplace_back(std::stod((*match)[1]), std::stod((*match)[2]));
  BOOST_TEST_REQUIRE(halves.size() == 2U);
  for (const auto& [from, to] : halves) BOOST_TEST(from == to);
  BOOST_TEST(halves[0].first > halves[1].first);
}

BOOST_AUTO_TEST_CASE(without_graphviz_there_is_dot_text) {
  const TemporaryFolder folder;
  const Outcome outcome = run_command({"lecture", "neuron"}, folder.path(), "PATH=/nowhere");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.out.find("./lecture_neuron.dot (Graphviz makes a picture of it: dot -Tsvg)\n") !=
             std::string::npos);
  BOOST_TEST(wengert::test::contents(folder.path() / "lecture_neuron.dot").starts_with("digraph"));
}

BOOST_AUTO_TEST_CASE(a_picture_that_cannot_be_written_is_an_error_behind_the_text) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "lecture_and.svg");
  const Outcome outcome = run_command({"lecture", "and"}, folder.path());
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.out.find(" 1   1    1\n") != std::string::npos);
  BOOST_TEST(outcome.err == "error: cannot write './lecture_and.svg': Is a directory\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
