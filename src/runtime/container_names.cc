#include "runtime/container_names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "runtime/words.h"

namespace nacre::runtime {

namespace {

constexpr std::array<std::string_view, 64> adjectives = {
    "able",   "amber",   "bold",   "brave",  "bright", "brisk", "calm",   "clear",  "clever", "cool",   "coral",
    "crisp",  "dapper",  "deep",   "deft",   "eager",  "early", "fair",   "fleet",  "fond",   "frank",  "fresh",
    "gentle", "glad",    "golden", "grand",  "happy",  "hardy", "honest", "humble", "ivory",  "jolly",  "keen",
    "kind",   "lively",  "lucid",  "lucky",  "mellow", "merry", "mild",   "misty",  "neat",   "nimble", "noble",
    "pale",   "patient", "placid", "plucky", "proud",  "quick", "quiet",  "rapid",  "ready",  "serene", "silver",
    "sleek",  "smooth",  "steady", "sunny",  "swift",  "tidal", "vivid",  "warm",   "witty"};
constexpr std::array<std::string_view, 64> creatures = {
    "abalone",    "anemone",  "arkshell", "auger",   "barnacle", "bonnet", "bubble", "chiton",
    "clam",       "cockle",   "conch",    "cone",    "coral",    "cowrie", "crab",   "cuttle",
    "dolphin",    "drill",    "eel",      "fig",     "geoduck",  "helmet", "kelp",   "krill",
    "lamp",       "limpet",   "lobster",  "manta",   "marlin",   "miter",  "moon",   "murex",
    "mussel",     "nautilus", "nerite",   "octopus", "olive",    "orca",   "otter",  "oyster",
    "periwinkle", "pilchard", "piddock",  "prawn",   "quahog",   "ray",    "razor",  "scallop",
    "seahorse",   "seal",     "shrimp",   "slipper", "snail",    "sponge", "squid",  "starfish",
    "tellin",     "triton",   "tulip",    "turban",  "turtle",   "urchin", "volute", "whelk"};

}  // namespace

void check_container_name(std::string_view name) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  if (name.size() < 2 || !is_alphanumeric(name[0]) || !std::ranges::all_of(name, allowed)) {
    throw Error(Code::invalid_argument,
                fmt::format("invalid container name ({}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", name));
  }
}

std::string random_container_name() {
  const unsigned long number = std::stoul(random_hex(4), nullptr, 16);
  return fmt::format("{}_{}", adjectives[number % adjectives.size()], creatures[number / 256 % creatures.size()]);
}

}  // namespace nacre::runtime
