// What a removal did, in docker's words.
#pragma once

#include <string>

#include "image/remove.h"

namespace nacre::cli {

enum class EventCase { title, lower };  // `rmi` says "Untagged:", `image prune` "untagged:"

// A line for each event.
std::string removal_text(const image::Removal& removal, EventCase event_case);

}  // namespace nacre::cli
