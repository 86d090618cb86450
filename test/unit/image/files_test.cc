#include "image/files.h"

#include <fcntl.h>

#include "base/subprocess.h"
#include "image_test_support.h"
#include "test/support/streams.h"

namespace nacre::image {
namespace {

using nacre::test::StringSink;

using archive::MemberType;
using test::directory_member;
using test::error_of;
using test::file_member;
using test::link_member;
using test::make_tar;
using test::noise;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using tree::FollowLast;

std::string content_of(const ImageFiles& files, std::string_view path) {
  StringSink sink;
  files.read(files.locate(path, FollowLast::yes).inode, sink, {});
  return sink.text;
}

std::optional<ImageFiles::Place> place_of(const ImageFiles& files, std::string_view path) {
  return files.place(files.locate(path, FollowLast::no).inode);
}

class FilesTest : public test::ImageTest {
 protected:
  ImageFiles open(const oci::Digest& id) { return ImageFiles::open(store(), record(id), {}); }
  ImageFiles open_tars(std::vector<std::string> tars) { return open(put({.tars = std::move(tars)})); }
};

TEST_F(FilesTest, LayersLieOnTopOfEachOther) {
  const auto files = open_tars({make_tar({{"etc/a", "below"}, {"etc/b", "gone"}, {"opt/x", "hidden"}}),
                                make_tar({{"etc/.wh.b", ""}, {"opt/.wh..wh..opq", ""}, {"opt/y", "new"}}),
                                make_tar({{"etc/a", "above"}})});
  EXPECT_EQ(content_of(files, "/etc/a"), "above");
  EXPECT_EQ(content_of(files, "/opt/y"), "new");
  for (const char* gone : {"/etc/b", "/opt/x", "/etc/.wh.b", "/nothing", "/etc/a/b"}) {
    const auto error = error_of([&] { files.locate(gone, FollowLast::no); });
    ASSERT_TRUE(error.has_value()) << gone;
    EXPECT_EQ(error->code(), Code::not_found);
    EXPECT_EQ(error->message(), std::string(gone) + ": no such file or directory in the image");
  }
}

TEST_F(FilesTest, PathsAreResolvedInsideTheImage) {
  const auto files = open_tars({test::tar_of({
      directory_member("usr/bin"),
      file_member("usr/bin/tool", "tool"),
      link_member("bin", MemberType::symlink, "usr/bin"),
      link_member("up", MemberType::symlink, "../../../../usr/bin/tool"),
      link_member("absolute", MemberType::symlink, "/bin/tool"),
      link_member("loop", MemberType::symlink, "loop"),
      link_member("broken", MemberType::symlink, "nothing"),
  })});
  EXPECT_EQ(files.locate("/bin/tool", FollowLast::no).path, "/usr/bin/tool");
  EXPECT_EQ(files.locate("bin/../bin/./tool", FollowLast::no).path, "/usr/bin/tool");
  EXPECT_EQ(files.locate("/", FollowLast::no).inode, tree::root_inode);
  EXPECT_EQ(content_of(files, "/up"), "tool");
  EXPECT_EQ(content_of(files, "/absolute"), "tool");

  const auto link = files.locate("/bin", FollowLast::no);
  EXPECT_EQ(link.path, "/bin");
  EXPECT_EQ(files.tree().inode(link.inode).type, tree::InodeType::symlink);
  EXPECT_EQ(files.locate("/bin", FollowLast::yes).path, "/usr/bin");
  EXPECT_EQ(error_of([&] { files.locate("/loop", FollowLast::yes); })->code(), Code::invalid_argument);
  EXPECT_EQ(error_of([&] { files.locate("/broken", FollowLast::yes); })->code(), Code::not_found);
}

TEST_F(FilesTest, OnlyRegularFilesHaveContent) {
  const auto files = open_tars({test::tar_of({
      directory_member("dir"),
      link_member("link", MemberType::symlink, "dir"),
      link_member("pipe", MemberType::fifo, ""),
      file_member("empty", ""),
  })});
  const auto message = [&](std::string_view path) {
    const auto error = error_of([&] { files.runs(files.locate(path, FollowLast::no).inode); });
    return error ? error->message() : "";
  };
  EXPECT_EQ(message("/dir"), "is a directory");
  EXPECT_EQ(message("/"), "is a directory");
  EXPECT_EQ(message("/link"), "is not a regular file");
  EXPECT_EQ(message("/pipe"), "is not a regular file");
  EXPECT_THAT(files.runs(files.locate("/empty", FollowLast::no).inode), IsEmpty());
  EXPECT_EQ(content_of(files, "/empty"), "");
}

TEST_F(FilesTest, LargeFilesAndSmallOnesComeBackByteByByte) {
  // Around the sizes of blocks and buffers.
  std::map<std::string, std::string> expected;
  for (const std::size_t size : {1U, 511U, 512U, 513U, 4096U, 65'535U, 262'144U, 1'000'001U}) {
    expected["f" + std::to_string(size)] = noise(size, static_cast<unsigned>(size));
  }
  const auto files = open_tars({make_tar({{"below", "x"}}), make_tar(expected)});
  for (const auto& [path, content] : expected) {
    EXPECT_TRUE(content_of(files, "/" + path) == content) << path;
  }
}

TEST_F(FilesTest, HolesAreZeros) {
  const auto folder = directory() / "sparse";
  fs::create_directory(folder);
  test::spill(folder / "holes", "begin");
  fs::resize_file(folder / "holes", 3'000'000);
  {
    const Fd file = open_file(folder / "holes", O_WRONLY);
    write_all_at(file, as_bytes("middle"), 1'000'000);
  }
  Command command;
  command.argv = {"tar", "--sparse", "--format=posix", "-C", folder, "-cf", directory() / "sparse.tar", "holes"};
  const auto tar = run_captured(command);
  ASSERT_EQ(tar.status.shell_code(), 0) << tar.error;
  ASSERT_LT(fs::file_size(directory() / "sparse.tar"), 1'000'000U) << "this file system keeps no holes";
  const auto files = open(import(test::slurp(directory() / "sparse.tar"), ""));

  const auto inode = files.locate("/holes", FollowLast::no).inode;
  EXPECT_TRUE(content_of(files, "/holes") == test::slurp(folder / "holes"));
  std::uint64_t length = 0;
  std::uint64_t holes = 0;
  for (const auto& run : files.runs(inode)) {
    length += run.length;
    holes += run.file == nullptr ? run.length : 0;
  }
  EXPECT_EQ(length, 3'000'000U);
  EXPECT_GT(holes, 2'000'000U);
  EXPECT_EQ(files.place(inode), std::nullopt);
}

TEST_F(FilesTest, TheSamePlaceHasTheSameBytes) {
  const auto base = make_tar({{"a", "same"}, {"b", "same"}, {"empty", ""}});
  const auto one = open_tars({base, make_tar({{"c", "one"}})});
  const auto two = open_tars({base, make_tar({{"c", "two"}})});
  const auto alone = open_tars({make_tar({{"x", "another layer"}}), base});
  ASSERT_TRUE(place_of(one, "/a").has_value());
  EXPECT_EQ(place_of(one, "/a"), place_of(two, "/a"));
  EXPECT_EQ(place_of(one, "/a"), place_of(alone, "/a"));  // the layer counts, not its height in the stack
  EXPECT_NE(place_of(one, "/a"), place_of(one, "/b"));
  EXPECT_NE(place_of(one, "/c"), place_of(two, "/c"));
  EXPECT_EQ(place_of(one, "/a")->size, 4U);
  EXPECT_EQ(place_of(one, "/empty"), std::nullopt);
  EXPECT_EQ(place_of(one, "/"), std::nullopt);
}

TEST_F(FilesTest, HardLinksAreOneFile) {
  const auto files = open_tars({test::tar_of({file_member("a", "data"), link_member("b", MemberType::hard_link, "a")}),
                                test::tar_of({link_member("c", MemberType::hard_link, "a")})});
  EXPECT_EQ(files.locate("/a", FollowLast::no).inode, files.locate("/b", FollowLast::no).inode);
  EXPECT_EQ(content_of(files, "/c"), "data");
}

TEST_F(FilesTest, ARemovalMeanwhileDoesNotMatter) {
  const auto content = noise(300'000);
  const auto id = put({.tars = {make_tar({{"a", content}}), make_tar({{"b", "1"}})}, .names = {"app:1"}});
  const auto files = open(id);
  store().remove_image(id, store::PruneUntagged::yes);
  EXPECT_THAT(store().collect().layers, SizeIs(2));
  store().empty_trash();
  EXPECT_TRUE(content_of(files, "/a") == content);
}

TEST_F(FilesTest, AnImageThatIsGoneIsAnError) {
  const auto id = put({.tars = {make_tar({{"a", "1"}})}});
  const auto gone = record(id);
  store().remove_image(id, store::PruneUntagged::no);
  const auto error = error_of([&] { ImageFiles::open(store(), gone, {}); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), Code::not_found);
  EXPECT_THAT(error->message(), HasSubstr("No such image"));
}

TEST_F(FilesTest, AnImageWithoutLayersHasARootOnly) {
  const auto files = open(put({}));
  EXPECT_THAT(files.tree().entries(tree::root_inode), IsEmpty());
}

TEST_F(FilesTest, ATarThatIsCutIsAnError) {
  const auto id = put({.tars = {make_tar({{"a", noise(300'000)}})}});
  const auto files = open(id);
  fs::resize_file(store().layout().layer_tar(record(id).layers[0]), 100'000);
  EXPECT_EQ(error_of([&] { content_of(files, "/a"); })->code(), Code::corrupt);
}

TEST_F(FilesTest, ReadingCanBeCancelled) {
  const auto files = open_tars({make_tar({{"a", noise(300'000)}})});
  const CancelToken cancel;
  cancel.request();
  StringSink sink;
  EXPECT_THROW(files.read(files.locate("/a", FollowLast::no).inode, sink, cancel), Cancelled);
}

TEST(ModeText, IsWhatLsPrints) {
  const auto text = [](tree::InodeType type, std::uint16_t mode) {
    tree::Inode inode;
    inode.type = type;
    inode.mode = mode;
    return mode_text(inode);
  };
  using tree::InodeType;
  EXPECT_EQ(text(InodeType::regular, 0644), "-rw-r--r--");
  EXPECT_EQ(text(InodeType::regular, 0), "----------");
  EXPECT_EQ(text(InodeType::directory, 0755), "drwxr-xr-x");
  EXPECT_EQ(text(InodeType::symlink, 0777), "lrwxrwxrwx");
  EXPECT_EQ(text(InodeType::char_device, 0666), "crw-rw-rw-");
  EXPECT_EQ(text(InodeType::block_device, 0660), "brw-rw----");
  EXPECT_EQ(text(InodeType::fifo, 0600), "prw-------");
  EXPECT_EQ(text(InodeType::socket, 0700), "srwx------");
  EXPECT_EQ(text(InodeType::directory, 01777), "drwxrwxrwt");
  EXPECT_EQ(text(InodeType::directory, 01776), "drwxrwxrwT");
  EXPECT_EQ(text(InodeType::regular, 04755), "-rwsr-xr-x");
  EXPECT_EQ(text(InodeType::regular, 04644), "-rwSr--r--");
  EXPECT_EQ(text(InodeType::regular, 02755), "-rwxr-sr-x");
  EXPECT_EQ(text(InodeType::regular, 07000), "---S--S--T");
  EXPECT_THAT((std::vector{text(InodeType::regular, 06711), text(InodeType::regular, 0111)}),
              ElementsAre("-rws--s--x", "---x--x--x"));
}

}  // namespace
}  // namespace nacre::image
