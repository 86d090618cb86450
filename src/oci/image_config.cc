#include "oci/image_config.h"

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::oci {
namespace {

std::optional<Timestamp> optional_time(const Json& json, std::string_view name) {
  const std::optional<std::string> text = optional_string(json, name);
  if (!text) {
    return std::nullopt;
  }
  const std::optional<Timestamp> time = Timestamp::parse(*text);
  if (!time) {
    throw Error(Code::corrupt, fmt::format("field '{}': '{}' is not an RFC 3339 time", name, shown(*text)));
  }
  return time;
}

// A command line: nothing when absent; docker also takes a lone string for a list of one.
std::optional<std::vector<std::string>> optional_command(const Json& json, std::string_view name) {
  const Json* value = optional_field(json, name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->is_string()) {
    return std::vector{value->get<std::string>()};
  }
  return string_list(json, name);
}

std::string string_or_empty(const Json& json, std::string_view name) {
  return optional_string(json, name).value_or("");
}

Healthcheck healthcheck_from(const Json& json) {
  return {.test = string_list(json, "Test"),
          .interval = integer_field(json, "Interval"),
          .timeout = integer_field(json, "Timeout"),
          .start_period = integer_field(json, "StartPeriod"),
          .start_interval = integer_field(json, "StartInterval"),
          .retries = integer_field(json, "Retries")};
}

// A field that Go's omitempty leaves out when it is empty, zero or false.
template <class Value>
void put_unless_empty(OrderedJson& json, const char* name, const Value& value) {
  if (value != Value{}) {
    json[name] = value;
  }
}

void put_if_set(OrderedJson& json, const char* name, const std::optional<std::vector<std::string>>& list) {
  if (list) {
    json[name] = *list;
  }
}

void put_set(OrderedJson& json, const char* name, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    json[name][key] = OrderedJson::object();
  }
}

OrderedJson to_json(const Healthcheck& check) {
  OrderedJson json = OrderedJson::object();
  put_unless_empty(json, "Test", check.test);
  put_unless_empty(json, "Interval", check.interval);
  put_unless_empty(json, "Timeout", check.timeout);
  put_unless_empty(json, "StartPeriod", check.start_period);
  put_unless_empty(json, "StartInterval", check.start_interval);
  put_unless_empty(json, "Retries", check.retries);
  return json;
}

HistoryEntry history_from(const Json& json) {
  return {.created = optional_time(as_object(json, "entry"), "created"),
          .created_by = string_or_empty(json, "created_by"),
          .author = string_or_empty(json, "author"),
          .comment = string_or_empty(json, "comment"),
          .empty_layer = flag_field(json, "empty_layer")};
}

OrderedJson to_json(const HistoryEntry& entry) {
  OrderedJson json = OrderedJson::object();
  if (entry.created) {
    json["created"] = entry.created->rfc3339();
  }
  put_unless_empty(json, "created_by", entry.created_by);
  put_unless_empty(json, "author", entry.author);
  put_unless_empty(json, "comment", entry.comment);
  put_unless_empty(json, "empty_layer", entry.empty_layer);
  return json;
}

// An image without layers has no diff_ids, or null, when docker wrote it; without rootfs it is no image config (the
// "json" files of the oldest docker archives are not).
std::vector<DiffId> diff_ids_from(const Json& json) {
  const Json* rootfs = optional_field(json, "rootfs");
  if (rootfs == nullptr) {
    throw Error(Code::corrupt, "field 'rootfs': missing");
  }
  return with_context("field 'rootfs'", [&] {
    std::vector<DiffId> diff_ids;
    for (const std::string& text : string_list(*rootfs, "diff_ids")) {
      if (!Digest::is_valid(text)) {
        throw Error(Code::corrupt,
                    fmt::format("field 'diff_ids[{}]': '{}' is not a digest", diff_ids.size(), shown(text)));
      }
      diff_ids.push_back({Digest::parse(text)});
    }
    return diff_ids;
  });
}

std::vector<HistoryEntry> history_list_from(const Json& json) {
  std::vector<HistoryEntry> history;
  if (const Json* entries = optional_field(json, "history")) {
    for (const Json& entry : as_array(*entries, "field 'history'")) {
      history.push_back(with_context([&] { return fmt::format("field 'history[{}]'", history.size()); },
                                     [&] { return history_from(entry); }));
    }
  }
  return history;
}

ImageConfig::Fields fields_from(const Json& json) {
  ImageConfig::Fields fields;
  fields.created = optional_time(as_object(json, "document"), "created");
  fields.author = string_or_empty(json, "author");
  fields.platform = Platform::from_json(json);
  if (const Json* config = optional_field(json, "config")) {
    fields.defaults = with_context("field 'config'", [&] { return ContainerDefaults::from_json(*config); });
  }
  fields.diff_ids = diff_ids_from(json);
  fields.history = history_list_from(json);
  fields.docker_version = string_or_empty(json, "docker_version");
  fields.comment = string_or_empty(json, "comment");
  fields.parent = string_or_empty(json, "parent");
  return fields;
}

OrderedJson rootfs_to_json(const std::vector<DiffId>& diff_ids) {
  OrderedJson digests = OrderedJson::array();
  for (const DiffId& id : diff_ids) {
    digests.push_back(id.digest.str());
  }
  return {{"type", "layers"}, {"diff_ids", std::move(digests)}};
}

OrderedJson to_json(const ImageConfig::Fields& fields) {
  OrderedJson json = OrderedJson::object();
  if (fields.created) {
    json["created"] = fields.created->rfc3339();
  }
  put_unless_empty(json, "author", fields.author);
  json["architecture"] = fields.platform.architecture;
  put_unless_empty(json, "variant", fields.platform.variant);
  json["os"] = fields.platform.os;
  put_unless_empty(json, "os.version", fields.platform.os_version);
  put_unless_empty(json, "os.features", fields.platform.os_features);
  json["config"] = fields.defaults.to_json();
  json["rootfs"] = rootfs_to_json(fields.diff_ids);
  for (const HistoryEntry& entry : fields.history) {
    json["history"].push_back(to_json(entry));
  }
  put_unless_empty(json, "docker_version", fields.docker_version);
  put_unless_empty(json, "comment", fields.comment);
  put_unless_empty(json, "parent", fields.parent);
  return json;
}

}  // namespace

ContainerDefaults ContainerDefaults::from_json(const Json& json) {
  ContainerDefaults defaults;
  defaults.user = string_or_empty(as_object(json, "container settings"), "User");
  defaults.working_dir = string_or_empty(json, "WorkingDir");
  defaults.stop_signal = string_or_empty(json, "StopSignal");
  defaults.hostname = string_or_empty(json, "Hostname");
  defaults.domainname = string_or_empty(json, "Domainname");
  defaults.env = string_list(json, "Env");
  defaults.entrypoint = optional_command(json, "Entrypoint");
  defaults.cmd = optional_command(json, "Cmd");
  defaults.exposed_ports = key_set(json, "ExposedPorts");
  defaults.volumes = key_set(json, "Volumes");
  defaults.labels = string_map(json, "Labels");
  defaults.on_build = string_list(json, "OnBuild");
  defaults.shell = optional_command(json, "Shell");
  if (const Json* check = optional_field(json, "Healthcheck")) {
    defaults.healthcheck = with_context("field 'Healthcheck'", [&] { return healthcheck_from(*check); });
  }
  defaults.args_escaped = flag_field(json, "ArgsEscaped");
  return defaults;
}

OrderedJson ContainerDefaults::to_json() const {
  OrderedJson json = OrderedJson::object();
  put_unless_empty(json, "Hostname", hostname);
  put_unless_empty(json, "Domainname", domainname);
  put_unless_empty(json, "User", user);
  put_set(json, "ExposedPorts", exposed_ports);
  put_unless_empty(json, "Env", env);
  put_if_set(json, "Entrypoint", entrypoint);
  put_if_set(json, "Cmd", cmd);
  put_set(json, "Volumes", volumes);
  put_unless_empty(json, "WorkingDir", working_dir);
  put_unless_empty(json, "Labels", labels);
  put_unless_empty(json, "StopSignal", stop_signal);
  put_unless_empty(json, "ArgsEscaped", args_escaped);
  if (healthcheck) {
    json["Healthcheck"] = oci::to_json(*healthcheck);
  }
  put_unless_empty(json, "OnBuild", on_build);
  put_if_set(json, "Shell", shell);
  return json;
}

ImageConfig ImageConfig::parse(std::string raw) {
  return with_context("image config", [&] {
    Fields fields = fields_from(parse_json(raw));
    Digest digest = Digest::of(raw);
    return ImageConfig(std::move(raw), std::move(digest), std::move(fields));
  });
}

ImageConfig ImageConfig::make(const Fields& fields) {
  return parse(to_go_json(to_json(fields)));
}

}  // namespace nacre::oci
