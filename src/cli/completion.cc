#include "cli/completion.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace nacre::cli {

namespace {

// What one word position offers: for each full command name its flags; for "" and each group the words that may follow.
// Before a command stand the program's own flags.
struct Vocabulary {
  std::map<std::string, std::vector<std::string>> words;                          // "" or group -> next words
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> flags;  // command -> (flag, help)
  std::map<std::string, std::string> summaries;                                   // command -> summary
  std::vector<std::string> program_flags;
  std::vector<std::string> program_flags_with_value;  // the word after one of these is no command
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Vocabulary vocabulary_of(const std::vector<Command>& commands, const std::vector<CommandGroup>& groups,
                         const FlagSet& global_flags) {
  Vocabulary vocabulary;
  for (const auto& flag : global_flags.flags()) {
    vocabulary.program_flags.push_back("--" + flag.name);
    if (!flag.value_type.empty()) {
      vocabulary.program_flags_with_value.push_back("--" + flag.name);
    }
  }
  for (const auto& group : groups) {
    vocabulary.words[""].push_back(group.name);
    vocabulary.summaries[group.name] = group.summary;
  }
  for (const auto& command : commands) {
    if (command.info.summary.empty()) {
      continue;
    }
    std::vector<std::pair<std::string, std::string>> flags;
    const auto bound = command.bind();
    for (const auto& flag : bound->flags().flags()) {
      flags.emplace_back("--" + flag.name, first_line(flag.help));
      if (flag.shorthand != '\0') {
        flags.emplace_back(fmt::format("-{}", flag.shorthand), first_line(flag.help));
      }
    }
    std::vector<std::string> names = command.info.aliases;
    names.push_back(command.info.name);
    for (const auto& name : names) {
      const std::size_t space = name.find(' ');
      const std::string parent = space == std::string::npos ? "" : name.substr(0, space);
      vocabulary.words[parent].push_back(space == std::string::npos ? name : name.substr(space + 1));
      vocabulary.flags[name] = flags;
      vocabulary.summaries[name] = command.info.summary;
    }
  }
  for (auto& [parent, words] : vocabulary.words) {
    std::ranges::sort(words);
  }
  return vocabulary;
}

// Inside single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return result + "'";
}

std::string joined_flags(const std::vector<std::pair<std::string, std::string>>& flags) {
  std::string text;
  for (const auto& [flag, help] : flags) {
    text += (text.empty() ? "" : " ") + flag;
  }
  return text;
}

// Commands whose arguments are images.
constexpr std::string_view image_names = "nacre images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null";

std::string bash_script(const Vocabulary& vocabulary) {
  std::string cases;
  for (const auto& [parent, words] : vocabulary.words) {
    cases += fmt::format("    {}) words={} ;;\n", shell_quoted(parent),
                         shell_quoted(fmt::format("{}", fmt::join(words, " "))));
  }
  std::string flags;
  for (const auto& [command, list] : vocabulary.flags) {
    flags += fmt::format("    {}) flags={} ;;\n", shell_quoted(command), shell_quoted(joined_flags(list)));
  }
  return fmt::format(R"sh(# bash completion for nacre
_nacre() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} name= word words= flags=
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    [[ -z $name && " {3} " == *" $word "* ]] && ((i++))
    [[ $word == -* ]] && continue
    name="${{name:+$name }}$word"
    case $name in
{1}      *) continue ;;
    esac
    [[ -n $flags ]] && break
  done
  case $name in
    '') flags={4} ;;
    *) flags+=' --help' ;;
  esac
  case $name in
{0}  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -W "$({2})" -- "$cur"))
    __ltrim_colon_completions "$cur" 2>/dev/null
  fi
}}
complete -F _nacre nacre
)sh",
                     cases, flags, image_names, fmt::join(vocabulary.program_flags_with_value, " "),
                     shell_quoted(fmt::format("{}", fmt::join(vocabulary.program_flags, " "))));
}

std::string zsh_script(const Vocabulary& vocabulary) {
  std::string cases;
  for (const auto& [parent, words] : vocabulary.words) {
    cases += fmt::format("    {})\n      choices=(", shell_quoted(parent));
    for (const auto& word : words) {
      const auto summary = vocabulary.summaries.find(parent.empty() ? word : parent + " " + word);
      cases += "\n        " + shell_quoted(word + ":" + (summary == vocabulary.summaries.end() ? "" : summary->second));
    }
    cases += ") ;;\n";
  }
  std::string flags;
  for (const auto& [command, list] : vocabulary.flags) {
    flags += fmt::format("    {}) flags=({}) ;;\n", shell_quoted(command), joined_flags(list));
  }
  return fmt::format(R"sh(#compdef nacre
_nacre() {{
  local name= word skip=
  local -a choices flags
  for word in ${{words[2,CURRENT-1]}}; do
    if [[ -n $skip ]]; then
      skip=
      continue
    fi
    [[ -z $name && " {3} " == *" $word "* ]] && skip=1
    [[ $word == -* ]] && continue
    name="${{name:+$name }}$word"
    case $name in
{1}    esac
    (( $#flags )) && break
  done
  case $name in
    '') flags=({4}) ;;
    *) flags+=(--help) ;;
  esac
  case $name in
{0}  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    compadd -- $flags
  elif (( $#choices )); then
    _describe 'command' choices
  else
    compadd -- ${{(f)"$({2})"}}
    _files
  fi
}}
compdef _nacre nacre
)sh",
                     cases, flags, image_names, fmt::join(vocabulary.program_flags_with_value, " "),
                     fmt::join(vocabulary.program_flags, " "));
}

std::string fish_script(const Vocabulary& vocabulary) {
  std::string script = "# fish completion for nacre\ncomplete -c nacre -f\n";
  for (const auto& [parent, words] : vocabulary.words) {
    const std::string condition =
        parent.empty() ? "__fish_use_subcommand"
                       : fmt::format("__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}", parent,
                                     fmt::join(words, " "));
    for (const auto& word : words) {
      const auto summary = vocabulary.summaries.find(parent.empty() ? word : parent + " " + word);
      script += fmt::format("complete -c nacre -n {} -a {} -d {}\n", shell_quoted(condition), shell_quoted(word),
                            shell_quoted(summary == vocabulary.summaries.end() ? "" : summary->second));
    }
  }
  for (const auto& [command, list] : vocabulary.flags) {
    const std::string last = command.substr(command.rfind(' ') + 1);
    for (const auto& [flag, help] : list) {
      const bool is_long = flag.starts_with("--");
      script +=
          fmt::format("complete -c nacre -n {} {} {} -d {}\n", shell_quoted("__fish_seen_subcommand_from " + last),
                      is_long ? "-l" : "-s", flag.substr(is_long ? 2 : 1), shell_quoted(help));
    }
  }
  for (const auto& flag : vocabulary.program_flags) {
    script += fmt::format("complete -c nacre -n __fish_use_subcommand -l {}\n", flag.substr(2));
  }
  script += fmt::format("complete -c nacre -n 'not __fish_use_subcommand' -a {}\n",
                        shell_quoted(fmt::format("({})", image_names)));
  return script;
}

}  // namespace

std::string completion_script(Shell shell, const std::vector<Command>& commands,
                              const std::vector<CommandGroup>& groups, const FlagSet& global_flags) {
  const Vocabulary vocabulary = vocabulary_of(commands, groups, global_flags);
  switch (shell) {
    case Shell::bash:
      return bash_script(vocabulary);
    case Shell::zsh:
      return zsh_script(vocabulary);
    case Shell::fish:
      return fish_script(vocabulary);
  }
  return {};
}

}  // namespace nacre::cli
