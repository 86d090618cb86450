// Small layers for tests that mount them: made in memory, put into a store of the test's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/tar_writer.h"
#include "base/temp.h"
#include "store/layer_ingest.h"
#include "store/store.h"
#include "test/support/streams.h"

namespace nacre::test {

// A tar being put together, member by member.
class LayerTar {
 public:
  LayerTar& directory(std::string path, std::uint32_t mode = 0755) {
    return add(std::move(path) + "/", archive::MemberType::directory, mode);
  }
  LayerTar& file(std::string path, std::string_view content, std::uint32_t mode = 0644) {
    archive::TarMember member = base(std::move(path), archive::MemberType::regular, mode);
    return file(std::move(member), content);
  }
  LayerTar& file(archive::TarMember member, std::string_view content) {
    member.size = content.size();
    writer_.add_file(member, content);
    return *this;
  }
  LayerTar& symlink(std::string path, std::string target) {
    archive::TarMember member = base(std::move(path), archive::MemberType::symlink, 0777);
    member.link_target = std::move(target);
    writer_.add(member);
    return *this;
  }
  LayerTar& hard_link(std::string path, std::string target) {
    archive::TarMember member = base(std::move(path), archive::MemberType::hard_link, 0644);
    member.link_target = std::move(target);
    writer_.add(member);
    return *this;
  }
  LayerTar& member(const archive::TarMember& member) {
    writer_.add(member);
    return *this;
  }
  LayerTar& whiteout(std::string path) { return file(std::move(path), ""); }

  static archive::TarMember base(std::string path, archive::MemberType type, std::uint32_t mode) {
    archive::TarMember member;
    member.path = std::move(path);
    member.type = type;
    member.mode = mode;
    member.mtime = {1'700'000'000, 123'456'700};
    return member;
  }

  std::string finish() {
    writer_.finish();
    return std::move(sink_.text);
  }

 private:
  LayerTar& add(std::string path, archive::MemberType type, std::uint32_t mode) {
    writer_.add(base(std::move(path), type, mode));
    return *this;
  }

  StringSink sink_;
  archive::TarWriter writer_{sink_};
};

// Puts layers into the store, held by the lease.
inline std::vector<oci::DiffId> put_layers(store::Lease& lease, const std::vector<std::string>& tars) {
  std::vector<oci::DiffId> ids;
  for (const std::string& tar : tars) {
    const auto source = archive::memory_source(tar);
    store::IngestedLayer layer = store::ingest_layer(lease.ingest_directory(), *source, {}, CancelToken{});
    ids.push_back(store::commit_layer(lease, std::move(layer)).diff_id);
  }
  return ids;
}

}  // namespace nacre::test
