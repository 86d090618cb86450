#include "image/inspect.h"

#include "image_test_support.h"
#include "oci/media_type.h"

namespace nacre::image {
namespace {

using oci::Json;
using test::error_of;
using test::make_tar;
using test::name;

class InspectTest : public test::ImageTest {
 protected:
  Json inspect(const oci::Digest& id) {
    // Through text, as a user gets it.
    return oci::parse_json(inspect_image(store(), record(id), "erofs").dump());
  }
};

oci::ContainerDefaults rich_defaults() {
  oci::ContainerDefaults defaults;
  defaults.user = "me:us";
  defaults.working_dir = "/srv";
  defaults.stop_signal = "SIGINT";
  defaults.env = {"PATH=/bin", "EMPTY="};
  defaults.entrypoint = {{"/init", "--"}};
  defaults.cmd = {{"serve"}};
  defaults.exposed_ports = {"80/tcp", "53/udp"};
  defaults.volumes = {"/data"};
  defaults.labels = {{"b", "2"}, {"a", "1"}};
  defaults.on_build = {"RUN make"};
  defaults.shell = {{"/bin/bash", "-c"}};
  defaults.healthcheck = oci::Healthcheck{.test = {"CMD", "true"}, .interval = 30'000'000'000, .retries = 3};
  return defaults;
}

TEST_F(InspectTest, TellsWhatTheImageIs) {
  test::TestImage image{.tars = {make_tar({{"a", "12345"}}), make_tar({{"b", "123"}})}, .names = {"app:1", "app:2"}};
  image.config.created = Timestamp{1'700'000'000, 123'000'000};
  image.config.author = "somebody";
  image.config.comment = "a comment";
  image.config.docker_version = "20.10.0";
  image.config.platform = oci::Platform::parse("linux/arm/v7");
  const auto id = put(image);
  store().tag(id, record(id).manifest, name("app@" + record(id).manifest.str()));
  const auto json = inspect(id);

  EXPECT_EQ(json["Id"], id.str());
  EXPECT_EQ(json["RepoTags"], Json({"app:1", "app:2"}));
  EXPECT_EQ(json["RepoDigests"], Json::array({"app@" + record(id).manifest.str()}));
  EXPECT_EQ(json["Parent"], "");
  EXPECT_EQ(json["Created"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(json["Author"], "somebody");
  EXPECT_EQ(json["Comment"], "a comment");
  EXPECT_EQ(json["DockerVersion"], "20.10.0");
  EXPECT_EQ(json["Architecture"], "arm");
  EXPECT_EQ(json["Variant"], "v7");
  EXPECT_EQ(json["Os"], "linux");
  EXPECT_EQ(json["Size"], 8);
  EXPECT_EQ(json["RootFS"],
            Json({{"Type", "layers"},
                  {"Layers", {oci::Digest::of(image.tars[0]).str(), oci::Digest::of(image.tars[1]).str()}}}));
  EXPECT_EQ(json["Metadata"]["LastTagTime"], record(id).loaded.rfc3339());
}

TEST_F(InspectTest, TheDescriptorLeadsToTheManifest) {
  const auto id = put({.tars = {make_tar({{"a", "1"}})}});
  const auto json = inspect(id);
  const auto manifest = store().read_blob(record(id).manifest);
  EXPECT_EQ(json["Descriptor"], Json({{"mediaType", oci::media_type::oci_manifest},
                                      {"digest", oci::Digest::of(manifest).str()},
                                      {"size", manifest.size()}}));
}

TEST_F(InspectTest, TheDriverTellsWhereTheLayersAre) {
  const auto id = put({.tars = {make_tar({{"a", "1"}}), make_tar({{"b", "1"}})}});
  const auto driver = inspect(id)["GraphDriver"];
  EXPECT_EQ(driver["Name"], "erofs");
  const auto tars = driver["Data"]["Tars"].get<std::vector<std::string>>();
  ASSERT_EQ(tars.size(), 2U);
  for (std::size_t i = 0; i < tars.size(); ++i) {
    EXPECT_EQ(oci::Digest::of(test::slurp(tars[i])), record(id).layers[i].digest);
  }
}

TEST_F(InspectTest, TheConfigHasDockersShape) {
  test::TestImage image;
  image.config.defaults = rich_defaults();
  const auto config = inspect(put(image))["Config"];
  EXPECT_EQ(config["User"], "me:us");
  EXPECT_EQ(config["WorkingDir"], "/srv");
  EXPECT_EQ(config["StopSignal"], "SIGINT");
  EXPECT_EQ(config["Env"], Json({"PATH=/bin", "EMPTY="}));
  EXPECT_EQ(config["Entrypoint"], Json({"/init", "--"}));
  EXPECT_EQ(config["Cmd"], Json::array({"serve"}));
  EXPECT_EQ(config["ExposedPorts"], Json({{"53/udp", Json::object()}, {"80/tcp", Json::object()}}));
  EXPECT_EQ(config["Volumes"], Json({{"/data", Json::object()}}));
  EXPECT_EQ(config["Labels"], Json({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(config["OnBuild"], Json::array({"RUN make"}));
  EXPECT_EQ(config["Shell"], Json({"/bin/bash", "-c"}));
  EXPECT_EQ(config["Healthcheck"]["Test"], Json({"CMD", "true"}));
  EXPECT_EQ(config["Healthcheck"]["Interval"], 30'000'000'000);
  EXPECT_EQ(config["Healthcheck"]["Retries"], 3);
}

// Templates like {{.Config.Cmd}} and {{json .RepoTags}} depend on the difference between null, empty and absent.
TEST_F(InspectTest, WhatIsNotSetIsNullOrAbsent) {
  const auto json = inspect(put({}));
  EXPECT_EQ(json["RepoTags"], Json::array());
  EXPECT_EQ(json["RepoDigests"], Json::array());
  EXPECT_EQ(json["Comment"], "");
  EXPECT_EQ(json["Size"], 0);
  EXPECT_FALSE(json["RootFS"].contains("Layers"));
  EXPECT_FALSE(json.contains("OsVersion"));
  const auto& config = json["Config"];
  for (const char* field : {"Env", "Cmd", "Volumes", "Entrypoint", "OnBuild", "Labels"}) {
    ASSERT_TRUE(config.contains(field)) << field;
    EXPECT_TRUE(config[field].is_null()) << field;
  }
  for (const char* field : {"ExposedPorts", "Healthcheck", "StopSignal", "Shell", "ArgsEscaped"}) {
    EXPECT_FALSE(config.contains(field)) << field;
  }
  EXPECT_EQ(config["User"], "");
  EXPECT_EQ(config["WorkingDir"], "");
}

TEST_F(InspectTest, AnEmptyCommandIsNotAMissingOne) {
  test::TestImage image;
  image.config.defaults.cmd.emplace();
  EXPECT_EQ(inspect(put(image))["Config"]["Cmd"], Json::array());
}

TEST_F(InspectTest, TheCommentMayStandInTheLastStep) {
  test::TestImage image;
  image.config.history = {{.comment = "first", .empty_layer = true}, {.comment = "last", .empty_layer = true}};
  EXPECT_EQ(inspect(put(image))["Comment"], "last");
}

TEST_F(InspectTest, TheParentIsTheOneKnownHere) {
  const auto parent = put(test::created_at(1));
  auto of_child = test::created_at(2);
  of_child.parent = parent;
  EXPECT_EQ(inspect(put(of_child))["Parent"], parent.str());
}

TEST_F(InspectTest, ADamagedConfigIsAnError) {
  const auto id = put({.names = {"app:1"}});
  test::spill(store().layout().blob(id), "{}");
  EXPECT_EQ(error_of([&] { inspect(id); })->code(), Code::corrupt);
}

}  // namespace
}  // namespace nacre::image
