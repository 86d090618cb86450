// An archive that can be read only once: a pipe, or a compressed file.
#pragma once

#include <optional>
#include <string>

#include "archive/tar_member.h"
#include "image/members.h"

namespace nacre::image {

// Reads the whole stream. Small members and JSON documents are kept in memory (64 MiB at most in all); everything else
// is taken for a layer and ingested on the way, since in an image archive it can be nothing else that matters. One that
// turns out to be no layer is only an error when it is asked for.
std::unique_ptr<Members> open_stream_members(Fd file, const MembersContext& context);

// A member's path as Members knows it: relative, lexically normal.
std::string archive_path(std::string_view written);
// Where a hard link or symlink inside the archive leads; nothing for other members.
std::optional<std::string> link_target_path(const archive::TarMember& member);

}  // namespace nacre::image
