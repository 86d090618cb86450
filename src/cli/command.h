// What a command of the program is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/flag_set.h"

namespace nacre::cli {

inline constexpr int any_number = -1;

// How a command is called and shown: the one source of parsing, help, man pages and completions.
struct CommandInfo {
  std::string name;                  // "images", "image ls"
  std::vector<std::string> aliases;  // other full names: "image list"
  std::string usage;                 // "[OPTIONS] [REPOSITORY[:TAG]]"
  std::string summary;               // one line
  std::string description;           // more, for the man page; may be empty
  int min_arguments = 0;
  int max_arguments = any_number;
  Interspersed interspersed = Interspersed::yes;
};

// A command whose flags are bound to fresh variables: parse, then run.
class BoundCommand {
 public:
  virtual ~BoundCommand() = default;
  virtual const FlagSet& flags() const = 0;
  virtual int run(Context& context, const std::vector<std::string>& arguments) = 0;
};

struct Command {
  CommandInfo info;
  std::function<std::unique_ptr<BoundCommand>()> bind;
};

// Makes a command of a struct of options, a function that declares them as flags, and the function that does the work
// and returns the exit status.
template <class Options>
Command make_command(CommandInfo info, void (*declare)(FlagSet&, Options&),
                     int (*run)(Context&, const Options&, const std::vector<std::string>&)) {
  class Bound : public BoundCommand {
   public:
    Bound(void (*declare_flags)(FlagSet&, Options&),
          int (*work)(Context&, const Options&, const std::vector<std::string>&))
        : run_(work) {
      declare_flags(flags_, options_);
    }
    const FlagSet& flags() const override { return flags_; }
    int run(Context& context, const std::vector<std::string>& arguments) override {
      return run_(context, options_, arguments);
    }

   private:
    Options options_;
    FlagSet flags_;
    int (*run_)(Context&, const Options&, const std::vector<std::string>&);
  };
  return {std::move(info), [declare, run] { return std::make_unique<Bound>(declare, run); }};
}

}  // namespace nacre::cli
