#include "oci/image_config.h"

#include <gtest/gtest.h>

#include "test/unit/oci/documents.h"
#include "test/unit/oci/errors.h"

namespace nacre::oci {
namespace {

using Strings = std::vector<std::string>;

ImageConfig parse(std::string_view text) {
  return ImageConfig::parse(std::string(text));
}

std::string error(std::string_view text) {
  return error_of([&] { parse(text); });
}

// A config with the given "config" section and nothing else of note.
ContainerDefaults defaults(const std::string& section) {
  return parse(R"({"config":)" + section + R"(,"rootfs":{"type":"layers"}})").defaults();
}

std::string defaults_error(const std::string& section) {
  return error_of([&] { defaults(section); });
}

TEST(ImageConfig, ReadsAlpineByteForByte) {
  const ImageConfig config = parse(documents::alpine_config);
  EXPECT_EQ(config.raw(), documents::alpine_config);
  EXPECT_EQ(config.digest().str(), documents::alpine_config_digest);
  ASSERT_TRUE(config.created());
  EXPECT_EQ(config.created()->rfc3339(), "2020-03-23T21:19:34.196162891Z");
  EXPECT_EQ(config.platform().str(), "linux/amd64");
  EXPECT_EQ(config.defaults().env, Strings{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
  EXPECT_EQ(config.defaults().cmd, Strings{"/bin/sh"});
  EXPECT_EQ(config.defaults().entrypoint, std::nullopt);
  EXPECT_TRUE(config.defaults().args_escaped);
  EXPECT_TRUE(config.defaults().labels.empty());
  ASSERT_EQ(config.diff_ids().size(), 1U);
  EXPECT_EQ(config.diff_ids()[0].digest.short_id(), "beee9f30bc1f");
  ASSERT_EQ(config.history().size(), 2U);
  EXPECT_FALSE(config.history()[0].empty_layer);
  EXPECT_EQ(config.history()[1].created_by, "/bin/sh -c #(nop)  CMD [\"/bin/sh\"]");
  EXPECT_TRUE(config.history()[1].empty_layer);
  EXPECT_EQ(config.fields().docker_version, "18.09.7");
}

TEST(ImageConfig, NeedsOnlyRootfs) {
  for (const char* text : {R"({"rootfs":{}})", R"({"rootfs":{"type":"layers"}})", R"({"rootfs":{"diff_ids":null}})",
                           R"({"rootfs":{"diff_ids":[]},"config":null,"history":null,"created":null})"}) {
    const ImageConfig config = parse(text);
    EXPECT_TRUE(config.diff_ids().empty());
    EXPECT_TRUE(config.history().empty());
    EXPECT_EQ(config.created(), std::nullopt);
    EXPECT_EQ(config.platform(), Platform{});
    EXPECT_EQ(config.defaults(), ContainerDefaults{});
  }
}

TEST(ImageConfig, ReadsEverySetting) {
  const ContainerDefaults read = defaults(R"({
    "Hostname": "h", "Domainname": "d", "User": "1000:100", "WorkingDir": "/w", "StopSignal": "SIGQUIT",
    "Env": ["A=1", "B="], "Entrypoint": [], "Cmd": ["-x"],
    "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}, "Volumes": {"/data": {}, "/a": null},
    "Labels": {"maintainer": "m <m@example.com>", "empty": null}, "OnBuild": ["RUN x"],
    "Shell": ["/bin/bash", "-c"], "ArgsEscaped": true, "Tty": false, "Unknown": {"x": 1},
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 30000000000, "Timeout": 1, "StartPeriod": 2,
                    "StartInterval": 3, "Retries": 4}})");
  EXPECT_EQ(read.hostname, "h");
  EXPECT_EQ(read.domainname, "d");
  EXPECT_EQ(read.user, "1000:100");
  EXPECT_EQ(read.working_dir, "/w");
  EXPECT_EQ(read.stop_signal, "SIGQUIT");
  EXPECT_EQ(read.env, (Strings{"A=1", "B="}));
  EXPECT_EQ(read.entrypoint, Strings{});
  EXPECT_EQ(read.cmd, Strings{"-x"});
  EXPECT_EQ(read.exposed_ports, (Strings{"443/tcp", "80/tcp"}));
  EXPECT_EQ(read.volumes, (Strings{"/a", "/data"}));
  EXPECT_EQ(read.labels, (std::map<std::string, std::string>{{"empty", ""}, {"maintainer", "m <m@example.com>"}}));
  EXPECT_EQ(read.on_build, Strings{"RUN x"});
  EXPECT_EQ(read.shell, (Strings{"/bin/bash", "-c"}));
  EXPECT_EQ(read.healthcheck, (Healthcheck{{"CMD", "true"}, 30'000'000'000, 1, 2, 3, 4}));
  EXPECT_TRUE(read.args_escaped);
}

TEST(ImageConfig, NullsAreAbsent) {
  const ContainerDefaults read = defaults(
      R"({"User":null,"Env":null,"Cmd":null,"Entrypoint":null,"ExposedPorts":null,"Volumes":null,"Labels":null,)"
      R"("OnBuild":null,"Shell":null,"Healthcheck":null,"ArgsEscaped":null,"WorkingDir":null,"StopSignal":null})");
  EXPECT_EQ(read, ContainerDefaults{});
}

TEST(ImageConfig, ALoneStringIsACommandOfOneWord) {
  const ContainerDefaults read = defaults(R"({"Cmd":"/bin/sh","Entrypoint":"","Shell":"sh"})");
  EXPECT_EQ(read.cmd, Strings{"/bin/sh"});
  EXPECT_EQ(read.entrypoint, Strings{""});
  EXPECT_EQ(read.shell, Strings{"sh"});
}

TEST(ImageConfig, NamesTheFieldThatIsOff) {
  const std::string valid = R"("rootfs":{"diff_ids":[]})";
  EXPECT_EQ(error("[]"), "corrupt: image config: document: expected an object, found array");
  EXPECT_EQ(error("{}"), "corrupt: image config: field 'rootfs': missing");
  EXPECT_EQ(error(R"({"rootfs":[]})"),
            "corrupt: image config: field 'rootfs': field 'diff_ids': expected it in an object, found array");
  EXPECT_EQ(error(R"({"rootfs":{"diff_ids":["sha256:1"]}})"),
            "corrupt: image config: field 'rootfs': field 'diff_ids[0]': 'sha256:1' is not a digest");
  EXPECT_EQ(error(R"({"rootfs":{"diff_ids":[3]}})"),
            "corrupt: image config: field 'rootfs': field 'diff_ids[0]': expected a string, found number");
  EXPECT_EQ(error("{" + valid + R"(,"created":"yesterday"})"),
            "corrupt: image config: field 'created': 'yesterday' is not an RFC 3339 time");
  EXPECT_EQ(error("{" + valid + R"(,"architecture":64})"),
            "corrupt: image config: field 'architecture': expected a string, found number");
  EXPECT_EQ(error("{" + valid + R"(,"history":{}})"),
            "corrupt: image config: field 'history': expected an array, found object");
  EXPECT_EQ(error("{" + valid + R"(,"history":[{},{"empty_layer":1}]})"),
            "corrupt: image config: field 'history[1]': field 'empty_layer': expected a boolean, found number");
  EXPECT_EQ(error("{" + valid + R"(,"history":[null]})"),
            "corrupt: image config: field 'history[0]': entry: expected an object, found null");
  EXPECT_EQ(error("{" + valid + R"(,"config":"x"})"),
            "corrupt: image config: field 'config': container settings: expected an object, found string");
  EXPECT_EQ(defaults_error(R"({"Env":"A=1"})"),
            "corrupt: image config: field 'config': field 'Env': expected an array of strings, found string");
  EXPECT_EQ(defaults_error(R"({"Labels":["a"]})"),
            "corrupt: image config: field 'config': field 'Labels': expected an object of strings, found array");
  EXPECT_EQ(defaults_error(R"({"Healthcheck":{"Interval":"30s"}})"),
            "corrupt: image config: field 'config': field 'Healthcheck': field 'Interval': expected an integer, found "
            "string");
}

ImageConfig::Fields sample_fields() {
  ImageConfig::Fields fields;
  fields.created = Timestamp::parse("2024-01-02T03:04:05.678Z");
  fields.author = "a <a@example.com>";
  fields.platform = Platform::parse("linux/arm/v7");
  fields.defaults.env = {"PATH=/bin"};
  fields.defaults.cmd = Strings{"sh", "-c", "a && b"};
  fields.diff_ids = {{Digest::of("1")}, {Digest::of("2")}};
  fields.history = {{.created = fields.created, .created_by = "ADD x"},
                    {.created_by = "CMD", .author = "b", .comment = "c", .empty_layer = true}};
  return fields;
}

TEST(ImageConfig, MakesADocumentInTheSpecificationsOrder) {
  const ImageConfig::Fields fields = sample_fields();
  const ImageConfig made = ImageConfig::make(fields);
  EXPECT_EQ(made.raw(),
            R"({"created":"2024-01-02T03:04:05.678Z","author":"a \u003ca@example.com\u003e","architecture":"arm",)"
            R"("variant":"v7","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["sh","-c","a \u0026\u0026 b"]},)"
            R"("rootfs":{"type":"layers","diff_ids":[")" +
                fields.diff_ids[0].digest.str() + "\",\"" + fields.diff_ids[1].digest.str() +
                R"("]},"history":[{"created":"2024-01-02T03:04:05.678Z","created_by":"ADD x"},)"
                R"({"created_by":"CMD","author":"b","comment":"c","empty_layer":true}]})");
  EXPECT_EQ(made.digest(), Digest::of(made.raw()));
  EXPECT_EQ(ImageConfig::make(fields).raw(), made.raw());
}

TEST(ImageConfig, WhatIsMadeReadsBackTheSame) {
  ImageConfig::Fields fields = sample_fields();
  fields.docker_version = "20.10";
  fields.comment = "imported";
  fields.parent = Digest::of("p").str();
  fields.platform.os_version = "10.0";
  fields.platform.os_features = {"f"};
  const ImageConfig made = ImageConfig::make(fields);
  EXPECT_EQ(made.created(), fields.created);
  EXPECT_EQ(made.platform(), fields.platform);
  EXPECT_EQ(made.defaults(), fields.defaults);
  EXPECT_EQ(made.diff_ids(), fields.diff_ids);
  EXPECT_EQ(made.history(), fields.history);
  EXPECT_EQ(made.fields().author, fields.author);
  EXPECT_EQ(made.fields().docker_version, fields.docker_version);
  EXPECT_EQ(made.fields().comment, fields.comment);
  EXPECT_EQ(made.fields().parent, fields.parent);
}

TEST(ImageConfig, MakesTheLeastDocument) {
  EXPECT_EQ(ImageConfig::make({}).raw(),
            R"({"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}})");
}

TEST(ContainerDefaults, WritesOnlyWhatIsSet) {
  EXPECT_EQ(to_go_json(ContainerDefaults{}.to_json()), "{}");
  ContainerDefaults some;
  some.entrypoint.emplace();
  some.exposed_ports = {"80/tcp"};
  some.healthcheck = Healthcheck{};
  EXPECT_EQ(to_go_json(some.to_json()), R"({"ExposedPorts":{"80/tcp":{}},"Entrypoint":[],"Healthcheck":{}})");
}

TEST(ContainerDefaults, WritesEverySettingInOrder) {
  const std::string text =
      R"({"Hostname":"h","Domainname":"d","User":"u","ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["A=1"],)"
      R"("Entrypoint":["e"],"Cmd":["c"],"Volumes":{"/v":{}},"WorkingDir":"/w","Labels":{"a":"1","b":"2"},)"
      R"("StopSignal":"SIGINT","ArgsEscaped":true,"Healthcheck":{"Test":["NONE"],"Interval":1,"Timeout":2,)"
      R"("StartPeriod":3,"StartInterval":4,"Retries":5},"OnBuild":["RUN x"],"Shell":["s"]})";
  EXPECT_EQ(to_go_json(defaults(text).to_json()), text);
}

}  // namespace
}  // namespace nacre::oci
