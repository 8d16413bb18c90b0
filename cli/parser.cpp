// The grammar in Boost.Spirit X3. What it reads it reports to a Builder at once: every choice is made by the next
// character or two, so there is nothing to take back. Rules carry the text that an error shows as "expected".

#include "wengert/cli/parser.hpp"

#include <functional>
#include <string>
#include <utility>

#include <boost/spirit/home/x3.hpp>

#include "wengert/cli/builder.hpp"

namespace wengert::cli {
namespace {

namespace x3 = boost::spirit::x3;
using Iterator = const char*;

/// Under this tag the Builder travels through the grammar.
struct BuilderTag {};

template <class Context>
Builder& builder(const Context& context) {
  return x3::get<BuilderTag>(context).get();
}

/// What a raw[] parser has matched.
template <class Context>
std::string_view matched(const Context& context) {
  const auto& range = x3::_attr(context);
  return {range.begin(), static_cast<std::size_t>(range.end() - range.begin())};
}

// Semantic actions.

constexpr auto report(void (Builder::*event)(std::string_view)) {
  return [event](auto& context) { (builder(context).*event)(matched(context)); };
}
constexpr auto report(void (Builder::*event)()) {
  return [event](auto& context) { (builder(context).*event)(); };
}
constexpr auto report(void (Builder::*event)(const Function&), const Function& function) {
  return [event, &function](auto& context) { (builder(context).*event)(function); };
}

// Tokens. Sets of characters are spelt out: the classes of the library ask a table that ends at 127.

const auto space = x3::char_(" \t\r\n\f\v");
const auto digit = x3::char_('0', '9');
const auto name_start = x3::char_("a-zA-Z_");
const auto name_rest = name_start | digit;

const auto mantissa = (+digit >> -('.' >> *digit)) | ('.' >> +digit);
const auto exponent = x3::char_("eE") >> -x3::char_("+-") >> +digit;
const auto number = x3::raw[x3::lexeme[mantissa >> -exponent]];
const auto name = x3::raw[x3::lexeme[name_start >> *name_rest]];
const auto where_keyword = x3::lexeme["where" >> !name_rest] >> &x3::lit('(');
const auto parenthesis = x3::raw[x3::lit('(')];
const auto sign = x3::lit('-')[report(&Builder::wait, operators::negate)] | '+';
const auto power = (x3::lit('^') | "**")[report(&Builder::wait, operators::power)];

struct ComparisonSymbols : x3::symbols<const Function*> {
  ComparisonSymbols() {
    add("<", &operators::less)("<=", &operators::less_equal)(">", &operators::greater)(">=", &operators::greater_equal);
    add("==", &operators::equal)("!=", &operators::not_equal);
  }
};
const ComparisonSymbols comparison_symbol;

// Named rules: `expression` because it is recursive, the others for what errors show.

template <class Id, class Definition>
auto named(const char* text, const Definition& definition) {
  return x3::rule<Id>{text} = definition;
}
constexpr auto operand_text = "a number, a name or '('";
const x3::rule<struct ExpressionRule> expression{operand_text};

const auto close = named<struct CloseRule>("an operator or ')'", x3::lit(')')[report(&Builder::leave)]);
const auto close_call = named<struct CloseCallRule>("an operator, ',' or ')'", x3::lit(')')[report(&Builder::leave)]);
const auto comma = named<struct CommaRule>("an operator or ','", x3::lit(','));
const auto end = named<struct EndRule>("an operator or the end", x3::eoi);
const auto argument = named<struct ArgumentRule>(operand_text, expression[report(&Builder::argument)]);
const auto comparison = named<struct ComparisonRule>(
    "one of < <= > >= == !=",
    comparison_symbol[([](auto& context) { builder(context).comparison(*x3::_attr(context)); })]);

// The grammar of parser.hpp.

const auto condition = (expression > comparison > expression)[report(&Builder::end_condition)];
const auto selection = (where_keyword > parenthesis[report(&Builder::enter)] > condition > comma > expression > comma >
                        expression > close)[report(&Builder::call, operators::where)];
const auto call =
    (parenthesis[report(&Builder::begin_call)] > argument > *(',' > argument) > close_call)[report(&Builder::end_call)];
const auto named_atom = name[report(&Builder::name)] >> (call | x3::eps[report(&Builder::variable)]);
const auto group = parenthesis[report(&Builder::enter)] > expression > close;
const auto atom =
    named<struct AtomRule>(operand_text, number[report(&Builder::number)] | selection | named_atom | group);
const auto signed_atom = named<struct SignedAtomRule>(operand_text, (+sign > atom) | atom);
const auto operand =
    named<struct OperandRule>(operand_text, x3::eps[report(&Builder::begin_chain)] >> signed_atom >>
                                                *(power > signed_atom) >> x3::eps[report(&Builder::end_chain)]);
const auto product = named<struct ProductRule>(
    operand_text, operand >> *((x3::lit('*') > operand)[report(&Builder::call, operators::multiply)] |
                               (x3::lit('/') > operand)[report(&Builder::call, operators::divide)]));
const auto expression_def = product >> *((x3::lit('+') > product)[report(&Builder::call, operators::add)] |
                                         (x3::lit('-') > product)[report(&Builder::call, operators::subtract)]);
BOOST_SPIRIT_DEFINE(expression)

const auto whole = x3::eps > expression > end;

}  // namespace

Expression parse(std::string_view text) {
  Builder events(text);
  Iterator at = text.data();
  const Iterator last = at + text.size();
  try {
    x3::phrase_parse(at, last, x3::with<BuilderTag>(std::ref(events))[whole], space);
  } catch (const x3::expectation_failure<Iterator>& failure) {
    Iterator place = failure.where();
    x3::parse(place, last, *space);
    throw events.unexpected(static_cast<std::size_t>(place - text.data()), failure.which());
  }
  return events.finish();
}

}  // namespace wengert::cli
