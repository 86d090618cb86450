#include "store/index_builder.h"

#include "archive/tar_writer.h"
#include "erofs/image_reader.h"
#include "store_test_support.h"
#include "test/support/streams.h"

namespace nacre::store::test {
namespace {

using nacre::test::StringSink;

class IndexBuilderTest : public StoreTest {
 protected:
  Store store_ = open();

  LayerRecord ingest(Lease& lease, const std::string& tar) {
    const auto source = archive::memory_source(tar);
    return commit_layer(lease, ingest_layer(lease.ingest_directory(), *source, {}, CancelToken{}));
  }
  std::string chain_index(const std::vector<oci::DiffId>& layers) const {
    StringSink sink;
    build_chain_index(store_.layout(), layers, CancelToken{}, sink);
    return std::move(sink.text);
  }
};

TEST_F(IndexBuilderTest, MakesTheSameBytesAgain) {
  Lease lease = store_.lease();
  const auto one = ingest(lease, make_tar("one"));
  const auto two = ingest(lease, make_tar("two"));
  const auto chain = ensure_chain(store_, lease, std::vector{one.diff_id, two.diff_id}, CancelToken{});
  EXPECT_EQ(chain_index({one.diff_id, two.diff_id}), read_file(store_.layout().chain_index(chain), 1 << 20));
}

// The data of a last member without padding cannot be mapped: the layer's index has a copy, and so must the chain's.
TEST_F(IndexBuilderTest, FindsDataThatCannotBeMapped) {
  std::string unpadded = make_tar("at the very end");
  unpadded.resize(unpadded.rfind("at the very end") + std::string_view("at the very end").size());
  Lease lease = store_.lease();
  const auto bottom = ingest(lease, make_tar("bottom"));
  const auto top = ingest(lease, unpadded);
  const std::string index = chain_index({bottom.diff_id, top.diff_id});
  const tree::FileTree merged = erofs::read_image(as_bytes(index));
  const auto found = merged.resolve("/etc/" + oci::Digest::of("at the very end").short_id(), tree::FollowLast::no);
  ASSERT_TRUE(found.has_value());
  const tree::Inode& inode = merged.inode(*found);
  EXPECT_EQ(inode.device, 1);
  EXPECT_EQ(unpadded.substr(inode.data_offset, inode.size), "at the very end");
  const auto chain = ensure_chain(store_, lease, std::vector{bottom.diff_id, top.diff_id}, CancelToken{});
  EXPECT_EQ(read_file(store_.layout().chain_index(chain), 1 << 20), index);
}

}  // namespace
}  // namespace nacre::store::test
