#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/filter_flag.h"
#include "cli/output/table.h"
#include "cli/output/text.h"
#include "cli/registry_client.h"
#include "oci/shown.h"

namespace nacre::cli {

namespace {

constexpr unsigned default_limit = 25;
constexpr unsigned highest_limit = 100;
constexpr std::size_t description_length = 45;

struct Options {
  std::vector<std::string> filters;
  std::string format;
  std::string limit;
  bool no_trunc = false;
};

void declare(FlagSet& flags, Options& options) {
  filter_flag(flags, options.filters, 'f', "Filter output based on conditions provided");
  flags.text(options.format, "format", '\0', "string", "Pretty-print search using a Go template");
  flags.text(options.limit, "limit", '\0', "int", "Max number of search results");
  flags.toggle(options.no_trunc, "no-trunc", '\0', "Don't truncate output");
}

constexpr auto columns = std::to_array<Column>({
    {"Name", "NAME"},
    {"Description", "DESCRIPTION"},
    {"StarCount", "STARS"},
    {"IsOfficial", "OFFICIAL"},
    {"IsAutomated", "AUTOMATED"},
});
constexpr std::string_view table = "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";

unsigned limit_of(const Options& options) {
  if (options.limit.empty()) {
    return default_limit;
  }
  unsigned limit = 0;
  const char* const end = options.limit.data() + options.limit.size();
  const auto [rest, error] = std::from_chars(options.limit.data(), end, limit);
  if (error != std::errc() || rest != end || limit < 1 || limit > highest_limit) {
    throw Error(Code::invalid_argument,
                fmt::format("limit {} is outside the range of [1, {}]", oci::shown(options.limit), highest_limit));
  }
  return limit;
}

bool wants(const std::string& value, std::string_view filter) {
  if (value != "true" && value != "1" && value != "false" && value != "0") {
    throw Error(Code::invalid_argument, fmt::format("invalid filter '{}={}'", filter, oci::shown(value)));
  }
  return value == "true" || value == "1";
}

bool passes(const registry::SearchResult& result, const std::vector<std::string>& filters) {
  return std::ranges::all_of(filters, [&](const std::string& filter) {
    const std::string name = filter.substr(0, filter.find('='));
    const std::string value = filter.substr(name.size() + 1);
    if (name == "is-official") {
      return result.is_official == wants(value, name);
    }
    if (name == "is-automated") {
      return result.is_automated == wants(value, name);
    }
    if (name == "stars") {
      std::int64_t stars = 0;
      const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), stars);
      if (error != std::errc() || rest != value.data() + value.size()) {
        throw Error(Code::invalid_argument, fmt::format("invalid filter 'stars={}'", oci::shown(value)));
      }
      return result.stars >= stars;
    }
    throw Error(Code::invalid_argument, fmt::format("invalid filter '{}'", oci::shown(name)));
  });
}

// One line, as short as a table wants it.
std::string shown_description(std::string text, bool whole) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  const bool cut = !whole && text.size() > description_length;
  return oci::shown(cut ? std::string(fit_columns(text, static_cast<int>(description_length) - 1)) + "…" : text);
}

// "localhost:5000/alpine" is looked for at localhost:5000, "library/alpine" at Docker Hub. Source: docker's search.
std::pair<std::string, std::string> split_term(const std::string& term) {
  const std::size_t slash = term.find('/');
  const std::string host = term.substr(0, slash);
  const bool names_host =
      slash != std::string::npos && (host.find_first_of(".:") != std::string::npos || host == "localhost");
  return names_host ? std::pair(registry::registry_of(host), term.substr(slash + 1)) : std::pair("docker.io", term);
}

int run(Context& context, const Options& options, const std::vector<std::string>& arguments) {
  const unsigned limit = limit_of(options);
  passes({}, options.filters);  // a bad filter is one whatever is found
  const auto [domain, term] = split_term(arguments[0]);
  const auto client = make_registry_client();
  auto found = with_context(
      [&] { return "search " + oci::shown(arguments[0]); },
      [&, &place = domain, &wanted = term] { return client->search(place, wanted, limit, context.cancel()); });
  std::ranges::stable_sort(found, std::greater(), &registry::SearchResult::stars);
  ListFormatter formatter(options.format, table, columns, "*formatter.searchContext");
  for (const auto& result : found) {
    if (passes(result, options.filters)) {
      formatter.add(oci::OrderedJson{{"Name", oci::shown(result.name)},
                                     {"Description", shown_description(result.description, options.no_trunc)},
                                     {"StarCount", std::to_string(result.stars)},
                                     {"IsOfficial", result.is_official ? "[OK]" : ""},
                                     {"IsAutomated", result.is_automated ? "[OK]" : ""}});
    }
  }
  context.print(formatter.finish());
  return 0;
}

}  // namespace

Command search_command() {
  return make_command<Options>(
      {.name = "search",
       .aliases = {},
       .usage = "[OPTIONS] TERM",
       .summary = "Search Docker Hub, or another registry, for images",
       .description =
           "A term that begins with a registry's name is looked for there; in a registry without a search, in\n"
           "the list of its repositories.",
       .min_arguments = 1,
       .max_arguments = 1},
      declare, run);
}

}  // namespace nacre::cli
