#include "cli/filter_flag.h"

#include "image/list.h"

namespace nacre::cli {

void filter_flag(FlagSet& flags, std::vector<std::string>& target, char shorthand, std::string help) {
  flags.add({"filter", shorthand, "filter", std::move(help), "", [&target](std::string_view text) {
               if (text.empty()) {
                 return;
               }
               image::split_filter(text);
               target.emplace_back(text);
             }});
}

}  // namespace nacre::cli
