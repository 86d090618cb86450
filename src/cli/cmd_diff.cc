#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/image_path.h"
#include "image/compare.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct DiffOptions {
  bool json = false;
  bool exit_code = false;
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, DiffOptions& options) {
  flags.toggle(options.json, "json", '\0', "Print one JSON object for each change");
  flags.toggle(options.exit_code, "exit-code", '\0', "Exit with 1 when the images differ");
  flags.text(options.platform, "platform", '\0', "string", "Compare the images of this platform");
}

std::string_view letter(tree::ChangeKind kind) {
  switch (kind) {
    case tree::ChangeKind::added:
      return "A";
    case tree::ChangeKind::removed:
      return "D";
    case tree::ChangeKind::modified:
      return "C";
  }
  return "?";
}

std::string as_line(const tree::Change& change) {
  std::string line = fmt::format("{} {}", letter(change.kind), change.path);
  if (!change.aspects.empty()) {
    line += fmt::format(" ({})", fmt::join(change.aspects, ", "));
  }
  return line;
}

oci::OrderedJson as_json(const tree::Change& change) {
  oci::OrderedJson json = {{"kind", letter(change.kind)}, {"path", change.path}};
  if (!change.aspects.empty()) {
    json["aspects"] = change.aspects;
  }
  return json;
}

image::ImageFiles open_files(Context& context, const std::string& name, const DiffOptions& options) {
  const auto found = image::get(context.store(), name, parse_platform(options.platform));
  return image::ImageFiles::open(context.store(), found.image, context.cancel());
}

int run(Context& context, const DiffOptions& options, const std::vector<std::string>& arguments) {
  const auto before = open_files(context, arguments[0], options);
  const auto after = open_files(context, arguments[1], options);
  const auto changes = image::compare_images(before, after, context.cancel());
  std::string text;
  for (const auto& change : changes) {
    text += options.json ? oci::to_go_json(as_json(change)) : as_line(change);
    text += '\n';
  }
  context.print(text);
  return options.exit_code && !changes.empty() ? 1 : 0;
}

}  // namespace

Command diff_command() {
  return make_command<DiffOptions>(
      {.name = "diff",
       .aliases = {"image diff"},
       .usage = "[OPTIONS] IMAGE IMAGE",
       .summary = "Show what differs between the files of two images",
       .description =
           "A: added, D: deleted, C: changed, with what changed about it: type, mode, owner, size, content,\n"
           "mtime, target, xattrs or device. Contents are compared byte for byte.",
       .min_arguments = 2,
       .max_arguments = 2},
      declare, run);
}

}  // namespace nacre::cli
