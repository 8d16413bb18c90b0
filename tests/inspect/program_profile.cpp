// Profiles of programs: the steps of their own runs, timed, and what is told and written of them.
#include <cmath>

#include <sstream>
#include <string>
#include <vector>

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/inspect/profile.hpp"

namespace {

using namespace wengert;
using Tree = boost::property_tree::ptree;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Two layers and a step of gradient descent, whose weights are a state.
struct Training {
  Recording r;
  Tensor x, w, v, loss;
  std::vector<Tensor> outputs;
  Training() {
    std::vector<double> numbers(64 * 64);
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = 0.1 * std::sin(static_cast<double>(k));
    x = r.variable(tensor(numbers, Shape{64, 64}), "x");
    w = r.variable(tensor(numbers, Shape{64, 64}), "w");
    v = r.variable(tensor(numbers, Shape{64, 64}), "v");
    Tensor h;
    {
      const auto scope = r.scope("first");
      h = tanh(matmul(x, w));
    }
    {
      const auto scope = r.scope("second");
      h = exp(matmul(h, v));
    }
    loss = mean(square(h));
    const std::vector<Tensor> slopes = gradient(loss, std::vector{w, v});
    outputs = {loss, w - 0.1 * slopes[0], slopes[1]};
  }
  [[nodiscard]] Program program(const ProgramOptions& options = {}) const {
    return Program(r, {x, w, v}, {outputs[0], outputs[1], outputs[2]}, options);
  }
  void give(Program::Workspace& workspace) const {
    workspace.set(0, x);
    workspace.set(1, w);
    workspace.set(2, v);
  }
  [[nodiscard]] Profile profile_of_three_runs() const {
    const Program trained = program();
    Program::Workspace workspace(trained);
    give(workspace);
    workspace.time_steps();
    for (int k = 0; k < 3; ++k) trained.run(workspace);
    return profile(trained, workspace);
  }
};

double seconds_of(const std::vector<ProfileRow>& rows) {
  double sum = 0;
  for (const ProfileRow& row : rows) sum += row.forward + row.backward;
  return sum;
}

BOOST_AUTO_TEST_SUITE(program_profiles)

BOOST_AUTO_TEST_CASE(steps_scopes_and_lines_of_a_training_step) {
  const Training t;
  const Program program = t.program({.states = {{.input = 1, .output = 1}}});
  Program::Workspace workspace(program);
  t.give(workspace);
  workspace.time_steps();
  for (int k = 0; k < 7; ++k) program.run(workspace);
  const Profile p = profile(program, workspace);
  BOOST_TEST(p.rounds == 7U);
  BOOST_TEST_REQUIRE(p.steps.size() == program.steps().size());
  BOOST_TEST_REQUIRE(workspace.step_times().size() == p.steps.size() + 1);
  double all = 0;
  std::size_t products = 0, groups = 0;
  for (std::size_t k = 0; k < p.steps.size(); ++k) {
    all += p.steps[k].seconds;
    BOOST_TEST(contains(program.report(), std::to_string(k + 1) + ". " + p.steps[k].what.text));
    BOOST_TEST(p.steps[k].what.bytes > 0U);
    BOOST_TEST(!p.steps[k].what.nodes.empty());
    BOOST_TEST(workspace.step_times()[k].runs == 7);
    BOOST_TEST(workspace.step_times()[k].all >= 7 * workspace.step_times()[k].least);
    products += p.steps[k].what.operation == "matmul" || p.steps[k].what.operation == "update" ? 1 : 0;
    groups += p.steps[k].what.operation.starts_with("fused") ? 1 : 0;
  }
  BOOST_TEST(products == 5U);  // two forward, three backward: nothing is derived by x
  BOOST_TEST(groups >= 2U);
  // No run is shorter than the least of each step.
  BOOST_TEST(all > 0);
  BOOST_TEST(all <= p.run);
  BOOST_TEST(std::abs(p.forward() + p.backward() - all) < 1e-9 * all);
  for (const auto& rows : {p.by_operation(), p.by_scope()}) BOOST_TEST(std::abs(seconds_of(rows) - all) < 1e-9 * all);
  // Layers have what they take in both directions.
  for (const char* layer : {"first", "second"}) {
    bool found = false;
    for (const ProfileRow& row : p.by_scope()) {
      if (row.name != layer) continue;
      found = true;
      BOOST_TEST(row.forward > 0);
      BOOST_TEST(row.backward > 0);
    }
    BOOST_TEST(found, layer);
  }
  const std::string text = p.text();
  for (const char* part : {"a run takes", "the least of 7 runs", "operation", "scope", "line",
                           "program_profile.cpp:", "step", "fused [4096] f64", "matmul f64[64,64] f64[64,64]"})
    BOOST_TEST(contains(text, part), text);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_timed_computes_the_same) {
  const Training t;
  const Program program = t.program();
  Program::Workspace plain(program), timed(program);
  t.give(plain);
  t.give(timed);
  timed.time_steps();
  program.run(plain);
  program.run(timed);
  for (std::size_t k = 0; k < 3; ++k) BOOST_TEST((plain.get(k).value() == timed.get(k).value()));
}

BOOST_AUTO_TEST_CASE(nothing_is_timed_unless_it_is_asked_for) {
  const Training t;
  const Program program = t.program();
  Program::Workspace workspace(program);
  t.give(workspace);
  program.run(workspace);
  BOOST_TEST(workspace.step_times().empty());
  BOOST_CHECK_THROW(static_cast<void>(profile(program, workspace)), ArgumentError);
  workspace.time_steps();
  BOOST_CHECK_THROW(static_cast<void>(profile(program, workspace)), ArgumentError);  // no run yet
  program.run(workspace);
  BOOST_TEST(profile(program, workspace).rounds == 1U);
  workspace.time_steps();  // from here on
  program.run(workspace);
  BOOST_TEST(profile(program, workspace).rounds == 1U);
  const Program other(t.r, {t.x}, {matmul(t.x, t.x)});
  BOOST_CHECK_THROW(static_cast<void>(profile(other, workspace)), ArgumentError);
  workspace.time_steps(false);
  program.run(workspace);
  BOOST_TEST(workspace.step_times().empty());
}

BOOST_AUTO_TEST_CASE(a_run_that_a_guard_ends_has_the_steps_before_its_end) {
  Recording r;
  const Tensor x = r.variable(tensor({1, 2}), "x");
  const Scalar total = to_scalar(sum(x));
  Tensor y = matmul(x, x);
  if (total > 0) y = y * 2.0;
  const Program program(r, {x}, {y});
  Program::Workspace workspace(program);
  workspace.time_steps();
  workspace.set(0, tensor({-1, -2}));
  BOOST_TEST((program.try_run(workspace) == RunStatus::guard_failed));
  BOOST_TEST(workspace.step_times().back().runs == 0);
  BOOST_TEST(workspace.step_times().front().runs == 1);
  workspace.set(0, tensor({1, 2}));
  program.run(workspace);
  BOOST_TEST(workspace.step_times().back().runs == 1);
}

BOOST_AUTO_TEST_CASE(a_program_of_numbers_is_one_step) {
  Recording r;
  const Scalar x = r.variable(0.3, "x"), w = r.variable(0.7, "w");
  const Scalar loss = pow(sigmoid(w * x) - 1.0, 2);
  const Program program(r, {x, w}, {loss, gradient(loss, w)});
  BOOST_TEST_REQUIRE(program.is_scalar());
  Program::Workspace workspace(program);
  workspace.time_steps();
  std::vector<double> in(2000, 0.5), out(2000);
  for (int k = 0; k < 3; ++k) program.run_batch(workspace, in, out, 1000);
  const Profile p = profile(program, workspace);
  BOOST_TEST(p.rounds == 3U);
  BOOST_TEST_REQUIRE(p.steps.size() == 1U);
  BOOST_TEST(p.steps[0].what.operation == "numbers");
  BOOST_TEST(p.forward() > 0);
  BOOST_TEST(p.backward() > 0);
  BOOST_TEST(p.forward() + p.backward() <= p.run);
}

BOOST_AUTO_TEST_CASE(the_trace_is_the_run_step_after_step) {
  const Profile p = Training().profile_of_three_runs();
  std::istringstream stream(chrome_trace(p));
  Tree tree;
  boost::property_tree::read_json(stream, tree);
  std::size_t step = 0, depth = 0;
  double end = 0;
  bool backward = false, in_layer = false;
  for (const auto& [key, event] : tree.get_child("traceEvents")) {
    const std::string phase = event.get<std::string>("ph");
    depth += phase == "B" ? 1 : 0;
    depth -= phase == "E" ? 1 : 0;
    in_layer = in_layer || (phase == "B" && event.get<std::string>("name") == "first");
    if (phase != "X") continue;
    while (p.steps[step].seconds == 0) ++step;
    BOOST_TEST(event.get<std::string>("name") == p.steps[step].what.operation);
    BOOST_TEST(event.get<std::string>("args.step") == std::to_string(step + 1) + ". " + p.steps[step].what.text);
    BOOST_TEST(event.get<double>("ts") >= end - 1e-3);
    end = event.get<double>("ts") + event.get<double>("dur");
    backward = backward || event.get<std::string>("cat") == "backward";
    ++step;
  }
  BOOST_TEST(step == p.steps.size());
  BOOST_TEST(depth == 0U);
  BOOST_TEST(backward);
  BOOST_TEST(in_layer);
}

BOOST_AUTO_TEST_CASE(flame_graph_and_picture_name_the_steps) {
  const Profile p = Training().profile_of_three_runs();
  const std::string svg = flame_graph(p);
  std::istringstream stream(svg);
  Tree tree;
  boost::property_tree::read_xml(stream, tree);
  std::string titles;
  for (const auto& [key, group] : tree.get_child("svg"))
    if (key == "g") titles += group.get<std::string>("title") + "\n";
  for (const char* part : {"forward", "backward", "first", "second", "1. ", "fused [4096] f64", "matmul f64[64,64]"})
    BOOST_TEST(contains(titles, part), titles);
  bool shared = false;
  double darkest = 0;
  for (const graph::DrawnNode& node : draw(p).nodes) {
    darkest = std::max(darkest, node.magnitude.value_or(0));
    for (const graph::DrawnText& text : node.texts)
      shared = shared || (text.text.starts_with("step ") && contains(text.text, " of "));
  }
  BOOST_TEST(shared);  // a node has a part of the time of its group
  BOOST_TEST(darkest == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
