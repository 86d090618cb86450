#include "image/stream_members.h"

#include <map>
#include <mutex>
#include <variant>

#include <fmt/format.h>

#include "archive/compression.h"
#include "archive/tar_reader.h"
#include "base/error.h"
#include "oci/json.h"

namespace nacre::image {

namespace {

constexpr std::uint64_t always_in_memory = 64 * 1024;
constexpr std::uint64_t memory_budget = 64 * 1024 * 1024;

// A source of which one chunk was already taken.
class Resumed : public archive::ByteSource {
 public:
  Resumed(archive::Chunk first, archive::ByteSource& rest) : first_(std::move(first)), rest_(rest) {}
  archive::Chunk next() override { return first_.empty() ? rest_.next() : std::exchange(first_, {}); }

 private:
  archive::Chunk first_;
  archive::ByteSource& rest_;
};

bool looks_like_json(const archive::Chunk& head) {
  const std::string_view text = as_text(head.bytes);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

class StreamMembers : public Members {
 public:
  StreamMembers(archive::ByteSource& stream, MembersContext context) : context_(std::move(context)) {
    archive::TarReader reader(stream);
    while (const auto member = reader.next()) {
      take(*member, reader);
    }
    reader.drain();
  }

  bool has(const std::string& path) const override { return members_.contains(resolve(path)); }

  std::string document(const std::string& path) override {
    if (const auto* text = std::get_if<std::string>(&at(path))) {
      return *text;
    }
    throw Error(Code::corrupt, fmt::format("'{}' in the archive is not a JSON document", path));
  }

  std::uint64_t size(const std::string& path) const override {
    const auto found = members_.find(resolve(path));
    if (found == members_.end()) {
      return 0;
    }
    const auto* text = std::get_if<std::string>(&found->second);
    const auto* layer = std::get_if<store::IngestedLayer>(&found->second);
    return text != nullptr ? text->size() : layer != nullptr ? layer->blob_size : 0;
  }

  store::IngestedLayer layer(const std::string& path, const store::LayerExpectation& expected,
                             const CancelToken& cancel, const store::ByteProgress& progress) override {
    const std::scoped_lock lock(mutex_);
    Member& member = at(path);
    if (const auto* failure = std::get_if<Error>(&member)) {
      throw Error(*failure);
    }
    if (const auto* text = std::get_if<std::string>(&member)) {
      const auto source = archive::memory_source(*text);
      return store::ingest_layer(context_.ingest, *source, expected, cancel, progress);
    }
    auto& ingested = std::get<store::IngestedLayer>(member);
    verify(ingested, expected);
    store::IngestedLayer taken = std::move(ingested);
    member.emplace<Error>(Code::corrupt, fmt::format("'{}' serves as two different layers", path));
    return taken;
  }

 private:
  // A document, a layer, or why it is neither.
  using Member = std::variant<std::string, store::IngestedLayer, Error>;

  void take(const archive::TarMember& member, archive::TarReader& reader) {
    const std::string path = archive_path(member.path);
    if (const auto target = link_target_path(member)) {
      links_[path] = *target;
      return;
    }
    if (member.type != archive::MemberType::regular || member.is_sparse) {
      return;
    }
    archive::MemberSource data(reader);
    archive::Chunk head = data.next();
    const bool small = member.size <= always_in_memory;
    const bool json = looks_like_json(head) && member.size <= oci::max_json_size;
    Resumed whole(std::move(head), data);
    if ((small || json) && in_memory_ + member.size <= memory_budget) {
      in_memory_ += member.size;
      put(path, archive::read_all(whole, member.size));
    } else {
      put(path, ingest(path, whole));
    }
  }

  // The last of several members of one path counts.
  void put(const std::string& path, Member member) {
    members_.erase(path);
    members_.emplace(path, std::move(member));
  }

  Member ingest(const std::string& path, archive::ByteSource& data) {
    try {
      return store::ingest_layer(context_.ingest, data, {}, context_.cancel, [&](std::uint64_t bytes) {
        if (context_.on_stream_progress) {
          context_.on_stream_progress(path, bytes);
        }
      });
    } catch (Error& error) {
      if (error.code() != Code::corrupt && error.code() != Code::unsupported) {
        throw;
      }
      return error.add_context(path);
    }
  }

  static void verify(const store::IngestedLayer& layer, const store::LayerExpectation& expected) {
    if (expected.diff_id && *expected.diff_id != layer.record.diff_id) {
      throw Error(Code::corrupt, fmt::format("layer does not match its diff ID: expected {}, the bytes are {}",
                                             expected.diff_id->digest.str(), layer.record.diff_id.digest.str()));
    }
    if (expected.blob && *expected.blob != layer.blob_digest) {
      throw Error(Code::corrupt, fmt::format("layer blob does not match its digest: expected {}, the bytes are {}",
                                             expected.blob->str(), layer.blob_digest.str()));
    }
  }

  const std::string& resolve(const std::string& path) const {
    const auto link = links_.find(path);
    return link == links_.end() ? path : link->second;
  }

  Member& at(const std::string& path) {
    const auto found = members_.find(resolve(path));
    if (found == members_.end()) {
      throw Error(Code::corrupt, fmt::format("the archive has no '{}'", path));
    }
    return found->second;
  }

  MembersContext context_;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> links_;
  std::uint64_t in_memory_ = 0;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Members> open_stream_members(Fd file, const MembersContext& context) {
  auto input = archive::detect_and_decompress(archive::stream_source(file, context.cancel), context.cancel);
  return std::make_unique<StreamMembers>(*input.bytes, context);
}

}  // namespace nacre::image
