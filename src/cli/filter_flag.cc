#include "cli/filter_flag.h"

#include "base/error.h"

namespace nacre::cli {

void filter_flag(FlagSet& flags, std::vector<std::string>& target, char shorthand, std::string help) {
  flags.add({"filter", shorthand, "filter", std::move(help), "", [&target](std::string_view text) {
               if (text.empty()) {
                 return;
               }
               if (text.find('=') == std::string_view::npos) {
                 throw Error(Code::invalid_argument, "bad format of filter (expected name=value)");
               }
               target.emplace_back(text);
             }});
}

}  // namespace nacre::cli
