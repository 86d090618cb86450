#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/format_help.h"
#include "cli/output/table.h"
#include "cli/output/units.h"
#include "image/disk_usage.h"

namespace nacre::cli {

namespace {

struct Options {
  bool verbose = false;
  std::string format;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.format, "format", '\0', "string", std::string(list_format_help));
  flags.toggle(options.verbose, "verbose", 'v', "Show detailed information on space usage");
}

constexpr std::array<Column, 5> columns = {Column{"Type", "TYPE"}, Column{"TotalCount", "TOTAL"},
                                           Column{"Active", "ACTIVE"}, Column{"Size", "SIZE"},
                                           Column{"Reclaimable", "RECLAIMABLE"}};
constexpr std::string_view default_table = "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";

std::string bytes(std::uint64_t count) {
  return human_size(static_cast<double>(count));
}

std::string reclaimable(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? bytes(part) : fmt::format("{} ({}%)", bytes(part), part * 100 / whole);
}

oci::OrderedJson row_of(std::string_view type, std::size_t total, std::size_t active, std::uint64_t size,
                        std::uint64_t free) {
  return {{"Type", type},
          {"TotalCount", std::to_string(total)},
          {"Active", std::to_string(active)},
          {"Size", bytes(size)},
          {"Reclaimable", reclaimable(free, size)}};
}

std::string summary(const image::Usage& usage, const Options& options) {
  ListFormatter formatter(options.format, default_table, columns, "*formatter.diskUsageImagesContext",
                          audience_of_output());
  formatter.add(
      row_of("Images", usage.images.size(), usage.images_active, usage.images_total, usage.images_reclaimable));
  formatter.add(row_of("Containers", usage.containers, usage.containers_running, usage.containers_total,
                       usage.containers_reclaimable));
  return formatter.finish();
}

constexpr std::array<Column, 8> image_columns = {Column{"Repository", "REPOSITORY"},
                                                 Column{"Tag", "TAG"},
                                                 Column{"ID", "IMAGE ID"},
                                                 Column{"CreatedSince", "CREATED"},
                                                 Column{"Size", "SIZE"},
                                                 Column{"SharedSize", "SHARED SIZE"},
                                                 Column{"UniqueSize", "UNIQUE SIZE"},
                                                 Column{"Containers", "CONTAINERS"}};
constexpr std::string_view image_table =
    "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t"
    "{{.Containers}}";

std::string details(const image::Usage& usage) {
  ListFormatter formatter("table", image_table, image_columns, "*formatter.diskUsageContext", audience_of_output());
  const Timestamp now = Timestamp::now();
  for (const auto& each : usage.images) {
    const bool named = !each.listed.names.empty();
    const oci::Reference* name = named ? &each.listed.names.front().name : nullptr;
    formatter.add({{"Repository", named ? name->familiar_name() : "<none>"},
                   {"Tag", named && name->tag() ? *name->tag() : "<none>"},
                   {"ID", each.listed.image.id.short_id()},
                   {"CreatedSince", each.listed.image.created ? time_ago(*each.listed.image.created, now) : "N/A"},
                   {"Size", bytes(each.unique + each.shared)},
                   {"SharedSize", bytes(each.shared)},
                   {"UniqueSize", bytes(each.unique)},
                   {"Containers", std::to_string(each.containers)}});
  }
  return "Images space usage:\n\n" + formatter.finish() +
         fmt::format(
             "\nShared by several images: {}\nOf no image: {}\nAll images on disk: {}\n\nContainers space usage: {}\n",
             bytes(usage.shared), bytes(usage.unowned), bytes(usage.images_total), bytes(usage.containers_total));
}

// Every number in bytes, for programs: unique + shared + unowned = total.
std::string details_json(const image::Usage& usage) {
  oci::OrderedJson images = oci::OrderedJson::array();
  for (const auto& each : usage.images) {
    oci::OrderedJson names = oci::OrderedJson::array();
    for (const auto& name : each.listed.names) {
      names.push_back(name.name.familiar());
    }
    images.push_back({{"ID", each.listed.image.id.str()},
                      {"Names", std::move(names)},
                      {"UniqueSize", each.unique},
                      {"SharedSize", each.shared},
                      {"Containers", each.containers}});
  }
  return oci::to_go_json({{"Images", std::move(images)},
                          {"Shared", usage.shared},
                          {"Unowned", usage.unowned},
                          {"Total", usage.images_total},
                          {"Reclaimable", usage.images_reclaimable},
                          {"Containers", usage.containers_total}}) +
         "\n";
}

int run(Context& context, const Options& options, const std::vector<std::string>& /*arguments*/) {
  const image::Usage usage = image::disk_usage(context.store());
  if (!options.verbose) {
    context.print(summary(usage, options));
  } else if (options.format.empty() || options.format == "table") {
    context.print(details(usage));
  } else if (options.format == "json") {
    context.print(details_json(usage));
  } else {
    throw Error(Code::invalid_argument, "with --verbose the format is table or json");
  }
  return 0;
}

}  // namespace

Command system_df_command() {
  return make_command<Options>({.name = "system df",
                                .aliases = {},
                                .usage = "[OPTIONS]",
                                .summary = "Show disk usage",
                                .description = "Sizes are bytes on disk, measured: the unique sizes of all images, "
                                               "what they share, and what belongs to none\n"
                                               "add up to what the store takes.",
                                .min_arguments = 0,
                                .max_arguments = 0},
                               declare, run);
}

}  // namespace nacre::cli
