// How a server proves who it is, and we to it.
#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"

namespace nacre::net {

enum class Verify : std::uint8_t { yes, no };

struct TlsSettings {
  std::string authorities;      // PEM certificates that are trusted beside the system's
  fs::path client_certificate;  // PEM file, shown to a server that asks for one; "" for none
  fs::path client_key;          // its PEM file; "" when the certificate's file holds both
  Verify verify = Verify::yes;

  bool operator==(const TlsSettings&) const = default;
};

}  // namespace nacre::net
