// Help texts that several commands share.
#pragma once

#include <string_view>

namespace nacre::cli {

inline constexpr std::string_view list_format_help =
    "Format output using a custom template:\n"
    "'table':            Print output in table format with column headers (default)\n"
    "'table TEMPLATE':   Print output in table format using the given Go template\n"
    "'json':             Print in JSON format\n"
    "'TEMPLATE':         Print output using the given Go template.";

inline constexpr std::string_view object_format_help =
    "Format output using a custom template:\n"
    "'json':             Print in JSON format\n"
    "'TEMPLATE':         Print output using the given Go template.";

}  // namespace nacre::cli
