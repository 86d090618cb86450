// A blob on its way: the bytes that have come so far, in any order, and a journal of them, so that whoever comes next
// goes on where the last one was stopped. Format: docs/formats/store.md, "downloads".
//
// Nothing is synced while bytes come in: what a journal names is verified when it is opened again, so a power cut costs
// the bytes that did not reach the disk and no more.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/cancel.h"
#include "base/file_lock.h"
#include "base/guarded.h"
#include "base/temp.h"
#include "oci/digest.h"
#include "store/layout.h"

namespace nacre::store {

// Bytes are kept in cells of this size; the last one may be shorter.
inline constexpr std::uint64_t cell_size = 256 * 1024;

class PartialBlob {
 public:
  // Waits for whoever fetches the same blob now, then takes up what is there. A download of another size than `size`
  // begins anew.
  static PartialBlob open(const Layout& layout, const oci::Digest& digest, std::uint64_t size,
                          const CancelToken& cancel);

  std::uint64_t size() const noexcept { return size_; }
  std::uint64_t cells() const noexcept { return (size_ + cell_size - 1) / cell_size; }
  std::uint64_t length_of(std::uint64_t cell) const noexcept;
  // Whether a cell was here when it was opened.
  bool has(std::uint64_t cell) const { return here_[cell]; }

  // Keeps a whole cell. Thread-safe.
  void keep(std::uint64_t cell, Bytes bytes);
  // Reads a cell that is here.
  void read(std::uint64_t cell, MutableBytes buffer) const;

  // Forgets all that came: it was not what its digest says.
  void begin_anew();
  // All cells are here: moves the bytes, synced, to a file of their own below `folder`, and ends the download.
  TempFile finish(const fs::path& folder);
  // Ends the download without keeping anything.
  void discard();

 private:
  PartialBlob(FileLock lock, fs::path folder, std::uint64_t size);
  void read_journal();

  FileLock lock_;
  fs::path folder_;
  std::uint64_t size_;
  Fd data_;
  Fd journal_;
  std::vector<bool> here_;
  std::unique_ptr<Guarded<std::uint64_t>> journal_end_;  // where the next record goes
};

// Moves downloads that nobody has touched for a week to the trash. Returns the bytes.
std::uint64_t sweep_downloads(const Layout& layout);

}  // namespace nacre::store
