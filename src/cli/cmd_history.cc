#include <array>

#include "cli/commands.h"
#include "cli/format_help.h"
#include "cli/image_path.h"
#include "cli/output/table.h"
#include "cli/output/text.h"
#include "cli/output/units.h"
#include "image/history.h"
#include "image/lookup.h"

namespace nacre::cli {

namespace {

struct Options {
  bool human = true;
  bool no_trunc = false;
  bool quiet = false;
  std::string format;
  std::optional<std::string> platform;
};

void declare(FlagSet& flags, Options& options) {
  flags.text(options.format, "format", '\0', "string", std::string(list_format_help));
  flags.toggle(options.human, "human", 'H', "Print sizes and dates in human readable format (default true)");
  flags.toggle(options.no_trunc, "no-trunc", '\0', "Don't truncate output");
  flags.text(options.platform, "platform", '\0', "string", "Show history for the given platform");
  flags.toggle(options.quiet, "quiet", 'q', "Only show image IDs");
}

constexpr std::array<Column, 7> columns = {Column{"ID", "IMAGE"},
                                           Column{"CreatedAt", "CREATED AT"},
                                           Column{"CreatedSince", "CREATED"},
                                           Column{"CreatedBy", "CREATED BY"},
                                           Column{"Size", "SIZE"},
                                           Column{"Comment", "COMMENT"},
                                           Column{"Layer", "LAYER"}};

constexpr std::string_view human_table = "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
constexpr std::string_view plain_table = "{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";

std::string shown_digest(const oci::Digest& digest, const Options& options) {
  return options.no_trunc ? digest.str() : digest.short_id();
}

// The top row is the image; a row below is known by the layer it made. A step that made none has no identity of its
// own.
std::string row_id(const image::HistoryRow& row, bool is_top, const oci::Digest& image, const Options& options) {
  if (is_top) {
    return shown_digest(image, options);
  }
  return row.layer ? shown_digest(row.layer->digest, options) : "<missing>";
}

std::string shown_command(const std::string& created_by, const Options& options) {
  std::string text = created_by;
  for (char& c : text) {
    c = c == '\t' || c == '\n' ? ' ' : c;
  }
  return options.no_trunc ? text : ellipsis(text, 45);
}

std::string created_since(const image::HistoryRow& row, const Options& options, Timestamp now) {
  if (!row.created) {
    return "N/A";
  }
  return options.human ? time_ago(*row.created, now) : row.created->rfc3339();
}

oci::OrderedJson row_of(const image::HistoryRow& row, std::string id, const Options& options, Timestamp now) {
  return {{"ID", std::move(id)},
          {"CreatedAt", row.created ? row.created->rfc3339() : ""},
          {"CreatedSince", created_since(row, options, now)},
          {"CreatedBy", shown_command(row.created_by, options)},
          {"Size", options.human ? human_size(static_cast<double>(row.size), 3) : std::to_string(row.size)},
          {"Comment", row.comment},
          {"Layer", row.layer ? shown_digest(row.layer->digest, options) : ""}};
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  ListFormatter formatter(options.format, options.human ? human_table : plain_table, columns,
                          "*formatter.historyContext", audience_of_output());
  const auto found = image::get(context.store(), arguments[0], parse_platform(options.platform));
  const Timestamp now = Timestamp::now();
  std::string ids;
  bool is_top = true;
  for (const auto& row : image::image_history(context.store(), found.image)) {
    std::string id = row_id(row, std::exchange(is_top, false), found.image.id, options);
    ids += id + "\n";
    formatter.add(row_of(row, std::move(id), options, now));
  }
  context.print(options.quiet ? ids : formatter.finish());
  return 0;
}

}  // namespace

Command history_command() {
  return make_command<Options>(
      {.name = "history",
       .aliases = {"image history"},
       .usage = "[OPTIONS] IMAGE",
       .summary = "Show the history of an image",
       .description =
           "A row that changed files carries the digest of the layer it made; only steps that made none are\n"
           "<missing>. --format has it as .Layer in every row.",
       .min_arguments = 1,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
