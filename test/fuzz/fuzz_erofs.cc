// The EROFS reader on anything: a tree or an Error (corrupt), and what it accepts it can write again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "archive/byte_stream.h"
#include "base/error.h"
#include "erofs/format.h"
#include "erofs/image_reader.h"
#include "erofs/image_writer.h"

namespace {

class CountingSink : public nacre::archive::ByteSink {
 public:
  void write(nacre::Bytes bytes) override { size_ += bytes.size(); }

 private:
  std::uint64_t size_ = 0;
};

// The fuzzer would never guess it.
std::string with_checksum(const std::uint8_t* data, std::size_t size) {
  namespace erofs = nacre::erofs;
  std::string image(reinterpret_cast<const char*>(data), size);
  if (size >= erofs::superblock_offset + erofs::block_size) {
    image.replace(erofs::superblock_offset + 4, 4, 4, '\0');
    std::string checksum;
    erofs::append(checksum, erofs::superblock_checksum(
                                nacre::as_bytes(image).subspan(erofs::superblock_offset, erofs::block_size)));
    image.replace(erofs::superblock_offset + 4, 4, checksum);
  }
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string image = with_checksum(data, size);
  try {
    const nacre::tree::FileTree tree = nacre::erofs::read_image(nacre::as_bytes(image));
    tree.content_size();
    CountingSink sink;
    nacre::erofs::write_image(
        tree, nacre::erofs::device_sizes(nacre::as_bytes(image)),
        [](std::uint16_t, std::uint64_t, nacre::MutableBytes buffer) {
          if (buffer.size() > 1 << 20) {
            std::abort();
          }
        },
        sink);
  } catch (const nacre::Error& error) {
    if (error.code() == nacre::Code::internal) {
      std::abort();
    }
  }
  return 0;
}
