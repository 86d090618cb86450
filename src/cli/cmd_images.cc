#include <algorithm>
#include <array>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/filter_flag.h"
#include "cli/format_help.h"
#include "cli/output/table.h"
#include "cli/output/text.h"
#include "cli/output/units.h"
#include "image/list.h"

namespace nacre::cli {

namespace {

struct Options {
  bool all = false;
  bool digests = false;
  bool no_trunc = false;
  bool quiet = false;
  std::string format;
  std::vector<std::string> filters;
};

void declare(FlagSet& flags, Options& options) {
  flags.toggle(options.all, "all", 'a', "Show all images (default hides intermediate images)");
  flags.toggle(options.digests, "digests", '\0', "Show digests");
  flags.toggle(options.no_trunc, "no-trunc", '\0', "Don't truncate output");
  flags.toggle(options.quiet, "quiet", 'q', "Only show image IDs");
  flags.text(options.format, "format", '\0', "string", std::string(list_format_help));
  filter_flag(flags, options.filters, 'f', "Filter output based on conditions provided");
}

constexpr std::array<Column, 12> columns = {Column{"ID", "IMAGE ID"},
                                            Column{"Repository", "REPOSITORY"},
                                            Column{"Tag", "TAG"},
                                            Column{"Digest", "DIGEST"},
                                            Column{"CreatedSince", "CREATED"},
                                            Column{"CreatedAt", "CREATED AT"},
                                            Column{"Size", "SIZE"},
                                            Column{"Containers", "CONTAINERS"},
                                            Column{"VirtualSize", "SIZE"},
                                            Column{"SharedSize", "SHARED SIZE"},
                                            Column{"UniqueSize", "UNIQUE SIZE"},
                                            Column{"Platform", "PLATFORM"}};

constexpr std::string_view default_table =
    "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";
constexpr std::string_view digest_table =
    "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t"
    "{{.Size}}";

// Where an image stands in the list: a repository with a tag, a digest, both or neither.
struct Place {
  std::string repository = "<none>";
  std::string tag = "<none>";
  std::string digest = "<none>";
};

// With --digests a line for each digest of a tag's repository, as docker has it; without, a repository's digests only
// matter where it has no tag.
std::vector<Place> places_of(const image::ListedImage& listed, bool with_digests) {
  std::vector<Place> places;
  const auto of_same_repository = [&](const oci::Reference& name, auto wanted) {
    std::vector<const oci::Reference*> found;
    for (const auto& other : listed.names) {
      if (wanted(other.name).has_value() && other.name.name() == name.name()) {
        found.push_back(&other.name);
      }
    }
    return found;
  };
  for (const auto& [name, target, image] : listed.names) {
    const std::string repository = name.familiar_name();
    if (!name.tag()) {
      if (of_same_repository(name, [](const auto& other) { return other.tag(); }).empty()) {
        places.push_back({repository, "<none>", name.digest()->str()});
      }
      continue;
    }
    const auto digests = of_same_repository(name, [](const auto& other) { return other.digest(); });
    if (!with_digests || digests.empty()) {
      places.push_back({repository, *name.tag(), "<none>"});
      continue;
    }
    for (const auto* const digest : digests) {
      places.push_back({repository, *name.tag(), digest->digest()->str()});
    }
  }
  if (places.empty()) {
    places.emplace_back();
  }
  return places;
}

oci::OrderedJson row_of(const image::ListedImage& listed, const Place& place, const Options& options, Timestamp now) {
  const store::ImageRecord& image = listed.image;
  const std::string size = human_size(static_cast<double>(image.size), 3);
  // Made in place: an initializer list would copy every field twice, a fifth of the time of a long list.
  oci::OrderedJson::object_t row;
  row.reserve(12);
  row.emplace_back("ID", options.no_trunc ? image.id.str() : image.id.short_id());
  row.emplace_back("Repository", place.repository);
  row.emplace_back("Tag", place.tag);
  row.emplace_back("Digest", place.digest);
  row.emplace_back("CreatedSince", image.created ? time_ago(*image.created, now) : "");
  row.emplace_back("CreatedAt", image.created ? image.created->local_text() : "");
  row.emplace_back("Size", size);
  row.emplace_back("Containers", "N/A");
  row.emplace_back("VirtualSize", size);
  row.emplace_back("SharedSize", "N/A");
  row.emplace_back("UniqueSize", "N/A");
  row.emplace_back("Platform", image.platform.str());
  return row;
}

std::string ids_of(const std::vector<image::ListedImage>& images, const Options& options) {
  std::string text;
  for (const auto& listed : images) {
    // A line for each tag, as docker has it.
    for (std::size_t i = 0; i < places_of(listed, options.digests).size(); ++i) {
      text += (options.no_trunc ? listed.image.id.str() : listed.image.id.short_id()) + "\n";
    }
  }
  return text;
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  image::ListFilters filters;
  for (const auto& text : options.filters) {
    filters.add_list_filter(text);
  }
  if (!arguments.empty()) {
    filters.references.push_back(arguments[0]);
  }
  ListFormatter formatter(options.format, options.digests ? digest_table : default_table, columns,
                          "*formatter.imageContext", audience_of_output());
  const auto images =
      image::list_images(context.store(), filters, options.all ? image::Intermediate::show : image::Intermediate::hide);
  if (options.quiet) {
    context.print(ids_of(images, options));
    return 0;
  }
  const Timestamp now = Timestamp::now();
  for (const auto& listed : images) {
    for (const auto& place : places_of(listed, options.digests)) {
      formatter.add(row_of(listed, place, options, now));
    }
  }
  context.print(formatter.finish());
  return 0;
}

}  // namespace

Command images_command() {
  return make_command<Options>({.name = "images",
                                .aliases = {"image ls", "image list"},
                                .usage = "[OPTIONS] [REPOSITORY[:TAG]]",
                                .summary = "List images",
                                .description = {},
                                .min_arguments = 0,
                                .max_arguments = 1},
                               declare, run);
}

}  // namespace nacre::cli
