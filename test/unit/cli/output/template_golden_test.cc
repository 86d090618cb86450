// Go's own text/template is the oracle: test/golden/template/generate.go ran every case through it.
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/output/template.h"

namespace nacre::cli {
namespace {

// The types of generate.go.
constexpr Shape::Field health_fields[] = {{"Test", "Test", &shapes::text_list},
                                          {"Retries", "Retries", &shapes::integer}};
constexpr Shape health{Shape::Kind::structure, "main.health", nullptr, health_fields};
constexpr Shape health_pointer{Shape::Kind::pointer, "*main.health", &health};
constexpr Shape::Field config_fields[] = {
    {"User", "User", &shapes::text},
    {"Env", "Env", &shapes::text_list},
    {"Entrypoint", "Entrypoint", &shapes::text_list},
    {"ExposedPorts", "ExposedPorts", &shapes::set},
    {"Volumes", "Volumes", &shapes::set},
    {"Labels", "Labels", &shapes::text_map},
    {"Tty", "Tty", &shapes::boolean},
    {"StopTimeout", "StopTimeout", &shapes::integer},
    {"Healthcheck", "Healthcheck", &health_pointer},
};
constexpr Shape config{Shape::Kind::structure, "main.config", nullptr, config_fields};
constexpr Shape::Field image_fields[] = {
    {"ID", "Id", &shapes::text},
    {"Size", "Size", &shapes::integer},
    {"Tags", "Tags", &shapes::text_list},
    {"Config", "Config", &config},
};
constexpr Shape image{Shape::Kind::structure, "main.image", nullptr, image_fields};

// Where we differ from Go 1.19 on purpose, with what we say instead.
const std::map<std::string, std::string>& differences() {
  static const std::map<std::string, std::string> known{
      // Go 1.24, which docker is built with, found better words.
      {"{{1)}}", "error: template: :1: unexpected right paren"},
      {"{{(1))}}", "error: template: :1: unexpected right paren"},
      // So did we.
      {"{{''}}", "error: template: :1: malformed character constant: ''"},
      {R"({{'\''}} {{'\"'}})", R"(error: template: :1: malformed character constant: '\"')"},
      // We do not remember that a structure was reached through a pointer.
      {"{{.Config.Healthcheck.Nope}}",
       "error: template: :1:9: executing \"\" at <.Config.Healthcheck.Nope>: can't evaluate field Nope in type "
       "main.health"},
  };
  return known;
}

std::string run(const std::string& text, const Json& data, const Shape* shape) {
  try {
    return "output: " + Template::parse(text, {.shape = shape}).execute(data);
  } catch (const Error& error) {
    return "error: " + error.message();
  }
}

TEST(TemplateGolden, AgreesWithGo) {
  std::ifstream file(NACRE_SOURCE_DIR "/test/golden/template/cases.json");
  const Json groups = Json::parse(file);
  int compared = 0;
  for (const Json& group : groups) {
    const Shape* const shape = group.at("image").get<bool>() ? &image : nullptr;
    for (const Json& expected : group.at("cases")) {
      const std::string text = expected.at("template");
      std::string wanted = expected.contains("output") ? "output: " + expected.at("output").get<std::string>()
                                                       : "error: " + expected.at("error").get<std::string>();
      if (const auto difference = differences().find(text); difference != differences().end()) {
        wanted = difference->second;
      }
      EXPECT_EQ(run(text, group.at("data"), shape), wanted) << text;
      ++compared;
    }
  }
  EXPECT_GE(compared, 500);
}

}  // namespace
}  // namespace nacre::cli
