// An image as `inspect` shows it.
#pragma once

#include <string_view>

#include "oci/json.h"
#include "store/store.h"

namespace nacre::image {

// Docker's JSON shape (API v1.41 and later): Id, RepoTags, RepoDigests, Parent, Comment, Created, DockerVersion,
// Author, Config, Architecture, Variant, Os, OsVersion, Size, GraphDriver, RootFS, Metadata, Descriptor. driver: the
// name of the snapshot driver.
oci::OrderedJson inspect_image(const store::Store& store, const store::ImageRecord& image, std::string_view driver);

}  // namespace nacre::image
