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
constexpr auto report(void (Builder::*event)(const Function&, std::string_view), const Function& function) {
  return [event, &function](auto& context) { (builder(context).*event)(function, matched(context)); };
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
const auto here = x3::raw[x3::eps];
const auto parenthesis = x3::raw[x3::lit('(')];
const auto bracket = x3::raw[x3::lit('[')];
const auto equals = x3::lit('=') >> !x3::lit('=');

/// A sign or a power: it waits for its operand, and that of what comes behind it.
template <class Token>
auto prefix(const Token& token, const Function& function) {
  return x3::omit[x3::raw[x3::as_parser(token)][report(&Builder::wait, function)]];
}
const auto sign = prefix('-', operators::negate) | '+' | prefix(x3::lit('!') >> !x3::lit('='), operators::logical_not);
const auto power = prefix(x3::lit('^') | "**", operators::power);

/// An operator between two operands.
template <class Token>
auto infix(const Token& token, const Function& function) {
  return x3::omit[x3::raw[x3::as_parser(token)][report(&Builder::operation, function)]];
}
const auto or_sign = infix(x3::lit("||") | '|', operators::logical_or);
const auto and_sign = infix(x3::lit("&&") | '&', operators::logical_and);
const auto comparison_sign = infix("<=", operators::less_equal) | infix('<', operators::less) |
                             infix(">=", operators::greater_equal) | infix('>', operators::greater) |
                             infix("==", operators::equal) | infix("!=", operators::not_equal);
const auto sum_sign = infix('+', operators::add) | infix('-', operators::subtract);
const auto product_sign =
    infix('*', operators::multiply) | infix('/', operators::divide) | infix('@', operators::product);

// Rules. Those that operands are made of are declared first and defined behind: what is built of them then holds their
// names only, not their definitions, whose types would double from level to level. The text is what errors show.

template <class Id, class Definition>
auto named(const char* text, const Definition& definition) {
  return x3::rule<Id>{text} = definition;
}
constexpr auto operand_text = "a number, a name or '('";
const x3::rule<struct ExpressionRule> expression{operand_text};
const x3::rule<struct ConjunctionRule> conjunction{operand_text};
const x3::rule<struct ComparisonRule> comparison{operand_text};
const x3::rule<struct SumRule> sum{operand_text};
const x3::rule<struct ProductRule> product{operand_text};
const x3::rule<struct OperandRule> operand{operand_text};
const x3::rule<struct SignedRule> signed_postfix{operand_text};
const x3::rule<struct PostfixRule> postfix{operand_text};
const x3::rule<struct AtomRule> atom{operand_text};
const x3::rule<struct RowRule> row{operand_text};
const x3::rule<struct ItemRule> item{"a position"};
const x3::rule<struct StatementRule> statement{operand_text};

const auto close = named<struct CloseRule>("an operator or ')'", x3::lit(')')[report(&Builder::leave)]);
const auto close_call = named<struct CloseCallRule>("an operator, ',' or ')'", x3::lit(')')[report(&Builder::leave)]);
const auto close_array =
    named<struct CloseArrayRule>("an operator, ',', ';' or ']'", x3::lit(']')[report(&Builder::end_array)]);
const auto close_index =
    named<struct CloseIndexRule>("an operator, ',', ':' or ']'", x3::lit(']')[report(&Builder::end_index)]);
const auto end = named<struct EndRule>("an operator or the end", x3::eoi);
const auto argument = named<struct ArgumentRule>(operand_text, expression[report(&Builder::argument)]);
const auto element = named<struct ElementRule>(operand_text, expression[report(&Builder::element)]);

// The grammar of parser.hpp, from the inside out.

const auto row_def = element >> *(',' > element);
const auto array = bracket[report(&Builder::begin_array)] > row >
                   *(x3::raw[x3::lit(';')][report(&Builder::next_row)] > row) > close_array;
const auto call =
    (parenthesis[report(&Builder::begin_call)] > argument > *(',' > argument) > close_call)[report(&Builder::end_call)];
const auto named_atom = name[report(&Builder::name)] >> (call | x3::eps[report(&Builder::variable)]);
const auto group = parenthesis[report(&Builder::enter)] > expression > close;
const auto atom_def = number[report(&Builder::number)] | array | named_atom | group;

const auto stop = !x3::char_(",]") >> expression[report(&Builder::index_stop)];
const auto item_def =
    (x3::lit(':')[report(&Builder::index_from_beginning)] >> -stop) |
    (expression[report(&Builder::index_start)] >> -(x3::lit(':')[report(&Builder::index_to)] >> -stop));
const auto index = bracket[report(&Builder::begin_index)] > item > *(',' > item) > close_index;

const auto postfix_def = atom >> *index;
const auto signed_postfix_def = (+sign > postfix) | postfix;
const auto operand_def = x3::eps[report(&Builder::begin_chain)] >> signed_postfix >>
                         *(power > signed_postfix) >> x3::eps[report(&Builder::end_chain)];

/// `sign operand`, behind an operand.
template <class Sign, class Operand>
auto with(const Sign& operation, const Operand& right) {
  return (operation > right)[report(&Builder::end_operation)];
}
const auto product_def = operand >> *with(product_sign, operand);
const auto sum_def = product >> *with(sum_sign, product);
const auto comparison_def = sum >> -with(comparison_sign, sum);
const auto conjunction_def = comparison >> *with(and_sign, comparison);
const auto expression_def = conjunction >> *with(or_sign, conjunction);

const auto assignment = &(name >> equals) >> name[report(&Builder::assign)] >> equals;
const auto statement_def = here[report(&Builder::begin_statement)] >> -assignment >>
                           (x3::eps > expression) >> here[report(&Builder::end_statement)];
BOOST_SPIRIT_DEFINE(row, atom, item, postfix, signed_postfix, operand, product, sum, comparison, conjunction,
                    expression, statement)

const auto whole = x3::eps > *x3::lit(';') > statement > *((+x3::lit(';') >> !x3::eoi) > statement) >
                   *x3::lit(';') > end;

}  // namespace

Expression parse(std::string_view text) {
  Builder events(text);
  const Iterator begin = events.text().data();
  Iterator at = begin;
  const Iterator last = at + events.text().size();
  try {
    x3::phrase_parse(at, last, x3::with<BuilderTag>(std::ref(events))[whole], space);
  } catch (const x3::expectation_failure<Iterator>& failure) {
    Iterator place = failure.where();
    x3::parse(place, last, *space);
    throw events.unexpected(static_cast<std::size_t>(place - begin), failure.which());
  }
  return events.finish();
}

}  // namespace wengert::cli
