#include <algorithm>

#include <fmt/format.h>

#include "cli/completion.h"
#include "cli/version.h"

namespace nacre::cli {

namespace {

// Text for man(7): backslashes and dashes escaped, a leading dot or quote kept from being a macro.
std::string escaped(std::string_view text) {
  std::string result;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) {
      result += "\\&";
    }
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    line_start = c == '\n';
  }
  return result;
}

std::string page_name(const std::string& command) {
  std::string name = "nacre-" + command;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string header(const std::string& name, std::string_view summary) {
  std::string upper = name;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return fmt::format(".TH \"{}\" \"1\" \"\" \"nacre {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n", upper,
                     version_number(), escaped(name), escaped(summary));
}

std::string flag_entries(const FlagSet& flags) {
  std::string text;
  for (const auto& flag : flags.flags()) {
    const std::string shorthand = flag.shorthand != '\0' ? fmt::format("\\fB\\-{}\\fR, ", flag.shorthand) : "";
    const std::string value = flag.value_type.empty() ? "" : fmt::format(" \\fI{}\\fR", escaped(flag.value_type));
    text += fmt::format(".TP\n{}\\fB\\-\\-{}\\fR{}\n", shorthand, escaped(flag.name), value);
    std::string help = escaped(flag.help);
    for (std::size_t at = help.find('\n'); at != std::string::npos; at = help.find('\n', at + 5)) {
      help.replace(at, 1, "\n.br\n");
    }
    text += help + "\n";
  }
  return text;
}

ManualPage command_page(const Command& command) {
  const CommandInfo& info = command.info;
  const auto bound = command.bind();
  std::string text = header(page_name(info.name), info.summary);
  text += fmt::format(".SH SYNOPSIS\n\\fBnacre {}\\fR {}\n", escaped(info.name), escaped(info.usage));
  for (const auto& alias : info.aliases) {
    text += fmt::format(".br\n\\fBnacre {}\\fR {}\n", escaped(alias), escaped(info.usage));
  }
  text += fmt::format(".SH DESCRIPTION\n{}.\n", escaped(info.summary));
  if (!info.description.empty()) {
    text += fmt::format(".PP\n{}\n", escaped(info.description));
  }
  if (!bound->flags().flags().empty()) {
    text += ".SH OPTIONS\n" + flag_entries(bound->flags());
  }
  text += ".SH SEE ALSO\n\\fBnacre\\fR(1)\n";
  return {page_name(info.name) + ".1", std::move(text)};
}

}  // namespace

std::vector<ManualPage> manual_pages(const std::vector<Command>& commands, const std::vector<CommandGroup>& groups,
                                     const FlagSet& global_flags) {
  std::vector<ManualPage> pages;
  std::string main_page = header("nacre", "container images without a daemon, never extracted");
  main_page += ".SH SYNOPSIS\n\\fBnacre\\fR [OPTIONS] COMMAND\n.SH OPTIONS\n" + flag_entries(global_flags);
  main_page += ".SH COMMANDS\n";
  for (const auto& command : commands) {
    if (!command.info.summary.empty()) {
      pages.push_back(command_page(command));
      main_page +=
          fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", escaped(page_name(command.info.name)), escaped(command.info.summary));
    }
  }
  main_page += ".SH COMMAND GROUPS\n";
  for (const auto& group : groups) {
    main_page += fmt::format(".TP\n\\fBnacre {}\\fR\n{}\n", escaped(group.name), escaped(group.summary));
  }
  main_page +=
      ".SH FILES\n.TP\n/var/lib/nacre\nThe store, as root; $XDG_DATA_HOME/nacre otherwise.\n"
      ".SH ENVIRONMENT\n.TP\nNACRE_ROOT\nFolder of the store.\n.TP\nNACRE_RUNTIME\nThe OCI runtime: runc, crun or a "
      "path.\n"
      ".SH EXIT STATUS\n0 on success, 1 on failure, 125 for unknown flags. \\fBnacre run\\fR exits as the process "
      "does; 125 "
      "when nacre fails, 126 when the command cannot be invoked, 127 when it is not found.\n";
  pages.push_back({"nacre.1", std::move(main_page)});
  return pages;
}

}  // namespace nacre::cli
