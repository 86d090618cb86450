#include "cli/output/image_shape.h"

namespace nacre::cli {
namespace {

using Kind = Shape::Kind;

// A field whose Go name is its JSON key.
constexpr Shape::Field same(std::string_view name, const Shape& shape) {
  return {name, name, &shape};
}

constexpr Shape::Field health_fields[] = {
    same("Test", shapes::text_list),      same("Interval", shapes::integer),      same("Timeout", shapes::integer),
    same("StartPeriod", shapes::integer), same("StartInterval", shapes::integer), same("Retries", shapes::integer),
};
constexpr Shape health{Kind::structure, "container.HealthConfig", nullptr, health_fields};
constexpr Shape health_pointer{Kind::pointer, "*container.HealthConfig", &health};
constexpr Shape integer_pointer{Kind::pointer, "*int", &shapes::integer};

constexpr Shape::Field config_fields[] = {
    same("Hostname", shapes::text),
    same("Domainname", shapes::text),
    same("User", shapes::text),
    same("AttachStdin", shapes::boolean),
    same("AttachStdout", shapes::boolean),
    same("AttachStderr", shapes::boolean),
    same("ExposedPorts", shapes::set),
    same("Tty", shapes::boolean),
    same("OpenStdin", shapes::boolean),
    same("StdinOnce", shapes::boolean),
    same("Env", shapes::text_list),
    same("Cmd", shapes::text_list),
    same("Healthcheck", health_pointer),
    same("ArgsEscaped", shapes::boolean),
    same("Image", shapes::text),
    same("Volumes", shapes::set),
    same("WorkingDir", shapes::text),
    same("Entrypoint", shapes::text_list),
    same("NetworkDisabled", shapes::boolean),
    same("MacAddress", shapes::text),
    same("OnBuild", shapes::text_list),
    same("Labels", shapes::text_map),
    same("StopSignal", shapes::text),
    same("StopTimeout", integer_pointer),
    same("Shell", shapes::text_list),
};
constexpr Shape config{Kind::structure, "container.Config", nullptr, config_fields};
constexpr Shape config_pointer{Kind::pointer, "*container.Config", &config};

constexpr Shape::Field driver_fields[] = {same("Data", shapes::text_map), same("Name", shapes::text)};
constexpr Shape driver{Kind::structure, "storage.DriverData", nullptr, driver_fields};

constexpr Shape::Field root_fields[] = {same("Type", shapes::text), same("Layers", shapes::text_list)};
constexpr Shape root{Kind::structure, "image.RootFS", nullptr, root_fields};

constexpr Shape::Field metadata_fields[] = {same("LastTagTime", shapes::text)};
constexpr Shape metadata{Kind::structure, "image.Metadata", nullptr, metadata_fields};

constexpr Shape::Field image_fields[] = {
    {"ID", "Id", &shapes::text},
    same("RepoTags", shapes::text_list),
    same("RepoDigests", shapes::text_list),
    same("Parent", shapes::text),
    same("Comment", shapes::text),
    same("Created", shapes::text),
    same("Container", shapes::text),
    same("DockerVersion", shapes::text),
    same("Author", shapes::text),
    same("Config", config_pointer),
    same("Architecture", shapes::text),
    same("Variant", shapes::text),
    {"Os", "Os", &shapes::text},
    {"OsVersion", "OsVersion", &shapes::text},
    same("Size", shapes::integer),
    same("VirtualSize", shapes::integer),
    same("GraphDriver", driver),
    same("RootFS", root),
    same("Metadata", metadata),
};
constexpr Shape image{Kind::structure, "image.InspectResponse", nullptr, image_fields};

}  // namespace

const Shape& image_inspect_shape() {
  return image;
}

}  // namespace nacre::cli
