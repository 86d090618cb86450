// Tar archives: whatever the reader accepts can be believed, does not depend on how the bytes arrive, and comes back
// the same after the writer wrote it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tar_reader.h"
#include "archive/tar_writer.h"
#include "base/error.h"
#include "test/support/streams.h"

namespace nacre::archive {
namespace {

using nacre::test::PieceSource;
using nacre::test::StringSink;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Outcome {
  std::vector<TarMember> members;
  std::optional<Code> failure;
};

Outcome read(std::string_view archive, std::size_t piece) {
  // Small limits, so that the fuzzer finds what is beyond them.
  const TarLimits limits{.max_extended_header = 8192, .max_sparse_runs = 50, .max_path = 1000};
  PieceSource source(archive, piece);
  TarReader reader(source, limits);
  Outcome outcome;
  try {
    while (auto member = reader.next()) {
      outcome.members.push_back(std::move(*member));
    }
  } catch (const Error& error) {
    check(error.code() == Code::corrupt || error.code() == Code::unsupported);
    outcome.failure = error.code();
  }
  return outcome;
}

void check_member(const TarMember& member, std::size_t archive_size) {
  check(member.data_offset % 512 == 0 && member.data_offset <= archive_size);
  check(member.mode <= 07777 && member.mtime.nanoseconds < 1'000'000'000);
  check(member.path.size() <= 1000 && member.link_target.size() <= 1000);
  check(member.is_sparse || (member.sparse.empty() && member.size == member.stored_size));
  check(member.type == MemberType::regular || member.size == 0);
  std::uint64_t file_end = 0;
  std::uint64_t data_end = member.data_offset;
  for (const SparseRun& run : member.sparse) {
    check(run.length > 0 && run.file_offset >= file_end && run.data_offset == data_end);
    file_end = run.file_offset + run.length;
    data_end = run.data_offset + run.length;
  }
  check(file_end <= member.size);
  check(!member.is_sparse || data_end == member.data_offset + member.stored_size);
}

void check_round_trip(TarMember member) {
  member.size = 0;
  StringSink sink;
  TarWriter writer(sink);
  try {
    writer.add(member);
  } catch (const Error& error) {
    check(error.code() == Code::invalid_argument && sink.text.empty());
    return;
  }
  writer.finish();
  PieceSource source(sink.text, sink.text.size());
  TarReader reader(source);
  const std::optional<TarMember> again = reader.next();
  check(again && !reader.next());
  if (member.type == MemberType::directory && !member.path.ends_with('/')) {
    member.path += '/';
  }
  const bool has_target = member.type == MemberType::hard_link || member.type == MemberType::symlink;
  check(again->path == member.path && again->type == member.type && again->mode == member.mode);
  check(again->uid == member.uid && again->gid == member.gid && again->mtime == member.mtime);
  check(again->user_name == member.user_name && again->group_name == member.group_name);
  check(again->xattrs == member.xattrs && (!has_target || again->link_target == member.link_target));
  check(again->device_major == member.device_major && again->device_minor == member.device_minor);
}

void check_archive(std::string_view archive) {
  const Outcome whole = read(archive, std::max<std::size_t>(archive.size(), 1));
  const Outcome pieces = read(archive, 61);
  check(whole.failure == pieces.failure && whole.members.size() == pieces.members.size());
  for (std::size_t i = 0; i < whole.members.size(); ++i) {
    check(whole.members[i].path == pieces.members[i].path);
    check_member(whole.members[i], archive.size());
    check_round_trip(whole.members[i]);
  }
}

}  // namespace
}  // namespace nacre::archive

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nacre::archive::check_archive({reinterpret_cast<const char*>(data), size});
  return 0;
}
