#include <limits>

#include <gtest/gtest.h>

#include "oci/json.h"
#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

// The expected texts are what Go's json.Marshal writes for the same values.
TEST(GoJson, EscapesAsGo) {
  const auto text = [](std::string_view value) { return to_go_json(OrderedJson(std::string(value))); };
  EXPECT_EQ(text("plain"), R"("plain")");
  EXPECT_EQ(text("<a href=\"x\">&</a>"), R"("\u003ca href=\"x\"\u003e\u0026\u003c/a\u003e")");
  EXPECT_EQ(text("back\\slash /"), R"("back\\slash /")");
  EXPECT_EQ(text("\n\r\t\b\f"), R"("\n\r\t\u0008\u000c")");
  EXPECT_EQ(text(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(text("größe ☃ 🐳"), "\"größe ☃ 🐳\"");
  EXPECT_EQ(text("\u2028\u2029\u2030"), "\"\\u2028\\u2029\u2030\"");
  EXPECT_EQ(text("a\xff\xE2\x82z"), R"("a\ufffd\ufffd\ufffdz")");
  EXPECT_EQ(text("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");
}

TEST(GoJson, KeepsHtmlWhenAsked) {
  const OrderedJson value = {{"<k>", "a && b\u2028"}};
  EXPECT_EQ(to_go_json(value, GoHtml::keep), R"({"<k>":"a && b\u2028"})");
  EXPECT_EQ(to_go_json(value), R"({"\u003ck\u003e":"a \u0026\u0026 b\u2028"})");
}

TEST(GoJson, WritesNumbersAsGo) {
  const auto text = [](auto number) { return to_go_json(OrderedJson(number)); };
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(text(0.0), "0");
  EXPECT_EQ(text(-0.0), "-0");
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(100.0), "100");
  EXPECT_EQ(text(1e-6), "0.000001");
  EXPECT_EQ(text(1.5e-7), "1.5e-7");
  EXPECT_EQ(text(1e-10), "1e-10");
  EXPECT_EQ(text(1e20), "100000000000000000000");
  EXPECT_EQ(text(1e21), "1e+21");
  EXPECT_EQ(text(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(text(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(text(5e-324), "5e-324");
  EXPECT_THROW(text(std::numeric_limits<double>::infinity()), Error);
  EXPECT_THROW(text(std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST(GoJson, KeepsTheOrderOfFields) {
  const OrderedJson value = {{"z", 1}, {"a", OrderedJson::array({true, nullptr, "x"})}, {"m", OrderedJson::object()}};
  EXPECT_EQ(to_go_json(value), R"({"z":1,"a":[true,null,"x"],"m":{}})");
}

TEST(GoJson, IndentsAsMarshalIndent) {
  const OrderedJson value = OrderedJson::array({{{"Id", "sha256:1"},
                                                 {"Tags", OrderedJson::array()},
                                                 {"Labels", OrderedJson::object()},
                                                 {"Config", {{"Cmd", {"sh", "<"}}, {"Env", nullptr}}}}});
  EXPECT_EQ(to_go_json_indented(value, 4), R"([
    {
        "Id": "sha256:1",
        "Tags": [],
        "Labels": {},
        "Config": {
            "Cmd": [
                "sh",
                "<"
            ],
            "Env": null
        }
    }
])");
  EXPECT_EQ(to_go_json_indented(OrderedJson::array(), 4), "[]");
  EXPECT_EQ(to_go_json_indented(OrderedJson({{"a", "<"}}), 2, GoHtml::escape), "{\n  \"a\": \"\\u003c\"\n}");
}

}  // namespace
}  // namespace nacre::oci
