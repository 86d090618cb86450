#include "cli/output/object_format.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/output/image_shape.h"

namespace nacre::cli {
namespace {

using oci::OrderedJson;

OrderedJson image() {
  return {{"Id", "sha256:abc"},
          {"RepoTags", {"app:1"}},
          {"Size", 1234},
          {"Config",
           {{"User", ""},
            {"ExposedPorts", {{"80/tcp", OrderedJson::object()}}},
            {"Env", {"PATH=/bin", "A=b"}},
            {"Cmd", {"/bin/sh", "-c", "x"}},
            {"Entrypoint", nullptr},
            {"Labels", nullptr},
            {"WorkingDir", "/<w>"}}}};
}

std::string inspected(const std::string& format) {
  const std::vector<OrderedJson> objects{image()};
  try {
    return format_inspected(format, objects, &image_inspect_shape());
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(ObjectFormat, PrintsDocuments) {
  const std::vector<OrderedJson> objects{{{"b", 1}, {"a", "<>"}}, {{"c", nullptr}}};
  EXPECT_EQ(format_inspected("json", objects), "[{\"b\":1,\"a\":\"<>\"},{\"c\":null}]\n");
  EXPECT_EQ(format_inspected("", std::span(objects).first(1)),
            "[\n    {\n        \"b\": 1,\n        \"a\": \"<>\"\n    }\n]\n");
  EXPECT_EQ(format_inspected("", {}), "[]\n");
  EXPECT_EQ(format_inspected("{{.a}}", {}), "\n");
  EXPECT_EQ(format_objects("json", objects), "{\"b\":1,\"a\":\"<>\"}\n{\"c\":null}\n");
  EXPECT_EQ(format_objects("{{json .}}", objects), format_objects("json", objects));
}

TEST(ObjectFormat, SeesAnImageAsDockerDoes) {
  EXPECT_EQ(inspected("{{.ID}} {{.Id}} {{.Size}}"), "sha256:abc sha256:abc 1234\n");
  EXPECT_EQ(inspected("{{.Config.Entrypoint}}|{{.Config.Labels}}|{{.Config.Healthcheck}}|{{.Config.OnBuild}}"),
            "[]|map[]|<nil>|[]\n");
  EXPECT_EQ(inspected("{{.Config.ExposedPorts}} {{.Config.Cmd}} {{.Config.User}}."),
            "map[80/tcp:{}] [/bin/sh -c x] .\n");
  EXPECT_EQ(inspected("[{{index .Config.Labels \"x\"}}] {{.Config.Labels.x}}"), "[] <no value>\n");
  EXPECT_EQ(inspected("{{join .Config.Cmd \" \"}}{{range .Config.Env}} {{.}}{{end}}"), "/bin/sh -c x PATH=/bin A=b\n");
  EXPECT_EQ(inspected("{{json .Config.Cmd}} {{json .Config.Labels}} {{json .Config.WorkingDir}}"),
            "[\"/bin/sh\",\"-c\",\"x\"] null \"/<w>\"\n");
}

TEST(ObjectFormat, SaysWhatAnImageLacks) {
  EXPECT_EQ(inspected("{{.Nope}}"),
            "template parsing error: template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"");
  EXPECT_EQ(
      inspected("{{.Config.Nope}}"),
      "template parsing error: template: :1:9: executing \"\" at <.Config.Nope>: map has no entry for key \"Nope\"");
  EXPECT_EQ(inspected("{{.Id"), "template parsing error: template: :1: unclosed action");
}

}  // namespace
}  // namespace nacre::cli
