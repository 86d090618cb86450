// Text from outside, made fit for an error message.
#pragma once

#include <string>
#include <string_view>

namespace nacre::oci {

// The text with control characters and bytes that are not UTF-8 written as \xNN, cut after 160 bytes: what a hostile
// document says can neither steer a terminal nor fill it.
std::string shown(std::string_view text);

}  // namespace nacre::oci
