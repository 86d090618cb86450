#include "oci/json.h"

#include <gtest/gtest.h>

#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

std::string parse_error(const std::string& text) {
  return error_of([&] { parse_json(text); });
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

TEST(ParseJson, ReadsWholeDocuments) {
  EXPECT_EQ(parse_json(R"( {"a": [1, "x", null, true]} )")["a"].size(), 4U);
  EXPECT_EQ(parse_json("3"), Json(3));
  EXPECT_EQ(parse_json(R"("\u00e9\ud83d\ude00")"), Json("é😀"));
}

TEST(ParseJson, LastOfDuplicateKeysCounts) {
  const Json json = parse_json(R"({"size": 1, "size": {"x": 2}, "size": 3, "a": 0})");
  EXPECT_EQ(json["size"], Json(3));
  EXPECT_EQ(json.size(), 2U);
}

TEST(ParseJson, NamesThePlaceOfBadSyntax) {
  EXPECT_EQ(parse_error(""),
            "corrupt: read JSON: line 1, column 1: syntax error while parsing value - unexpected end of input; "
            "expected '[', '{', or a literal");
  EXPECT_TRUE(parse_error("{\n \"a\": tru}").starts_with("corrupt: read JSON: line 2, column "));
  for (const char* text :
       {"{",           "[",           "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}",    "'a'",    "[1] x",   "{}{}",
        "nul",         "01",          "+1",   ".5",       "1.",        "\"a",      "\"\n\"", "\"\\x\"", "\"\\u12\"",
        "[1 // no\n]", "\"\\ud800\"", "NaN",  "-",        "\x01",      "[\"\\\"]", "}",      "]"}) {
    EXPECT_TRUE(parse_error(text).starts_with("corrupt: read JSON: line ")) << text;
  }
}

TEST(ParseJson, RefusesInvalidUtf8) {
  for (const char* text : {"\"\xff\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xE2\x82\"", "{\"\x80\": 1}"}) {
    EXPECT_NE(parse_error(text).find("ill-formed UTF-8"), std::string::npos) << text;
  }
}

TEST(ParseJson, RefusesNumbersNothingHolds) {
  EXPECT_EQ(parse_error("1e999"), "corrupt: read JSON: number overflow parsing '1e999'");
}

TEST(ParseJson, ErrorsStayShort) {
  EXPECT_LT(parse_error("\"" + std::string(1'000'000, 'a')).size(), 300U);
  EXPECT_LT(parse_error(std::string(1'000'000, 'a')).size(), 300U);
  EXPECT_LT(parse_error("1e" + std::string(1'000'000, '9')).size(), 300U);
}

TEST(ParseJson, BoundsDepth) {
  const auto nested = [](std::size_t depth) { return repeat("[", depth) + repeat("]", depth); };
  EXPECT_NO_THROW(parse_json(nested(max_json_depth)));
  EXPECT_EQ(parse_error(nested(max_json_depth + 1)), "corrupt: read JSON: nested more than 100 deep at byte 101");
  EXPECT_TRUE(parse_error(nested(2'000'000)).starts_with("corrupt: read JSON: nested more than"));
  EXPECT_TRUE(parse_error(repeat("{\"a\":", 1'000'000)).starts_with("corrupt: read JSON: nested more than"));
  // Brackets in strings do not nest, and closed ones do not add up.
  EXPECT_NO_THROW(parse_json("[\"" + repeat("[", 1000) + "\\\"" + repeat("{", 1000) + "\\\\\"]"));
  EXPECT_NO_THROW(parse_json("[" + repeat("[],", 1000) + "[]]"));
}

TEST(ParseJson, BoundsSize) {
  const std::string fits = "\"" + std::string(max_json_size - 2, 'a') + "\"";
  EXPECT_NO_THROW(parse_json(fits));
  EXPECT_EQ(parse_error(fits + " "), "corrupt: read JSON: document of 8388609 bytes, more than the 8388608 allowed");
}

TEST(ParseJson, BoundsTheNumberOfValues) {
  EXPECT_NO_THROW(parse_json("[" + repeat("0,", max_json_values - 3) + "0]"));
  EXPECT_TRUE(parse_error("[" + repeat("0,", max_json_values) + "0]").starts_with("corrupt: read JSON: more than"));
  EXPECT_TRUE(parse_error("[" + repeat("{},", max_json_values) + "{}]").starts_with("corrupt: read JSON: more than"));
}

const Json sample = parse_json(R"({
  "text": "t", "number": 7, "negative": -7, "float": 1.5, "large": 18446744073709551615, "max": 9223372036854775807,
  "flag": true, "null": null, "list": ["a", "b"], "mixed": ["a", 1], "empty": [],
  "map": {"b": "2", "a": "1", "n": null}, "bad map": {"k": 1}, "set": {"80/tcp": {}, "443/tcp": null},
  "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})");

TEST(Fields, AreThereOrNot) {
  EXPECT_EQ(*optional_field(sample, "text"), Json("t"));
  EXPECT_EQ(optional_field(sample, "null"), nullptr);
  EXPECT_EQ(optional_field(sample, "absent"), nullptr);
  EXPECT_EQ(optional_field(sample, "Text"), nullptr);
  EXPECT_EQ(error_of([] { optional_field(Json::array(), "size"); }),
            "corrupt: field 'size': expected it in an object, found array");
}

TEST(Fields, Strings) {
  EXPECT_EQ(string_field(sample, "text"), "t");
  EXPECT_EQ(optional_string(sample, "text"), "t");
  EXPECT_EQ(optional_string(sample, "null"), std::nullopt);
  EXPECT_EQ(error_of([] { string_field(sample, "absent"); }), "corrupt: field 'absent': missing");
  EXPECT_EQ(error_of([] { string_field(sample, "null"); }), "corrupt: field 'null': missing");
  EXPECT_EQ(error_of([] { optional_string(sample, "list"); }), "corrupt: field 'list': expected a string, found array");
}

TEST(Fields, Integers) {
  EXPECT_EQ(size_field(sample, "number"), 7U);
  EXPECT_EQ(size_field(sample, "max"), 9223372036854775807U);
  EXPECT_EQ(integer_field(sample, "negative"), -7);
  EXPECT_EQ(integer_field(sample, "absent"), 0);
  EXPECT_EQ(error_of([] { size_field(sample, "absent"); }), "corrupt: field 'absent': missing");
  EXPECT_EQ(error_of([] { size_field(sample, "negative"); }), "corrupt: field 'negative': -7 is negative");
  EXPECT_EQ(error_of([] { size_field(sample, "large"); }), "corrupt: field 'large': 18446744073709551615 is too large");
  EXPECT_EQ(error_of([] { size_field(sample, "float"); }), "corrupt: field 'float': expected an integer, found number");
  EXPECT_EQ(error_of([] { size_field(sample, "text"); }), "corrupt: field 'text': expected an integer, found string");
  EXPECT_EQ(error_of([] { integer_field(sample, "flag"); }),
            "corrupt: field 'flag': expected an integer, found boolean");
}

TEST(Fields, Flags) {
  EXPECT_TRUE(flag_field(sample, "flag"));
  EXPECT_FALSE(flag_field(sample, "absent"));
  EXPECT_EQ(error_of([] { flag_field(sample, "number"); }),
            "corrupt: field 'number': expected a boolean, found number");
}

TEST(Fields, Digests) {
  EXPECT_EQ(digest_field(sample, "digest"), Digest::of(""));
  EXPECT_EQ(error_of([] { digest_field(sample, "text"); }),
            "corrupt: field 'text': digest 't': invalid checksum digest format");
}

TEST(Fields, Collections) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(string_list(sample, "list"), (Strings{"a", "b"}));
  EXPECT_EQ(string_list(sample, "null"), Strings{});
  EXPECT_EQ(error_of([] { string_list(sample, "mixed"); }),
            "corrupt: field 'mixed[1]': expected a string, found number");
  EXPECT_EQ(error_of([] { string_list(sample, "map"); }),
            "corrupt: field 'map': expected an array of strings, found object");
  EXPECT_EQ(string_map(sample, "map"), (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"n", ""}}));
  EXPECT_EQ(error_of([] { string_map(sample, "bad map"); }),
            "corrupt: field 'bad map.k': expected a string, found number");
  EXPECT_EQ(error_of([] { string_map(sample, "list"); }),
            "corrupt: field 'list': expected an object of strings, found array");
  EXPECT_EQ(key_set(sample, "set"), (Strings{"443/tcp", "80/tcp"}));
  EXPECT_EQ(key_set(sample, "absent"), Strings{});
  EXPECT_EQ(error_of([] { key_set(sample, "list"); }), "corrupt: field 'list': expected an object, found array");
}

TEST(Fields, ObjectsAndArrays) {
  EXPECT_EQ(&as_object(sample, "document"), &sample);
  EXPECT_EQ(error_of([] { as_object(Json(1), "document"); }), "corrupt: document: expected an object, found number");
  EXPECT_EQ(as_array(sample["list"], "list").size(), 2U);
  EXPECT_EQ(error_of([] { as_array(sample, "layers"); }), "corrupt: layers: expected an array, found object");
}

}  // namespace
}  // namespace nacre::oci
