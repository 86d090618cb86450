#include "store/partial_blob.h"

#include <array>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l/crc.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/trash.h"

namespace nacre::store {

namespace {

constexpr std::int64_t kept_seconds = 7L * 24 * 3600;

// Little-endian, as every table of docs/formats/store.md: this program runs on no other machines.
struct Header {
  std::array<char, 8> magic{'n', 'a', 'c', 'r', 'e', 'd', 'l', '1'};
  std::uint64_t size = 0;
};
struct Record {
  std::uint64_t cell = 0;
  std::uint32_t data_checksum = 0;    // CRC-32C of the cell's bytes
  std::uint32_t record_checksum = 0;  // CRC-32C of the fields before it
};
static_assert(sizeof(Header) == 16 && sizeof(Record) == 16);

std::uint32_t checksum(const void* data, std::size_t length) {
  return crc32_iscsi(static_cast<unsigned char*>(const_cast<void*>(data)), static_cast<int>(length), 0);
}

template <class T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// Beside the other locks, so that a download's folder can go while somebody waits for it.
fs::path lock_path(const Layout& layout, std::string_view hex) {
  return layout.locks() / fmt::format("download-{}", hex);
}

std::uint32_t checksum_of(const Record& record) {
  return checksum(&record, offsetof(Record, record_checksum));
}

}  // namespace

PartialBlob PartialBlob::open(const Layout& layout, const oci::Digest& digest, std::uint64_t size,
                              const CancelToken& cancel) {
  FileLock lock = FileLock::acquire(lock_path(layout, digest.hex()), LockMode::exclusive, cancel);
  const fs::path folder = layout.download(digest);
  make_directories(folder);
  return {std::move(lock), folder, size};
}

PartialBlob::PartialBlob(FileLock lock, fs::path folder, std::uint64_t size)
    : lock_(std::move(lock)),
      folder_(std::move(folder)),
      size_(size),
      data_(open_file(folder_ / "data", O_RDWR | O_CREAT)),
      journal_(open_file(folder_ / "journal", O_RDWR | O_CREAT)),
      here_(cells(), false),
      journal_end_(std::make_unique<Guarded<std::uint64_t>>(std::uint64_t{0})) {
  read_journal();
}

std::uint64_t PartialBlob::length_of(std::uint64_t cell) const noexcept {
  return std::min(cell_size, size_ - cell * cell_size);
}

void PartialBlob::read_journal() {
  Header header;
  const std::size_t got = read_up_to_at(journal_, std::as_writable_bytes(std::span(&header, 1)), 0);
  if (got != sizeof header || header.magic != Header{}.magic || header.size != size_) {
    begin_anew();
    return;
  }
  std::vector<std::byte> buffer(cell_size);
  std::uint64_t at = sizeof header;
  // A record that was cut short or garbled ends the journal: what comes after it is fetched again.
  for (Record record; read_up_to_at(journal_, std::as_writable_bytes(std::span(&record, 1)), at) == sizeof record;
       at += sizeof record) {
    if (record.record_checksum != checksum_of(record) || record.cell >= cells()) {
      break;
    }
    const MutableBytes bytes(buffer.data(), length_of(record.cell));
    if (read_up_to_at(data_, bytes, record.cell * cell_size) == bytes.size() &&
        checksum(bytes.data(), bytes.size()) == record.data_checksum) {
      here_[record.cell] = true;
    }
  }
  *journal_end_->lock() = at;
}

void PartialBlob::keep(std::uint64_t cell, Bytes bytes) {
  write_all_at(data_, bytes, cell * cell_size);
  Record record{cell, checksum(bytes.data(), bytes.size()), 0};
  record.record_checksum = checksum_of(record);
  const auto end = journal_end_->lock();
  write_all_at(journal_, bytes_of(record), *end);
  *end += sizeof record;
}

void PartialBlob::read(std::uint64_t cell, MutableBytes buffer) const {
  read_exactly_at(data_, buffer, cell * cell_size);
}

void PartialBlob::begin_anew() {
  for (const Fd* const file : {&data_, &journal_}) {
    if (::ftruncate(file->get(), 0) != 0) {
      throw sys_error("truncate", folder_.native());
    }
  }
  here_.assign(cells(), false);
  write_all_at(journal_, bytes_of(Header{.size = size_}), 0);
  *journal_end_->lock() = sizeof(Header);
}

TempFile PartialBlob::finish(const fs::path& folder) {
  with_context([&] { return folder_.native(); }, [&] { sync_file(data_); });
  const fs::path target = folder / ("download-" + folder_.filename().native());
  rename_path(folder_ / "data", target);
  TempFile file(std::move(data_), target);
  discard();
  return file;
}

void PartialBlob::discard() {
  remove_file(folder_ / "data");
  remove_file(folder_ / "journal");
  ::rmdir(folder_.c_str());
}

std::uint64_t sweep_downloads(const Layout& layout) {
  if (!path_exists(layout.downloads())) {
    return 0;
  }
  std::uint64_t bytes = 0;
  for (const auto& algorithm : list_directory(layout.downloads())) {
    for (const auto& hex : list_directory(layout.downloads() / algorithm)) {
      const fs::path folder = layout.downloads() / algorithm / hex;
      struct stat info{};
      const bool is_old = ::stat((folder / "journal").c_str(), &info) != 0 ||
                          info.st_mtim.tv_sec + kept_seconds < Timestamp::now().seconds;
      const auto lock = is_old ? FileLock::try_acquire(lock_path(layout, hex), LockMode::exclusive) : std::nullopt;
      if (lock) {
        bytes += move_to_trash(layout, folder);
      }
    }
  }
  return bytes;
}

}  // namespace nacre::store
