// A small character transformer learns a text of two KiB: that the whole of it works together (embedding, causal
// attention, normalisation, dropout, cross entropy, AdamW). Its loss has to fall below what knowing the two characters
// before would give, which nothing but attention to more of them can reach.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/layers/attention.hpp"
#include "wengert/nn/layers/embedding.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/optim/adam.hpp"

namespace {

using namespace wengert;

constexpr std::string_view text =
    "a derivative says how much a result moves when an input moves a little. a program that computes a result is a "
    "list "
    "of small steps, and each small step has a derivative that everybody knows: of a sum, of a product, of a sine. the "
    "chain rule puts the small derivatives together. it may be walked from the inputs to the result, which is the "
    "forward way, or from the result back to the inputs, which is the reverse way. the forward way moves one input and "
    "sees all results. the reverse way takes one result and sees all inputs at once. a network has many inputs, its "
    "weights, and one result, its loss, so networks are trained by the reverse way.\n"
    "to walk back one has to remember. the list of steps is written down while the program runs, with the values that "
    "the rules will ask for. then the list is read from the last step to the first, and each step hands on what it "
    "owes to the values it was made of. a value that was used twice is paid twice, and the payments are added. at the "
    "end every input knows what it has done to the result. nothing was guessed, and no small difference was divided by "
    "another one, so the digits are all there.\n"
    "the list is a graph. a value is a node, and a use of a value is an edge. the walk back makes a second graph "
    "behind "
    "the first one, and since that is a graph like any other, it can be drawn, and made simple, and walked back once "
    "more. so the second derivative needs no new rule, and neither does the third. what is true of one small step is "
    "true of all of them, and what is true of all of them is true of the program.\n";

/// The text as numbers of its characters.
struct Alphabet {
  std::map<char, std::int64_t> numbers;
  std::vector<std::int64_t> coded;

  Alphabet() {
    for (const char c : text) numbers.emplace(c, 0);
    std::int64_t next = 0;
    for (auto& [c, number] : numbers) number = next++;
    for (const char c : text) coded.push_back(numbers.at(c));
  }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(numbers.size()); }
};

/// The mean of -ln p(character | the `order` ones before), p as it occurs in the text itself: what knowing just those
/// can reach.
double entropy(const std::vector<std::int64_t>& coded, std::size_t order) {
  std::map<std::vector<std::int64_t>, std::map<std::int64_t, double>> counts;
  for (std::size_t k = order; k < coded.size(); ++k) {
    const auto end = coded.begin() + static_cast<std::ptrdiff_t>(k);
    counts[std::vector<std::int64_t>(end - static_cast<std::ptrdiff_t>(order), end)][coded[k]] += 1;
  }
  double total = 0.0, places = 0.0;
  for (const auto& [before, after] : counts) {
    double sum = 0.0;
    for (const auto& [c, n] : after) sum += n;
    for (const auto& [c, n] : after) total -= n * std::log(n / sum);
    places += sum;
  }
  return total / places;
}

struct Network {
  nn::Embedding characters;
  nn::TransformerEncoder encoder;
  nn::Linear head;
  Tensor positions;

  static auto members(auto& self) { return std::tie(self.characters, self.encoder, self.head); }
  static constexpr std::array names{"characters", "encoder", "head"};

  static constexpr std::int64_t width = 32, context = 32;

  Network(std::int64_t alphabet, nn::Random& random)
      : characters(alphabet, width, random),
        encoder(2, width, 4, random,
                {.feed_forward = 64,
                 .dropout = 0.05,
                 .activation = nn::TransformerActivation::gelu,
                 .norm_first = true,
                 .causal = true},
                true),
        head(width, alphabet, random),
        positions(nn::sinusoidal_positions(context, width)) {}

  [[nodiscard]] Tensor operator()(const Tensor& x, nn::Pass& pass) const {
    return head(encoder(characters(x) + positions, pass));
  }
};

BOOST_AUTO_TEST_SUITE(character_transformer)

BOOST_AUTO_TEST_CASE(its_loss_falls_below_what_two_characters_know) {
  const Alphabet alphabet;
  const double of_two = entropy(alphabet.coded, 2);
  BOOST_TEST_MESSAGE(alphabet.size() << " characters, entropies " << entropy(alphabet.coded, 0) << ' '
                                     << entropy(alphabet.coded, 1) << ' ' << of_two);
  constexpr std::int64_t context = Network::context, batch = 16;
  constexpr std::int64_t steps = 1000;
  nn::Random random(1);
  Network network(alphabet.size(), random);
  nn::AdamW optimiser({.rate = 3e-3});
  const auto last = static_cast<std::int64_t>(alphabet.coded.size()) - context - 1;
  Recording r;
  const auto windows = [&](const std::vector<std::int64_t>& starts, std::int64_t shift) {
    std::vector<std::int64_t> values;
    for (const std::int64_t start : starts)
      for (std::int64_t k = 0; k < context; ++k)
        values.push_back(alphabet.coded[static_cast<std::size_t>(start + shift + k)]);
    return tensor(values, Shape{static_cast<std::int64_t>(starts.size()), context});
  };
  const auto loss_of = [&](const Network& of, const std::vector<std::int64_t>& starts, nn::Pass& pass) {
    const Tensor logits = of(windows(starts, 0), pass);
    const std::int64_t places = batch * context;
    return nn::cross_entropy(reshape(logits, Shape{places, alphabet.size()}),
                             reshape(windows(starts, 1), Shape{places}));
  };
  const auto begin = std::chrono::steady_clock::now();
  double first = 0.0;
  for (std::int64_t step = 0; step < steps; ++step) {
    std::vector<std::int64_t> starts;
    for (std::int64_t k = 0; k < batch; ++k) starts.push_back(random.below(last));
    r.clear();
    nn::Pass pass = nn::Pass::training(random.child(static_cast<std::uint64_t>(step)));
    const Network live = nn::lifted(network, r);
    const Tensor loss = loss_of(live, starts, pass);
    if (step == 0) first = loss.item();
    optimiser.step(network, nn::adjoints_of(live, backward(loss)));
    if (step == steps / 2) optimiser.set_rate(1e-3);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;

  // Evaluated over the whole text.
  double total = 0.0, count = 0.0;
  nn::Pass evaluation = nn::Pass::evaluation();
  for (std::int64_t start = 0; start + batch * context <= last; start += batch * context) {
    std::vector<std::int64_t> starts;
    for (std::int64_t k = 0; k < batch; ++k) starts.push_back(start + k * context);
    total += loss_of(network, starts, evaluation).item();
    count += 1;
  }
  const double loss = total / count;
  BOOST_TEST_MESSAGE("loss " << first << " at first, " << loss << " after " << steps << " steps, "
                             << nn::parameter_count(network) << " parameters, " << seconds.count() << " s");
  BOOST_TEST(std::abs(first - std::log(static_cast<double>(alphabet.size()))) < 1.0);
  BOOST_TEST(loss < of_two);
  BOOST_TEST(loss < 0.8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
