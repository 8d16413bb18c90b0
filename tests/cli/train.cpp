// wengert train, eval, predict, summary: networks from texts and files, trained on small sets, kept and used.

#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/train/model.hpp"
#include "wengert/cli/train/saved.hpp"
#include "wengert/nn/data/files/npy.hpp"
#include "wengert/nn/data/files/safetensors.hpp"

namespace {

using namespace wengert;
using cli::train::build;
using cli::train::layers_of;
using test::Outcome;
using test::run_command;
using test::TemporaryFolder;
using Json = nlohmann::json;

/// The message of a UsageError or WorkError, its first line.
template <class F>
std::string said(const F& work) {
  std::string text;
  try {
    work();
  } catch (const std::runtime_error& error) {
    text = error.what();
  }
  return text.substr(0, text.find('\n'));
}

std::int64_t parameters_of(const std::string& model, const Shape& sample, std::int64_t outputs) {
  return nn::parameter_count(build(layers_of(model, outputs), sample, nn::Random(1)));
}

/// Small classes that a line divides: a table with texts as targets.
void write_table(const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "length,width,kind\n";
  for (int k = 0; k < 60; ++k) file << k << "," << (k * 7) % 13 << "," << (k < 30 ? "short" : "long") << "\n";
}

BOOST_AUTO_TEST_SUITE(train)

BOOST_AUTO_TEST_CASE(texts_become_layers) {
  BOOST_TEST(layers_of("mlp 4-3-2 tanh dropout=0.5", 2).dump() ==
             R"([{"kind":"flatten"},{"kind":"linear","out":3,"in":4},{"kind":"tanh"},)"
             R"({"kind":"dropout","probability":0.5},{"kind":"linear","out":2}])");
  BOOST_TEST(parameters_of("mlp 784-256-128-10 relu", Shape{1, 28, 28}, 10) == 235146);
  BOOST_TEST(parameters_of("lenet", Shape{1, 28, 28}, 10) == 61706);
  BOOST_TEST(parameters_of("cnn 4-8 16 batchnorm", Shape{1, 8, 8}, 3) == 36 + 8 + 288 + 16 + 32 * 16 + 16 + 51);
  BOOST_TEST(parameters_of("cnn 4-8 global", Shape{1, 8, 8}, 3) == 40 + 296 + 27);
  BOOST_TEST(parameters_of("lstm 5", Shape{1, 4, 3}, 2) == 4 * 5 * (3 + 5 + 2) + 12);
  BOOST_TEST(parameters_of("gru 5 layers=2 bidirectional", Shape{7}, 2) ==
             2 * 3 * 5 * (1 + 5 + 2) + 2 * 3 * 5 * (10 + 5 + 2) + 22);
  BOOST_TEST(parameters_of("transformer 8 heads=2 layers=1", Shape{6, 4}, 2) ==
             40 + 48 + (192 + 24 + 64 + 8) + (128 + 16 + 128 + 8) + 32 + 16 + 18);
}

BOOST_AUTO_TEST_CASE(texts_that_make_no_sense_are_told_so) {
  const auto model = [](const std::string& text) {
    return said([&] { (void)build(layers_of(text, 2), Shape{4}, nn::Random(1)); });
  };
  BOOST_TEST(model("mpl 4-2") == "no kind of model is called 'mpl'");
  BOOST_TEST(model("mlp 4-3") == "model 'mlp 4-3': it gives 3 numbers, but the data want 2");
  BOOST_TEST(model("mlp 4") ==
             "model 'mlp 4': it wants the widths from the inputs to the outputs, as in mlp 784-128-10 relu");
  BOOST_TEST(model("mlp 4-2 rely") == "model 'mlp 4-2 rely': 'rely' is not understood");
  BOOST_TEST(model("mlp 4-2 depth=3") == "model 'mlp 4-2 depth=3': 'depth=' is not understood");
  BOOST_TEST(model("mlp 4-2 dropout=2") == "model 'mlp 4-2 dropout=2': dropout is a probability from 0 to 1");
  BOOST_TEST(model("mlp 5-2") == "layer 2 (linear): it is to have 5 inputs, but 4 numbers come in");
  BOOST_TEST(model("lenet") ==
             "layer 1 (conv2d): it takes pictures [batch, channels, height, width]; what comes in has the shape [2,4]");
  BOOST_TEST(said([] {
               (void)build(Json::parse(R"([{"kind":"linear","out":2,"bais":true}])"), Shape{4}, nn::Random(1));
             }) == "layer 1 (linear): 'bais' is not understood");
  BOOST_TEST(said([] {
               (void)build(Json::parse(R"([{"kind":"linear","out":1048576},{"kind":"linear","out":1048576}])"),
                           Shape{1}, nn::Random(1));
             }) == "layer 2 (linear): it has more than 2^30 parameters");
}

BOOST_AUTO_TEST_CASE(a_toml_file_is_a_list_of_layers) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "m.toml").string();
  const auto with = [&](const std::string& text) {
    std::ofstream(path) << text;
    return said([&] { BOOST_TEST(layers_of(path, 2).dump() == R"([{"kind":"linear","out":2},{"kind":"relu"}])"); });
  };
  BOOST_TEST(with("[[layer]]\nkind = \"linear\"\nout = 2\n[[layer]]\nkind = 'relu'\n") == "");
  BOOST_TEST(with("[[layer]]\nkind = linear\n").starts_with("'" + path + "', line 2, column 8: "));
  BOOST_TEST(with("[[layers]]\n") == "'" + path + "', line 1, column 1: 'layers' is unknown; expected [[layer]]");
  BOOST_TEST(with("") == "'" + path + "' has no [[layer]]");
}

BOOST_AUTO_TEST_CASE(a_network_is_trained_kept_and_used) {
  const TemporaryFolder folder;
  write_table(folder.path() / "t.csv");
  const Outcome trained =
      run_command({"train", "t.csv", "mlp 2-8-2 tanh", "--target", "kind", "--epochs", "40", "--batch", "8", "--rate",
                   "0.02", "--quiet", "--json", "--out", "t.net", "--report", "t.html", "--log", "t.jsonl"},
                  folder.path());
  BOOST_TEST(trained.status == 0, trained.err);
  BOOST_TEST(trained.err == "");
  const Json json = Json::parse(trained.out);
  BOOST_TEST(json["parameters"] == 42);
  BOOST_TEST(json["ending"] == "epochs");
  BOOST_TEST(json["epochs"].size() == 40U);
  BOOST_TEST(json["epochs"].back()["accuracy"].get<double>() > 0.95);
  BOOST_TEST(test::contents(folder.path() / "t.html").find("</html>") != std::string::npos);
  BOOST_TEST(test::contents(folder.path() / "t.jsonl").find("\"kind\":\"epoch\"") != std::string::npos);

  // The validation part is the same again, and so is what the network says of it.
  const Outcome evaluated = run_command({"eval", "t.net", "--json"}, folder.path());
  const Json evaluation = Json::parse(evaluated.out);
  BOOST_TEST(evaluation["part"] == "validation");
  BOOST_TEST(evaluation["loss"].get<double>() == json["epochs"].back()["validation"]["loss"].get<double>());

  std::ofstream(folder.path() / "new.csv") << "length,width\n2,5\n57,3\n";
  BOOST_TEST(run_command({"predict", "t.net", "new.csv", "--json"}, folder.path()).out.find("\"class\":\"short\"") !=
             std::string::npos);
  const Outcome predicted = run_command({"predict", "t.net", "new.csv", "--out", "p.npy"}, folder.path());
  BOOST_TEST(predicted.out.starts_with("short  "), predicted.out);
  BOOST_TEST(predicted.out.find("\nlong  ") != std::string::npos, predicted.out);
  BOOST_TEST(std::filesystem::exists(folder.path() / "p.npy"));
  BOOST_TEST(run_command({"summary", "t.net"}, folder.path()).out.find("Linear") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_interrupted_training_goes_on_bit_for_bit) {
  const TemporaryFolder folder;
  const auto train = [&](const std::string& checkpoints, const std::string& epochs, const std::string& out,
                         bool resume) {
    std::vector<std::string> arguments{
        "train", "two-moons", "mlp 2-8-2 tanh dropout=0.1", "--epochs", epochs, "--quiet", "--checkpoint", checkpoints,
        "--out", out};
    if (resume) arguments.emplace_back("--resume");
    return run_command(arguments, folder.path());
  };
  BOOST_TEST(train("whole", "4", "whole.net", false).status == 0);
  BOOST_TEST(train("parts", "2", "part.net", false).status == 0);
  BOOST_TEST(train("parts", "4", "x.net", false).err.find("--resume goes on from them") != std::string::npos);
  BOOST_TEST(train("parts", "4", "parts.net", true).status == 0);
  BOOST_TEST((test::contents(folder.path() / "whole.net") == test::contents(folder.path() / "parts.net")));
  BOOST_TEST((test::contents(folder.path() / "whole.net") != test::contents(folder.path() / "part.net")));
  BOOST_TEST(run_command({"eval", "parts", "--last"}, folder.path()).status == 0);
}

BOOST_AUTO_TEST_CASE(the_first_interrupt_ends_with_130_and_a_checkpoint) {
  const TemporaryFolder folder;
  // The training would take for ever; the signal comes when its first checkpoint is there.
  std::ofstream(folder.path() / "script")
      << "set -m\n"
      << test::shell_quoted(WENGERT_COMMAND)
      << " train two-moons 'mlp 2-4-2' --epochs 1000000 --quiet --checkpoint run >out 2>err &\n"
         "for k in $(seq 600); do [ -e run/best.safetensors ] && break; sleep 0.1; done\n"
         "kill -INT $!\nwait $!\nexit $?\n";
  const int status = std::system(("cd " + folder.path().string() + " && bash script 2>/dev/null").c_str());
  BOOST_TEST(WEXITSTATUS(status) == 130);
  BOOST_TEST(test::contents(folder.path() / "out").find("interrupted") != std::string::npos);
  BOOST_TEST(run_command({"eval", "run", "--last"}, folder.path()).status == 0);
}

/// Eight-by-eight pictures of two classes: a bright left or a bright right half.
void write_pictures(const std::filesystem::path& folder) {
  const std::int64_t n = 80;
  std::vector<float> pixels;
  std::vector<std::int64_t> classes;
  for (std::int64_t k = 0; k < n; ++k) {
    classes.push_back(k % 2);
    for (std::int64_t place = 0; place < 64; ++place)
      pixels.push_back((place % 8 < 4) == (k % 2 == 0) ? 1.0F : static_cast<float>((k * 5 + place) % 7) / 20);
  }
  nn::write_npy((folder / "x.npy").string(), Array::from(pixels, Shape{n, 1, 8, 8}));
  nn::write_npy((folder / "y.npy").string(), Array::from(classes, Shape{n}));
}

BOOST_AUTO_TEST_CASE(labels_are_smoothed_in_training_alone) {
  const TemporaryFolder folder;
  write_pictures(folder.path());
  const auto trained = [&](std::vector<std::string> options) {
    std::vector<std::string> arguments{"train",   "x.npy,y.npy", "mlp 64-8-2", "--epochs", "20",    "--rate", "0.02",
                                       "--batch", "10",          "--quiet",    "--json",   "--out", "p.net"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = run_command(arguments, folder.path());
    BOOST_TEST(outcome.status == 0, outcome.err);
    return Json::parse(outcome.out)["epochs"].back();
  };
  const auto evaluated = [&] {
    return Json::parse(run_command({"eval", "p.net", "--json"}, folder.path()).out)["loss"].get<double>();
  };
  const double plain = trained({})["validation"]["loss"];
  BOOST_TEST(plain == evaluated());
  BOOST_TEST(plain < 0.02);
  // The least that is left of a label smoothed by 0.2 between two classes: the entropy of 0.9 and 0.1.
  const Json smoothed = trained({"--smoothing", "0.2"});
  BOOST_TEST(smoothed["validation"]["loss"].get<double>() > 0.325);
  BOOST_TEST(smoothed["validation"]["accuracy"] == 1.0);
  const double confidence = evaluated();  // -ln 0.9 = 0.105
  BOOST_TEST((confidence > 0.05 && confidence < 0.2), confidence);
}

BOOST_AUTO_TEST_CASE(biases_do_not_decay) {
  const TemporaryFolder folder;
  // Steps of a millionth each, so that nothing but the decay is seen: (1 - 1e-6 * 1000)^1160 = 0.31.
  const auto norms = [&](const std::string& decay) {
    const Outcome outcome = run_command({"train", "two-moons", "mlp 2-4-2", "--epochs", "40", "--rate", "1e-6",
                                         "--optimiser", "adamw", "--weight-decay", decay, "--quiet", "--out", "n"},
                                        folder.path());
    BOOST_TEST(outcome.status == 0, outcome.err);
    std::map<std::string, double> sums;
    for (const nn::NamedTensor& one : nn::read_safetensors((folder.path() / "n").string()))
      sums[one.name] = sum(abs(one.value)).item();
    return sums;
  };
  auto plain = norms("1e-6"), decayed = norms("1000");
  for (const char* name : {"1.weight", "3.weight"}) BOOST_TEST(std::abs(decayed[name] / plain[name] - 0.31) < 0.02);
  for (const char* name : {"1.bias", "3.bias"}) {
    BOOST_TEST(plain[name] > 0.1);
    BOOST_TEST(std::abs(decayed[name] - plain[name]) < 0.01);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_said) {
  const TemporaryFolder folder;
  write_table(folder.path() / "t.csv");
  const auto err = [&](std::vector<std::string> arguments, int status) {
    const Outcome outcome = run_command(arguments, folder.path());
    BOOST_TEST(outcome.status == status, outcome.err);
    return outcome.err.substr(0, outcome.err.find('\n'));
  };
  BOOST_TEST(err({"train", "t.csv", "mlp 2-2"}, 2) ==
             "error: --target names the column of 't.csv' that is to be learned");
  BOOST_TEST(err({"train", "t.csv", "mlp 2-2", "--target", "x"}, 1) ==
             "error: 't.csv' has no column 'x'; expected one of 'length', 'width', 'kind'");
  BOOST_TEST(err({"train", "t.csv", "mlp 2-3", "--target", "kind"}, 2) ==
             "error: model 'mlp 2-3': it gives 3 numbers, but the data want 2");
  BOOST_TEST(err({"train", "two-moons", "mlp 2-2", "--resume"}, 2) == "error: --resume goes with --checkpoint FOLDER");
  BOOST_TEST(err({"train", "two-moons", "mlp 2-2", "--flip"}, 2) == "error: --flip and --shift are for pictures");
  std::ofstream(folder.path() / "numbers.csv") << "a,b\n1,2\n3,5\n4,6\n";
  BOOST_TEST(err({"train", "numbers.csv", "mlp 1-1", "--target", "b", "--validation", "0", "--smoothing", "0.1"}, 2) ==
             "error: --smoothing is for classes");
  const Outcome burst =
      run_command({"train", "two-moons", "mlp 2-8-2", "--rate", "1e6", "--optimiser", "sgd", "--quiet"});
  BOOST_TEST(burst.status == 1);
  BOOST_TEST(burst.err.find("\nerror: the training ended: the loss is ") != std::string::npos, burst.err);
  BOOST_TEST(err({"eval", "t.csv"}, 1).starts_with("error: 't.csv', byte "));
  BOOST_TEST(err({"summary", "lenet"}, 2) == "error: --input says what one example is: --input 784, --input 1x28x28");
}

BOOST_AUTO_TEST_CASE(a_step_of_training_is_drawn) {
  const Outcome drawn = run_command({"graph", "--model", "mlp 2-3-2 tanh", "--input", "2"});
  BOOST_TEST(drawn.status == 0, drawn.err);
  for (const char* part : {"digraph", "1.weight", "3.bias", "Linear", "Tanh", "matmul"})
    BOOST_TEST(drawn.out.find(part) != std::string::npos, part);
  BOOST_TEST(drawn.out.find("log_softmax") != std::string::npos);
  const Outcome numbers =
      run_command({"graph", "--model", "mlp 2-3-1", "--input", "2", "--outputs", "1", "--loss", "squared-error"});
  BOOST_TEST(numbers.status == 0, numbers.err);
  BOOST_TEST(numbers.out.find("log_softmax") == std::string::npos);
  BOOST_TEST(numbers.out.find("digraph") != std::string::npos);
  BOOST_TEST(run_command({"graph", "x^2", "--model", "mlp 2-3-2"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_hostile_network_is_refused) {
  const TemporaryFolder folder;
  BOOST_TEST(run_command({"train", "two-moons", "mlp 2-4-2", "--epochs", "1", "--quiet", "--out", "n"}, folder.path())
                 .status == 0);
  const std::string good = test::contents(folder.path() / "n");
  const std::string path = (folder.path() / "bad").string();
  std::size_t refused = 0;
  for (std::size_t at = 8; at < good.size(); at += 7) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x11);
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      (void)cli::train::load_network(path);
    } catch (const cli::WorkError&) {  // any other error ends the test
      ++refused;
    }
  }
  BOOST_TEST(refused > 50U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
