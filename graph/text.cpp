/// Writer and parser of the text form; the grammar stands in text.hpp.
#include "wengert/graph/text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::graph {

namespace {

constexpr std::string_view header = "wengert-graph 1";

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

// ---------------------------------------------------------------------------------------------------------------
// Writer

class Writer {
 public:
  Writer(const TextSink& sink, const TextOptions& options) : sink_(sink), options_(options) {}

  void write(const Graph& graph) {
    text_ += header;
    text_ += '\n';
    for (ScopeId scope = 1; scope < graph.scope_count(); ++scope) {
      const Scope record = graph.scope_record(scope);
      put("scope @", scope, " = @", record.parent, " ");
      put_string(record.name);
      end_line();
    }
    for (NodeId id = 0; id < graph.size(); ++id) put_node(graph, id);
    for (const NodeId output : graph.outputs()) {
      put("output %", output);
      end_line();
    }
    sink_(text_);
  }

 private:
  void put_one(std::string_view text) { text_ += text; }
  template <std::integral T>
  void put_one(T number) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  template <class... Part>
  void put(const Part&... part) {
    (put_one(part), ...);
  }

  void put_string(std::string_view bytes) {
    text_ += '"';
    append_escaped(text_, bytes, '"');
    text_ += '"';
  }

  template <std::floating_point T>
  void put_real(T value) {
    if (std::isnan(value)) {
      const auto bits = std::bit_cast<BitsOf<T>>(value);
      put("nan");
      if (bits != std::bit_cast<BitsOf<T>>(std::numeric_limits<T>::quiet_NaN())) {
        char digits[24];
        put("(0x", std::string_view(digits, std::to_chars(digits, digits + sizeof digits, bits, 16).ptr), ")");
      }
      return;
    }
    char digits[40];
    const std::string_view shortest(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    put(shortest);
    if (shortest.find_first_not_of("-0123456789") == std::string_view::npos) put(".0");
  }

  void put_array(const Array& array) {
    put(to_string(array.type()), "{");
    with_element_type(array.dtype(), [&]<class T>(std::type_identity<T>) {
      const auto elements = array.stored<T>();
      for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) put(", ");
        if constexpr (std::floating_point<T>) {
          put_real(elements[i]);
        } else {
          put(static_cast<std::int64_t>(elements[i]));
        }
        flush_when_full();
      }
    });
    put(array.is_uniform() ? " ...}" : "}");
  }

  void put_attribute(const Attribute& attribute) {
    struct Visitor {
      Writer& writer;
      void operator()(std::monostate) const {}
      void operator()(double value) const {
        writer.put(" ");
        writer.put_real(value);
      }
      void operator()(std::int64_t value) const { writer.put(" ", value); }
      void operator()(const std::vector<std::int64_t>& values) const {
        writer.put(" [");
        for (std::size_t i = 0; i < values.size(); ++i) writer.put(i == 0 ? "" : ", ", values[i]);
        writer.put("]");
      }
      void operator()(const Array& array) const {
        writer.put(" ");
        writer.put_array(array);
      }
      void operator()(const std::string& text) const {
        writer.put(" ");
        writer.put_string(text);
      }
      void operator()(const std::shared_ptr<const Function>& function) const {
        writer.put(" function ");
        writer.put_string(function == nullptr ? std::string{} : function->name());
      }
    };
    std::visit(Visitor{*this}, attribute);
  }

  void put_node(const Graph& graph, NodeId id) {
    put("%", id, " = ", graph.operation(id).name);
    const auto operands = graph.operands(id);
    for (std::size_t i = 0; i < operands.size(); ++i) put(i == 0 ? " %" : ", %", operands[i]);
    put_attribute(graph.attribute(id));
    put(" : ", to_string(graph.type(id)));
    if (const auto name = graph.name(id); !name.empty()) {
      put(" name ");
      put_string(name);
    }
    if (const ScopeId scope = graph.scope(id); scope != root_scope) put(" in @", scope);
    if (const Location location = graph.location(id); options_.locations && !location.empty()) {
      put(" at ");
      put_string(location.file);
      put(":", location.line);
      if (!location.function.empty()) {
        put(" ");
        put_string(location.function);
      }
    }
    for (const AdjointLink& link : graph.adjoint_links(id)) {
      put(" adjoint %", link.primal);
      if (link.operand != AdjointLink::itself) put(".", link.operand);
    }
    end_line();
  }

  void end_line() {
    text_ += '\n';
    flush_when_full();
  }

  void flush_when_full() {
    if (text_.size() >= piece) {
      sink_(text_);
      text_.clear();
    }
  }

  static constexpr std::size_t piece = std::size_t{1} << 16U;  // bytes collected before the sink is called
  const TextSink& sink_;
  const TextOptions& options_;
  std::string text_;
};

// ---------------------------------------------------------------------------------------------------------------
// Parser

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Graph parse() && {
    parse_header();
    while (!at_end()) {
      parse_line();
      end_line();
    }
    for (const PendingTie& tie : ties_) {
      at(tie.place, [&] { builder_.add_adjoint_link(tie.adjoint, tie.primal, tie.operand); });
    }
    return std::move(builder_).build();
  }

 private:
  /// Where an error is: a byte offset, and the line that it is in.
  struct Place {
    std::size_t offset = 0;
    std::size_t line = 1;
    std::size_t line_start = 0;
  };
  struct PendingTie {
    Place place;
    NodeId adjoint;
    NodeId primal;
    std::int32_t operand;
  };

  // ---- errors

  [[nodiscard]] Place here() const noexcept { return {offset_, line_, line_start_}; }

  [[noreturn]] static void fail(const Place& place, std::string problem, std::string expected = {},
                                std::string hint = {}) {
    throw ParseError{{.operation = "from_text",
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .hint = std::move(hint)},
                     place.line,
                     place.offset - place.line_start + 1};
  }
  [[noreturn]] void fail_expecting(std::string expected) const { fail(here(), describe_next(), std::move(expected)); }

  /// Runs `f`, and turns what it throws into a ParseError at `place`.
  template <class F>
  static std::invoke_result_t<F> at(const Place& place, F&& f) {
    try {
      return f();
    } catch (const ParseError&) {
      throw;
    } catch (const Error& error) {
      ErrorDetail detail = error.detail();
      detail.where = {};  // a line of the library's, which says nothing to who wrote the text
      std::string hint = std::exchange(detail.hint, {});
      fail(place, message_of(detail), {}, std::move(hint));
    }
  }

  [[nodiscard]] std::string describe_next() const {
    if (at_end()) return "the text ends";
    if (peek() == '\n' || peek() == '\r') return "the line ends";
    std::string shown = "found '";
    const std::string_view rest = text_.substr(offset_);
    append_escaped(shown, rest.substr(0, std::max<std::size_t>(1, utf8_length(rest))), '\'');
    return shown + "'";
  }

  // ---- characters

  [[nodiscard]] bool at_end() const noexcept { return offset_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[offset_]; }

  void skip_blanks() noexcept {
    while (!at_end() && (text_[offset_] == ' ' || text_[offset_] == '\t')) ++offset_;
  }

  bool accept(char c) noexcept {
    skip_blanks();
    if (at_end() || text_[offset_] != c) return false;
    ++offset_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) fail_expecting(std::string("'") + c + "'");
  }

  /// The longest run of characters that `belongs` accepts.
  template <class F>
  std::string_view run(F&& belongs) {
    skip_blanks();
    const std::size_t start = offset_;
    while (!at_end() && belongs(text_[offset_])) ++offset_;
    return text_.substr(start, offset_ - start);
  }

  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  std::string_view word() {
    return run([](char c) { return is_word(c) || c == '.'; });
  }

  void end_line() {
    skip_blanks();
    if (peek() == '#') {
      while (!at_end() && peek() != '\n') ++offset_;
    }
    if (peek() == '\r') ++offset_;
    if (at_end()) return;
    if (peek() != '\n') fail_expecting("the end of the line");
    ++offset_;
    ++line_;
    line_start_ = offset_;
  }

  // ---- tokens

  template <std::integral T>
  T integer(std::string_view what) {
    skip_blanks();
    const Place place = here();
    T value{};
    const auto [end, failure] = std::from_chars(text_.data() + offset_, text_.data() + text_.size(), value);
    if (failure == std::errc::result_out_of_range) fail(place, std::string(what) + " out of range");
    if (failure != std::errc{}) fail_expecting(std::string(what));
    offset_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  /// "%" id of a node that is there.
  NodeId node_reference() {
    expect('%');
    const Place place = here();
    const auto id = integer<NodeId>("the number of a node");
    if (id >= builder_.size()) {
      fail(place, "no node %" + std::to_string(id) + " so far", "a node of an earlier line");
    }
    return id;
  }

  std::string string() {
    skip_blanks();
    const Place place = here();
    expect('"');
    const std::size_t start = offset_;
    while (!at_end() && peek() != '"' && peek() != '\n') {
      offset_ += peek() == '\\' && offset_ + 1 < text_.size() && text_[offset_ + 1] != '\n' ? 2U : 1U;
    }
    if (peek() != '"') fail(place, "a string does not end on its line", "'\"'");
    std::string bytes;
    if (!unescape(text_.substr(start, offset_ - start), bytes)) {
      fail(place, "a malformed escape in a string", "\\\\ \\\" \\n \\r \\t or \\xHH");
    }
    ++offset_;
    return bytes;
  }

  Type type() {
    skip_blanks();
    const Place place = here();
    const std::string_view name = word();
    Dtype dtype{};
    if (!parse_dtype(name, dtype)) {
      offset_ = place.offset;
      fail_expecting("a type (f32, f64, i32, i64, bool)");
    }
    std::vector<std::int64_t> extents;
    if (accept('[')) {
      if (!accept(']')) {
        do {
          extents.push_back(integer<std::int64_t>("an extent"));
        } while (accept(','));
        expect(']');
      }
    }
    return at(place, [&] { return Type{dtype, Shape(std::span<const std::int64_t>(extents))}; });
  }

  /// A number as it stands, to be read as what is wanted.
  std::string_view number() {
    skip_blanks();
    const Place place = here();
    const std::size_t start = offset_;
    if (peek() == '-') ++offset_;
    while (!at_end()) {
      const char c = peek();
      const bool sign_of_exponent = (c == '+' || c == '-') && (text_[offset_ - 1] == 'e' || text_[offset_ - 1] == 'E');
      // "..." after the one element of a uniform array is no part of it.
      const bool point = c == '.' && !text_.substr(offset_).starts_with("...");
      if (!is_word(c) && !point && !(offset_ > start && sign_of_exponent)) break;
      ++offset_;
    }
    const std::string_view token = text_.substr(start, offset_ - start);
    if (token == "nan" && peek() == '(') {
      while (!at_end() && peek() != ')' && peek() != '\n') ++offset_;
      if (peek() != ')') fail(place, "a malformed number", "')'");
      ++offset_;
      return text_.substr(start, offset_ - start);
    }
    if (token.empty() || token == "-") {
      offset_ = place.offset;
      fail_expecting("a number");
    }
    return token;
  }

  template <class T>
  static T number_as(std::string_view token, const Place& place) {
    const char* const first = token.data();
    const char* const last = token.data() + token.size();
    if constexpr (std::floating_point<T>) {
      if (token.starts_with("nan(0x") && token.ends_with(")")) {
        BitsOf<T> bits{};
        const auto [end, failure] = std::from_chars(first + 6, last - 1, bits, 16);
        const T value = std::bit_cast<T>(bits);
        if (failure == std::errc{} && end == last - 1 && std::isnan(value)) return value;
        fail(place, "a malformed NaN", "the bits of a NaN, e.g. nan(0x7ff8000000000001)");
      }
    }
    T value{};
    const auto [end, failure] = std::from_chars(first, last, value);
    if (failure == std::errc::result_out_of_range) fail(place, "a number out of range");
    if (failure != std::errc{} || end != last) {
      fail(place, std::is_integral_v<T> ? "a malformed integer" : "a malformed number");
    }
    return value;
  }

  template <class T>
  Array array_of(const Type& type, const Place& place) {
    // std::vector<bool> has no buffer; booleans are collected as bytes.
    std::vector<std::conditional_t<std::same_as<T, bool>, char, T>> elements;
    bool uniform = false;
    if (!accept('}')) {
      do {
        skip_blanks();
        const Place element = here();
        if constexpr (std::same_as<T, bool>) {
          const auto value = number_as<std::int64_t>(number(), element);
          if (value != 0 && value != 1) fail(element, "a bool is 0 or 1");
          elements.push_back(static_cast<char>(value));
        } else {
          elements.push_back(number_as<T>(number(), element));
        }
      } while (accept(','));
      skip_blanks();
      if (elements.size() == 1 && text_.substr(offset_).starts_with("...")) {
        offset_ += 3;
        uniform = true;
      }
      expect('}');
    }
    if (uniform) {
      if (type.shape.size() < 2) fail(place, "a uniform array of fewer than two elements");
      return Array::uniform_of<T>(type.shape, static_cast<T>(elements[0]));
    }
    if (elements.size() != static_cast<std::size_t>(type.shape.size())) {
      fail(place, std::to_string(elements.size()) + " elements for " + to_string(type),
           std::to_string(type.shape.size()));
    }
    Array array = Array::uninitialised(type);
    const auto target = array.mutable_data<T>();
    for (std::size_t i = 0; i < elements.size(); ++i) target[i] = static_cast<T>(elements[i]);
    return array;
  }

  Attribute attribute() {
    skip_blanks();
    const Place place = here();
    const char c = peek();
    if (c == '"') return string();
    if (accept('[')) {
      std::vector<std::int64_t> values;
      if (!accept(']')) {
        do {
          values.push_back(integer<std::int64_t>("an integer"));
        } while (accept(','));
        expect(']');
      }
      return values;
    }
    const std::string_view rest = text_.substr(offset_);
    if (rest.starts_with("function")) {
      fail(place, "a function, which only the program that wrote the text can know",
           "a number, a list, an array or a text");
    }
    const bool real_word = rest.starts_with("nan") || rest.starts_with("inf");
    if (!real_word && (c == 'f' || c == 'i' || c == 'b')) {
      const Type array_type = type();
      expect('{');
      return at(place, [&] {
        return with_element_type(array_type.dtype, [&]<class T>(std::type_identity<T>) {
          return Attribute{array_of<T>(array_type, place)};
        });
      });
    }
    const std::string_view token = number();
    if (token.find_first_not_of("-0123456789") == std::string_view::npos) {
      return number_as<std::int64_t>(token, place);
    }
    return number_as<double>(token, place);
  }

  // ---- lines

  void parse_header() {
    if (!text_.starts_with(header)) fail(here(), "no graph", "'" + std::string(header) + "' first");
    offset_ = header.size();
    end_line();
  }

  void parse_line() {
    skip_blanks();
    const char c = peek();
    if (at_end() || c == '\n' || c == '\r' || c == '#') return;
    if (c == '%') return parse_node();
    const std::size_t start = offset_;
    const std::string_view keyword = word();
    if (keyword == "output") {
      builder_.output(node_reference());
    } else if (keyword == "scope") {
      parse_scope();
    } else {
      offset_ = start;
      fail_expecting("'%', 'scope' or 'output'");
    }
  }

  void parse_scope() {
    skip_blanks();
    const Place place = here();
    expect('@');
    const auto id = integer<ScopeId>("the number of a scope");
    if (id != scopes_ + 1) fail(place, "scope @" + std::to_string(id), "@" + std::to_string(scopes_ + 1));
    expect('=');
    skip_blanks();
    const Place parent_place = here();
    expect('@');
    const auto parent = integer<ScopeId>("the number of a scope");
    const std::string name = string();
    at(parent_place, [&] { builder_.add_scope(parent, name); });
    ++scopes_;
  }

  void parse_node() {
    const Place place = here();
    expect('%');
    const auto id = integer<NodeId>("the number of a node");
    if (id != builder_.size()) fail(place, "node %" + std::to_string(id), "%" + std::to_string(builder_.size()));
    expect('=');
    skip_blanks();
    const Place name_place = here();
    const std::string_view name = word();
    if (name.empty()) fail_expecting("the name of an operation");
    OperationId operation{};
    if (find_operation(name, &operation) == nullptr) {
      fail(name_place, "unknown operation '" + std::string(name) + "'", {},
           "an operation is known once it has been registered");
    }
    operands_.clear();
    skip_blanks();
    if (peek() == '%') {
      do {
        operands_.push_back(node_reference());
      } while (accept(','));
    }
    skip_blanks();
    Attribute value;
    if (const char c = peek(); c != ':' && c != '\0' && c != '\n' && c != '\r' && c != '#') value = attribute();
    expect(':');
    skip_blanks();
    const Place type_place = here();
    const Type stated = type();
    if (operation == variable_operation) {
      if (!operands_.empty() || !std::holds_alternative<std::monostate>(value)) {
        fail(name_place, "a variable with operands or an attribute");
      }
      at(name_place, [&] { builder_.variable(stated); });
    } else {
      at(name_place, [&] { builder_.add(operation, operands_, std::move(value)); });
      if (builder_.type(id) != stated) {
        fail(type_place, std::string(name) + " gives " + to_string(builder_.type(id)) + ", not " + to_string(stated));
      }
    }
    parse_clauses(id);
  }

  void parse_clauses(NodeId id) {
    bool named = false;
    bool scoped = false;
    bool located = false;
    const auto once = [](bool& seen, const Place& place, std::string_view keyword) {
      if (std::exchange(seen, true)) fail(place, "a second '" + std::string(keyword) + "'");
    };
    for (;;) {
      skip_blanks();
      const Place place = here();
      const std::string_view keyword = run(is_word);
      if (keyword.empty()) return;
      if (keyword == "name") {
        once(named, place, keyword);
        const std::string name = string();
        at(place, [&] { builder_.set_name(id, name); });
      } else if (keyword == "in") {
        once(scoped, place, keyword);
        expect('@');
        const auto scope = integer<ScopeId>("the number of a scope");
        at(place, [&] { builder_.set_scope(id, scope); });
      } else if (keyword == "at") {
        once(located, place, keyword);
        const std::string file = string();
        expect(':');
        const auto line = integer<std::uint32_t>("a line number");
        skip_blanks();
        const std::string function = peek() == '"' ? string() : std::string();
        at(place, [&] { builder_.set_location(id, Location{file, line, function}); });
      } else if (keyword == "adjoint") {
        // The primal node may stand further down, so ties wait for the end.
        expect('%');
        const auto primal = integer<NodeId>("the number of a node");
        std::int32_t operand = AdjointLink::itself;
        if (peek() == '.') {
          ++offset_;
          const Place operand_place = here();
          operand = integer<std::int32_t>("the number of an operand");
          if (operand < 0) fail(operand_place, "the number of an operand is negative");
        }
        ties_.push_back({place, id, primal, operand});
      } else {
        offset_ = place.offset;
        fail_expecting("'name', 'in', 'at', 'adjoint' or the end of the line");
      }
    }
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  ScopeId scopes_ = 0;  // so far, without the root
  GraphBuilder builder_;
  std::vector<NodeId> operands_;  // of the node that is being read
  std::vector<PendingTie> ties_;
};

}  // namespace

void write_text(const Graph& graph, const TextSink& sink, const TextOptions& options) {
  Writer(sink, options).write(graph);
}

std::string to_text(const Graph& graph, const TextOptions& options) {
  std::string text;
  write_text(
      graph, [&](std::string_view piece) { text += piece; }, options);
  return text;
}

Graph from_text(std::string_view text) { return Parser(text).parse(); }

}  // namespace wengert::graph
