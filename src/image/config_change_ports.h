// Ports as EXPOSE and -p write them. Internal to image/. Source: docker's reference of `run -p`; go-connections' nat.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nacre::image {

// The container's ports that a text names, each as "80/tcp": "80", "80/udp", "8000-8010", and "127.0.0.1:80:8080/tcp",
// of which only the last part counts. Throws Error (invalid_argument) with docker's texts.
std::vector<std::string> parse_exposed_ports(std::string_view text);

}  // namespace nacre::image
