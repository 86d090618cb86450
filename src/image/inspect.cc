#include "image/inspect.h"

#include "base/error.h"
#include "image/lookup.h"

namespace nacre::image {

namespace {

using oci::OrderedJson;

OrderedJson key_set(const std::vector<std::string>& keys) {
  OrderedJson set = OrderedJson::object();
  for (const auto& key : keys) {
    set[key] = OrderedJson::object();
  }
  return set;
}

OrderedJson list_or_null(const std::optional<std::vector<std::string>>& list) {
  return list ? OrderedJson(*list) : OrderedJson(nullptr);
}

// Docker shows an image's defaults in the shape of a container's configuration, fields that images do not have
// included.
OrderedJson config_json(const oci::ContainerDefaults& defaults) {
  const OrderedJson compact = defaults.to_json();
  OrderedJson json = {{"Hostname", defaults.hostname}, {"Domainname", defaults.domainname},
                      {"User", defaults.user},         {"AttachStdin", false},
                      {"AttachStdout", false},         {"AttachStderr", false}};
  if (!defaults.exposed_ports.empty()) {
    json["ExposedPorts"] = key_set(defaults.exposed_ports);
  }
  json["Tty"] = false;
  json["OpenStdin"] = false;
  json["StdinOnce"] = false;
  json["Env"] = defaults.env.empty() ? OrderedJson(nullptr) : OrderedJson(defaults.env);
  json["Cmd"] = list_or_null(defaults.cmd);
  if (compact.contains("Healthcheck")) {
    json["Healthcheck"] = compact["Healthcheck"];
  }
  if (defaults.args_escaped) {
    json["ArgsEscaped"] = true;
  }
  json["Image"] = "";
  json["Volumes"] = defaults.volumes.empty() ? OrderedJson(nullptr) : key_set(defaults.volumes);
  json["WorkingDir"] = defaults.working_dir;
  json["Entrypoint"] = list_or_null(defaults.entrypoint);
  json["OnBuild"] = defaults.on_build.empty() ? OrderedJson(nullptr) : OrderedJson(defaults.on_build);
  json["Labels"] = defaults.labels.empty() ? OrderedJson(nullptr) : OrderedJson(defaults.labels);
  if (!defaults.stop_signal.empty()) {
    json["StopSignal"] = defaults.stop_signal;
  }
  if (defaults.shell) {
    json["Shell"] = *defaults.shell;
  }
  return json;
}

OrderedJson root_fs_json(const std::vector<oci::DiffId>& layers) {
  OrderedJson json = {{"Type", "layers"}};
  if (!layers.empty()) {
    OrderedJson list = OrderedJson::array();
    for (const auto& layer : layers) {
      list.push_back(layer.digest.str());
    }
    json["Layers"] = std::move(list);
  }
  return json;
}

OrderedJson driver_json(const store::Store& store, const store::ImageRecord& image, std::string_view driver) {
  OrderedJson tars = OrderedJson::array();
  for (const auto& layer : image.layers) {
    tars.push_back(store.layout().layer_tar(layer).native());
  }
  OrderedJson data = {{"Tars", std::move(tars)}};
  if (!image.layers.empty()) {
    data["Index"] = store.layout().chain_index(oci::chain_id(image.layers)).native();
  }
  return {{"Data", std::move(data)}, {"Name", driver}};
}

OrderedJson describe(const store::Store& store, const store::ImageRecord& image, std::string_view driver) {
  const oci::ImageConfig config = read_config(store, image.id);
  OrderedJson tags = OrderedJson::array();
  OrderedJson digests = OrderedJson::array();
  for (const auto& name : store.names_of(image.id)) {
    (name.name.digest() ? digests : tags).push_back(name.name.familiar());
  }
  const auto& history = config.history();
  const std::string comment =
      !config.fields().comment.empty() || history.empty() ? config.fields().comment : history.back().comment;

  OrderedJson json = {{"Id", image.id.str()},
                      {"RepoTags", std::move(tags)},
                      {"RepoDigests", std::move(digests)},
                      {"Parent", image.parent ? image.parent->str() : config.fields().parent},
                      {"Comment", comment},
                      {"Created", config.created() ? OrderedJson(config.created()->rfc3339()) : OrderedJson(nullptr)},
                      {"DockerVersion", config.fields().docker_version},
                      {"Author", config.fields().author},
                      {"Config", config_json(config.defaults())},
                      {"Architecture", config.platform().architecture}};
  if (!config.platform().variant.empty()) {
    json["Variant"] = config.platform().variant;
  }
  json["Os"] = config.platform().os;
  if (!config.platform().os_version.empty()) {
    json["OsVersion"] = config.platform().os_version;
  }
  json["Size"] = image.size;
  json["VirtualSize"] = image.size;
  json["GraphDriver"] = driver_json(store, image, driver);
  json["RootFS"] = root_fs_json(config.diff_ids());
  json["Metadata"] = {{"LastTagTime", image.loaded.rfc3339()}};
  json["Descriptor"] = {{"mediaType", image.manifest_media_type},
                        {"digest", image.manifest.str()},
                        {"size", store.blob_size(image.manifest)}};
  return json;
}

}  // namespace

OrderedJson inspect_image(const store::Store& store, const store::ImageRecord& image, std::string_view driver) {
  try {
    return describe(store, image, driver);
  } catch (const Error& error) {
    // Another process removed it meanwhile.
    if (error.code() == Code::not_found && !store.find_image(image.id)) {
      throw Error(Code::not_found, "No such image: " + image.id.str());
    }
    throw;
  }
}

}  // namespace nacre::image
