#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/output/text.h"
#include "store/check.h"

namespace nacre::cli {

namespace {

struct CheckOptions {
  bool repair = false;
  bool quiet = false;
};

void declare(FlagSet& flags, CheckOptions& options) {
  flags.toggle(options.repair, "repair", '\0', "Rebuild what can be rebuilt, move what belongs to nobody to the trash");
  flags.toggle(options.quiet, "quiet", 'q', "Print findings only");
}

std::string as_line(const store::Finding& finding) {
  std::string line = fmt::format("{}: {}", finding.object, finding.problem);
  return finding.outcome.empty() ? line : fmt::format("{}; {}", line, finding.outcome);
}

int run(Context& context, const CheckOptions& options, const std::vector<std::string>& /*arguments*/) {
  const bool show_progress = !options.quiet && is_terminal(STDERR_FILENO);
  const auto report = store::check(context.store(), options.repair ? store::Repair::yes : store::Repair::no,
                                   context.cancel(), [&](std::string_view object) {
                                     if (show_progress) {
                                       context.print_error(fmt::format("\r\033[K{}", object));
                                     }
                                   });
  if (show_progress) {
    context.print_error("\r\033[K");
  }
  int unrepaired = 0;
  for (const auto& finding : report.findings) {
    context.print(as_line(finding) + "\n");
    unrepaired += finding.repaired ? 0 : 1;
  }
  if (!options.quiet) {
    context.print(fmt::format("checked {} images, {} layers, {} chains, {} blobs: {} bytes read, {}\n", report.images,
                              report.layers, report.chains, report.blobs, report.bytes_read,
                              report.findings.empty()
                                  ? "nothing wrong"
                                  : fmt::format("{} findings, {} of them repaired", report.findings.size(),
                                                report.findings.size() - static_cast<std::size_t>(unrepaired))));
  }
  return unrepaired == 0 ? 0 : 1;
}

}  // namespace

Command store_check_command() {
  return make_command<CheckOptions>({.name = "store check",
                                     .aliases = {},
                                     .usage = "[OPTIONS]",
                                     .summary = "Read every byte of the store and say what is wrong",
                                     .description = "Exits with 1 when something is wrong that was not repaired. "
                                                    "Content that other commands are working on is left\n"
                                                    "alone.",
                                     .min_arguments = 0,
                                     .max_arguments = 0},
                                    declare, run);
}

}  // namespace nacre::cli
