// Weights in files: what is written is read, bit for bit, and what is no such file is refused.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "hostile.hpp"
#include "temporary_folder.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/safetensors.hpp"

namespace {

using namespace wengert;
using nn::Metadata;
using nn::NamedTensor;
using nn::parse_safetensors;
using nn::to_safetensors;
using test::raw;
using test::refusal;

/// Header and elements as a file.
std::string file_of(const std::string& header, const std::string& elements = "") {
  return raw<std::uint64_t>({header.size()}) + header + elements;
}
/// A file of the one tensor "w" with this dtype, shape and place.
std::string file_of(const std::string& dtype, const std::string& shape, const std::string& place,
                    const std::string& elements = "") {
  return file_of(R"({"w":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + place + "}}",
                 elements);
}

std::vector<NamedTensor> of_every_dtype() {
  const float inf = std::numeric_limits<float>::infinity();
  const bool truths[] = {true, false, true};
  const std::int64_t longs[] = {INT64_MIN, 7};
  const std::int32_t ints[] = {INT32_MIN, 8, 9};
  const float floats[] = {-0.0F, inf, 1e-45F, 0.1F};
  return {{"truths", Tensor(Array::from(std::span<const bool>(truths), Shape{3}))},
          {"deep.0.weight",
           Tensor(Array::from({0.1, 1e300, -0.0, 4, 5, std::numeric_limits<double>::quiet_NaN()}, Shape{2, 3}))},
          {"longs", Tensor(Array::from(std::span<const std::int64_t>(longs), Shape{2, 1}))},
          {"ints", Tensor(Array::from(std::span<const std::int32_t>(ints), Shape{3}))},
          {"Gewicht \"ü\"\n", Tensor(Array::from(std::span<const float>(floats), Shape{1, 2, 2}))},
          {"scalar", Tensor(Array::scalar(3))},
          {"", Tensor(Array::uniform({Dtype::f32, Shape{5}}, 0.25))},
          {"empty", Tensor(Array::zeros({Dtype::f64, Shape{0, 3}}))}};
}
bool same(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const NamedTensor& x, const NamedTensor& y) {
    return x.name == y.name && x.value.value().dense() == y.value.value().dense();
  });
}

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_bit_for_bit) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "model.safetensors").string();
  const auto tensors = of_every_dtype();
  const Metadata metadata{{"model", "mlp 2-3-1"}, {"", "\xC3\xBC\t"}};
  nn::write_safetensors(path, tensors, metadata);
  Metadata read{{"old", "text"}};
  BOOST_TEST(same(nn::read_safetensors(path, &read), tensors));
  BOOST_TEST((read == metadata));
  BOOST_TEST(same(nn::read_safetensors(path), tensors));
  BOOST_TEST((nn::file_bytes(path) == to_safetensors(tensors, metadata)));
  BOOST_TEST(parse_safetensors(to_safetensors({}), "f").empty());
}

BOOST_AUTO_TEST_CASE(the_file_is_what_the_format_says) {
  const std::vector<NamedTensor> tensors{{"b", Tensor(Array::from(std::vector<float>{1.5F}, Shape{1}))},
                                         {"a", Tensor(Array::from({2.0}, Shape{}))}};
  const std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
                             R"("a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  BOOST_TEST(to_safetensors(tensors, {{"k", "v"}}) == file_of(padded, raw<double>({2}) + raw<float>({1.5F})));
}

BOOST_AUTO_TEST_CASE(elements_may_lie_in_any_order) {
  const auto tensors = parse_safetensors(
      file_of(
          R"({"b" : {"shape": [2], "data_offsets":[1, 9], "dtype":"I32"},)"
          R"("a":{"dtype":"BOOL","shape":[1,1],"data_offsets":[0,1]}, "z":{"dtype":"I64","shape":[4,0],"data_offsets":[9,9]}}  )",
          "\x01" + raw<std::int32_t>({-3, 4})),
      "f");
  BOOST_TEST(tensors.size() == 3U);
  BOOST_TEST(tensors[0].name == "b");
  BOOST_TEST(to_string(tensors[0].value.value()) == "i32[2]{-3, 4}");
  BOOST_TEST(to_string(tensors[1].value.type()) == "bool[1,1]");
  BOOST_TEST(to_string(tensors[2].value.type()) == "i64[4,0]");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_offset_and_field) {
  const auto said = [](const std::string& file) { return refusal([&] { (void)parse_safetensors(file, "w.st"); }); };
  const std::string one = raw<double>({1});
  BOOST_TEST(said("1234567") == "byte 7 (length of the header): the file ends here; expected 8 bytes");
  BOOST_TEST(said(raw<std::uint64_t>({3}) + "{}") ==
             "byte 0 (length of the header): it is 3; expected at most the 2 that follow");
  BOOST_TEST(said(raw<std::uint64_t>({~std::uint64_t{0}}) + "{}") ==
             "byte 0 (length of the header): it is 18446744073709551615; expected at most the 2 that follow");
  BOOST_TEST(said(file_of(" {}")) == "byte 8 (header): it does not begin with {");
  BOOST_TEST(said(file_of("{}x")) == "byte 11 (header): it is no JSON");
  BOOST_TEST(said(file_of("{}", "x")) ==
             "byte 8 (header): the tensors have 0 bytes; expected 1, as many as follow the header");
  BOOST_TEST(said(file_of("{\"a\xff\":{}}")) == "byte 12 (header): it is no JSON");
  BOOST_TEST(said(file_of(R"({"a":1})")) == "byte 15 ('a'): a number does not belong here");
  BOOST_TEST(said(file_of(R"({"a":[]})")) == "byte 14 ('a'): an array does not belong here");
  BOOST_TEST(said(file_of(R"({"a":{}})")) == "byte 15 (tensor 'a'): it lacks dtype, shape or data_offsets");
  BOOST_TEST(said(file_of(R"({"a":{"x":1}})")) ==
             "byte 17 (tensor 'a', 'x'): no such entry of a tensor; expected dtype, shape and data_offsets");
  BOOST_TEST(said(file_of(R"({"__metadata__":{"k":1}})")) == "byte 31 (metadata 'k'): a number does not belong here");
  BOOST_TEST(said(file_of(R"({"__metadata__":{"k":"","k":""}})")) == "byte 38 (metadata 'k'): it stands twice");
  BOOST_TEST(said(file_of(R"({"__metadata__":{},"__metadata__":{}})")) == "byte 43 ('__metadata__'): it stands twice");
  BOOST_TEST(said(file_of("F16", "[4]", "[0,8]", one)) ==
             "byte 27 (tensor 'w', 'dtype'): it is 'F16'; expected F32, F64, I32, I64 or BOOL");
  BOOST_TEST(said(file_of("F64", "[1.0]", "[0,8]", one)) ==
             "byte 41 (tensor 'w', 'shape'): a number with a fraction or of more than 64 bits does not belong here");
  BOOST_TEST(said(file_of("F64", "[-1]", "[0,8]", one)) ==
             "byte 40 (tensor 'w', 'shape'): a negative number does not belong here");
  BOOST_TEST(said(file_of("F64", "[[1]]", "[0,8]", one)) ==
             "byte 38 (tensor 'w', 'shape'): an array does not belong here");
  BOOST_TEST(said(file_of("F64", "[1,1,1,1,1,1,1,1,1]", "[0,8]", one)) ==
             "byte 55 (tensor 'w', 'shape'): it has more than 8 axes");
  BOOST_TEST(said(file_of("F64", "[4611686018427387904,2]", "[0,8]", one)) ==
             "byte 59 (tensor 'w', 'shape'): it has more elements than can be counted");
  BOOST_TEST(said(file_of("F64", "[9223372036854775808]", "[0,8]", one)) ==
             "byte 57 (tensor 'w', 'shape'): an extent has more than 63 bits");
  BOOST_TEST(said(file_of("F64", "[1152921504606846976]", "[0,0]")) ==
             "byte 14 (tensor 'w'): its elements have 0 bytes; expected 1152921504606846976 of 8 for "
             "f64[1152921504606846976]");
  BOOST_TEST(said(file_of("F64", "[1]", "[0]", one)) ==
             "byte 58 (tensor 'w', 'data_offsets'): there are fewer than two");
  BOOST_TEST(said(file_of("F64", "[1]", "[0,8,8]", one)) ==
             "byte 62 (tensor 'w', 'data_offsets'): there are more than two");
  BOOST_TEST(said(file_of("F64", "[1]", "[0,16]", one)) ==
             "byte 14 (tensor 'w'): its elements end at byte 16; expected from 0 to 8, where the file ends");
  BOOST_TEST(said(file_of("F64", "[1]", "[8,0]", one)) ==
             "byte 14 (tensor 'w'): its elements end at byte 0; expected from 8 to 8, where the file ends");
  BOOST_TEST(said(file_of("F64", "[2]", "[0,8]", one)) ==
             "byte 14 (tensor 'w'): its elements have 8 bytes; expected 2 of 8 for f64[2]");
  BOOST_TEST(said(file_of("F64", "[1]", "[8,16]", one + one)) ==
             "byte 14 (tensor 'w'): its elements begin at byte 8; expected 0, where those before it end");
  BOOST_TEST(said(file_of("BOOL", "[3]", "[0,3]", std::string("\0\1\2", 3))) ==
             "byte 65 (tensor 'w'): a boolean is neither 0 nor 1");
  const std::string entry = R"({"dtype":"F64","shape":[1],"data_offsets":[0,8]})";
  BOOST_TEST(
      said(file_of("{\"a\":" + entry + ",\"a\":" + entry + "}", one)).ends_with("(tensor 'a'): it stands twice"));
  BOOST_TEST(said(file_of("{\"a\":" + entry + ",\"b\":" + entry + "}", one))
                 .ends_with("(tensor 'b'): its elements begin at byte 0; expected 8, where those before it end"));
  BOOST_TEST(
      said(file_of(R"({"a":{"dtype":"F64","dtype":"F64"}})")).ends_with("(tensor 'a', 'dtype'): it stands twice"));
  // Depth is no matter: the second bracket is refused.
  BOOST_TEST(said(file_of("{\"a\":" + std::string(1'000'000, '['))) == "byte 14 ('a'): an array does not belong here");
  BOOST_TEST(said(file_of("{\"a\":" + std::string(1'000'000, '{'))).ends_with("it is no JSON"));
}

BOOST_AUTO_TEST_CASE(a_failed_read_leaves_the_texts_alone) {
  Metadata metadata{{"old", "text"}};
  const std::string file = file_of(R"({"__metadata__":{"k":"v"}})", "x");
  BOOST_TEST(!refusal([&] { (void)parse_safetensors(file, "f", &metadata); }).empty());
  BOOST_TEST((metadata == Metadata{{"old", "text"}}));
}

BOOST_AUTO_TEST_CASE(names_that_cannot_be_written) {
  const auto said = [](const std::vector<NamedTensor>& tensors, const Metadata& metadata = {}) {
    try {
      (void)to_safetensors(tensors, metadata);
    } catch (const ArgumentError& error) {
      return error.detail().problem;
    }
    return std::string();
  };
  const Tensor x(Array::scalar(1));
  BOOST_TEST(said({{"a", x}, {"b", x}, {"a", x}}) == "the name 'a' stands twice");
  BOOST_TEST(said({{"__metadata__", x}}) == "the name '__metadata__' is that of the texts");
  BOOST_TEST(said({{"\xff", x}}) == "the name or text '\\xff' is not UTF-8");
  BOOST_TEST(said({}, {{"a", "\xff"}}) == "the name or text '\\xff' is not UTF-8");
}

BOOST_AUTO_TEST_CASE(hostile_files) {
  test::Hostile hostile(16, 8192);
  const auto read = [](const std::string& file) { (void)parse_safetensors(file, "f"); };
  const std::string good = to_safetensors(of_every_dtype(), {{"k", "v"}});
  hostile.meet_truncations(good, read);
  BOOST_TEST(hostile.refused() == hostile.files());
  hostile.meet_mutations(good, 2000, read);
  for (int k = 0; k < 64; ++k) hostile.meet(raw<std::uint64_t>({std::uint64_t{1} << k}) + good.substr(8), read);
  // As many tensors as a file of its size can name.
  std::string many = "{";
  for (int k = 0; k < 20'000; ++k)
    many += (k > 0 ? ",\"" : "\"") + std::to_string(k) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  hostile.meet(file_of(many + "}"), read);
  hostile.meet(file_of(many), read);
  hostile.meet(file_of("{\"" + std::string(200'000, 'a') + "\":1}"), read);
  hostile.meet(file_of("{\"a\":" + std::string(200'000, '1') + "}"), read);
  BOOST_TEST(hostile.files() > 2000U);
  BOOST_TEST(hostile.refused() > 1000U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
