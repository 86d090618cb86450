// Changes to what a container of an image starts with, written as Dockerfile instructions: the -c flag of `import` and
// `commit`. Source: docker's Dockerfile reference; moby's builder for what each instruction does to a config.
#pragma once

#include <span>
#include <string>

#include "oci/image_config.h"

namespace nacre::image {

// Applies the instructions in order: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,
// VOLUME and WORKDIR, in JSON or shell form, with quotes, escapes, continued lines and $VARIABLE as a Dockerfile has
// them. Throws Error (invalid_argument) with docker's texts: "FROM is not a valid change command".
oci::ContainerDefaults apply_changes(oci::ContainerDefaults defaults, std::span<const std::string> changes);

}  // namespace nacre::image
