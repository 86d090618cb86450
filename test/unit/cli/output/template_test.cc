#include "cli/output/template.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace nacre::cli {
namespace {

using testing::HasSubstr;

std::string run(const std::string& text, const Json& data = {}, TemplateOptions options = {}) {
  try {
    return Template::parse(text, options).execute(data);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    return error.message();
  }
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) {
    result += text;
  }
  return result;
}

// What Go has gained since the version that made the golden file; the expectations are what docker 28 printed.
TEST(Template, KnowsGo124) {
  EXPECT_EQ(run("{{range 3}}x{{.}}{{end}}"), "x0x1x2");
  EXPECT_EQ(run("{{range $i := 2}}{{$i}}{{end}}"), "01");
  EXPECT_EQ(run("{{range 0}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(run("{{range -1}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(run("{{range .n}}{{printf \"%T\" .}} {{end}}", {{"n", 2}}), "int64 int64 ");
  EXPECT_EQ(run("{{$x := 3}}{{range $i, $e := 3}}{{$i}}{{end}}"),
            "template: :1:29: executing \"\" at <3>: can't use 3 to iterate over more than one variable");
  EXPECT_EQ(run("{{with .nope}}a{{else with .name}}b{{.}}{{else}}c{{end}}", {{"name", "n"}}), "bn");
  EXPECT_EQ(run("{{with .nope}}a{{else with .nope}}b{{else}}c{{end}}", {{"name", "n"}}), "c");
  EXPECT_EQ(run("{{if 0}}a{{else with 1}}b{{end}}"), "template: :1: unexpected <with> in input");
  EXPECT_EQ(run("{{$x := 0}}{{range $x = .}}{{end}}{{$x}}", {"a", "b"}), "b");
  EXPECT_EQ(run("{{$i := 0}}{{$x := 0}}{{range $i, $x = .}}{{end}}{{$i}}{{$x}}", {"a", "b"}), "1b");
}

TEST(Template, HasNothingToCall) {
  EXPECT_EQ(run("{{call .name}}", {{"name", "n"}}),
            "template: :1:2: executing \"\" at <call .name>: error calling call: non-function .name of type string");
  EXPECT_EQ(run("{{call nil}}"), "template: :1:2: executing \"\" at <call nil>: error calling call: call of nil");
  EXPECT_EQ(run("{{1 | call}}"),
            "template: :1:6: executing \"\" at <call>: error calling call: non-function of type int");
}

TEST(Template, MissingFieldsCanBeErrors) {
  const TemplateOptions strict{.shape = nullptr, .missing_field = MissingField::error, .json_keys = KeyOrder::sorted};
  EXPECT_EQ(run("{{.nope}}", Json::object(), strict),
            "template: :1:2: executing \"\" at <.nope>: map has no entry for key \"nope\"");
  EXPECT_EQ(run("{{.a.nope}}", {{"a", {{"b", 1}}}}, strict),
            "template: :1:4: executing \"\" at <.a.nope>: map has no entry for key \"nope\"");
  EXPECT_EQ(run("{{.nope}}", Json(), strict),
            "template: :1:2: executing \"\" at <.nope>: nil data; no entry for key \"nope\"");
  EXPECT_EQ(run("{{index . \"nope\"}}", {{"a", 1}}, strict), "<no value>");
}

TEST(Template, KeepsTheOrderOfKeysWhereAsked) {
  const Json data = {{"z", 1}, {"a", {{"y", "1"}, {"b", 2}}}};
  EXPECT_EQ(run("{{json .}}", data), R"({"a":{"b":2,"y":"1"},"z":1})");
  EXPECT_EQ(run("{{json .}}{{json .a}}", data, {.shape = nullptr, .json_keys = KeyOrder::as_given}),
            R"({"z":1,"a":{"y":"1","b":2}}{"y":"1","b":2})");
  // What is known to be a map is sorted all the same.
  EXPECT_EQ(run("{{json .}}", {{"b", "1"}, {"a", "2"}}, {.shape = &shapes::text_map, .json_keys = KeyOrder::as_given}),
            R"({"a":"2","b":"1"})");
}

TEST(Template, RunsAgainAndAgain) {
  const Template names = Template::parse("{{$n := .name}}{{$n}};");
  EXPECT_EQ(names.execute({{"name", "a"}}) + names.execute({{"name", "b"}}), "a;b;");
}

TEST(Template, PartsOutliveWhatTheyWereTakenFrom) {
  EXPECT_EQ(run("{{$x := index (split \"long enough to need memory:b\" \":\") 0}}{{$x}}"),
            "long enough to need memory");
  EXPECT_EQ(run("{{$x := \"\"}}{{range split \"a:long enough to need memory\" \":\"}}{{$x = .}}{{end}}{{$x}}"),
            "long enough to need memory");
  EXPECT_EQ(run("{{$x := slice (print \"long enough to need\" \" memory\") 1 4}}{{$x}}"), "ong");
  EXPECT_EQ(run("{{$x := slice (split \"a:b:long enough to need memory\" \":\") 1}}{{index $x 1}}"),
            "long enough to need memory");
}

TEST(Template, HeadersLeaveTitlesAlone) {
  const Json titles = {{"ID", "IMAGE ID"}, {"Tag", "TAG"}};
  const auto header = [&](const char* text) { return Template::parse(text).execute_header(titles); };
  EXPECT_EQ(header("{{.ID}}\t{{lower .Tag}}\t{{truncate .ID 2}}"), "IMAGE ID\tTAG\tIMAGE ID");
  EXPECT_EQ(header("{{json .ID}}{{title .ID}}{{upper .ID}}{{split .ID \" \"}}{{join .ID \",\"}}"),
            "IMAGE IDIMAGE IDIMAGE IDIMAGE IDIMAGE ID");
  EXPECT_EQ(header("{{pad .Tag 1 2}}|{{len .ID}}|{{.Nope}}"), " TAG  |8|<no value>");
  EXPECT_EQ(header("{{.Tag}} {{json .}} after"), "TAG ");
}

TEST(Template, BoundsNesting) {
  EXPECT_EQ(run(repeated("{{if 1}}", 200) + "x" + repeated("{{end}}", 200)), "x");
  EXPECT_EQ(run(repeated("{{if 1}}", 100'000)), "template: :1: exceeded maximum nesting (250)");
  EXPECT_EQ(run("{{" + repeated("(", 100'000)), "template: :1: exceeded maximum nesting (250)");
  EXPECT_EQ(run("{{if 0}}" + repeated("{{else if 0}}", 100'000) + "{{end}}"),
            "template: :1: exceeded maximum nesting (250)");
}

TEST(Template, BoundsRecursion) {
  EXPECT_EQ(run("{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}"),
            "template: :1:25: executing \"x\" at <{{template \"x\"}}>: exceeded maximum template depth (1000)");
  const std::string deep = "{{define \"x\"}}" + repeated("{{if 1}}{{with (((1)))}}", 50) + "{{template \"x\"}}" +
                           repeated("{{end}}{{end}}", 50) + "{{end}}{{template \"x\"}}";
  EXPECT_THAT(run(deep), HasSubstr("exceeded maximum depth (1500)"));
}

TEST(Template, BoundsTimeAndText) {
  EXPECT_THAT(run("{{range 100000}}{{range 100000}}{{end}}{{end}}"), HasSubstr("exceeded the limit of 10000000 steps"));
  EXPECT_THAT(run("{{range 1000000000}}{{printf \"%1000000d\" .}}{{end}}"), HasSubstr("exceeded the limit of 64 MiB"));
  EXPECT_THAT(run("{{pad \"x\" 9000000000000000000 9000000000000000000}}"), HasSubstr("exceeded the limit of 64 MiB"));
  EXPECT_THAT(run("{{$x := \"xx\"}}{{range 100}}{{$x = print $x $x}}{{end}}"),
              HasSubstr("exceeded the limit of 64 MiB"));
  EXPECT_THAT(run("{{printf \"%.1000000f\" 1.0 | len}}"), "1000002");
}

TEST(Template, TakesTextThatIsNotUtf8) {
  EXPECT_EQ(run("\xff{{\"\xfe\"}}{{printf \"%q %x\" \"\xfe\" \"\xfe\"}}"), "\xff\xfe\"\\xfe\" fe");
  EXPECT_EQ(run("{{upper \"\xfe\"}}"), "\xEF\xBF\xBD");
  EXPECT_EQ(run("{{\xff}}"), "template: :1: unrecognized character in action: U+FFFD '\xEF\xBF\xBD'");
  EXPECT_EQ(run(std::string("{{\0}}", 5)), "template: :1: unrecognized character in action: U+0000");
}

}  // namespace
}  // namespace nacre::cli
