// Go's fmt package over template values: print, println and printf with Go's verbs and Go's words for misuse.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/output/template_budget.h"
#include "cli/output/template_value.h"

namespace nacre::cli {

// The result is charged to the budget. Each throws Error only for a budget that is used up: a wrong verb or a missing
// argument is text, "%!d(string=hi)".
std::string go_sprint(std::span<const Value> arguments, TemplateBudget& budget);
std::string go_sprintln(std::span<const Value> arguments, TemplateBudget& budget);
std::string go_sprintf(std::string_view format, std::span<const Value> arguments, TemplateBudget& budget);

}  // namespace nacre::cli
