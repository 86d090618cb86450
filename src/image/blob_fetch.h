// A blob from a registry as a stream: fetched in parallel ranges, handed out in order. Internal to image/.
#pragma once

#include <condition_variable>
#include <exception>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "archive/byte_stream.h"
#include "base/guarded.h"
#include "image/fetch_budget.h"
#include "registry/repository.h"
#include "store/partial_blob.h"

namespace nacre::image {

// What is here already is read from disk, the rest fetched: in segments, each over a connection of its own, none
// further ahead of the reader than a window. What comes is kept in the PartialBlob before it is handed out. A
// connection that breaks or stalls is dialled again, from another mirror if there is one, for what is missing of its
// segment.
//
// Threads of its own; next() from one thread. The bytes are not verified here: whoever reads them knows the digest.
class BlobFetch : public archive::ByteSource {
 public:
  // All outlive the fetch. window: cells that may be ahead of the reader.
  BlobFetch(registry::Repository& repository, const oci::Descriptor& blob, store::PartialBlob& partial,
            FetchBudget& budget, std::uint64_t window, CancelToken cancel);
  ~BlobFetch() override;
  BlobFetch(const BlobFetch&) = delete;
  BlobFetch& operator=(const BlobFetch&) = delete;

  // Throws Error when the blob cannot be had, after every server was tried.
  archive::Chunk next() override;

  // The servers that sent bytes.
  std::set<std::string> servers();

 private:
  struct Segment {  // of cells, [begin, end)
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct State {
    std::vector<Segment> waiting;  // the last one is the first to be fetched
    std::map<std::uint64_t, archive::Chunk> here;
    std::vector<bool> came;  // cells, since this fetch began
    std::uint64_t read = 0;  // cells the reader has taken
    int failures = 0;        // in a row
    bool streaming = false;  // somebody fetches all that is missing from a server that knows no ranges
    std::exception_ptr failure;
    std::set<std::string> servers;
  };

  void plan_segments();
  void start_workers();
  void work();
  bool take_segment(Segment& segment);
  void fetch(const Segment& segment);
  // From a server that knows no ranges: everything that is missing, in one go, by one worker.
  void fetch_all(registry::BlobStream& stream, FetchBudget::Permit& permit);
  void fetch_cells(registry::BlobStream& stream, const Segment& segment, FetchBudget::Permit& permit);
  void fetch_cell(registry::BlobStream& stream, std::uint64_t cell);
  static void pass_over(registry::BlobStream& stream, std::uint64_t bytes);
  void await_window(std::uint64_t cell, FetchBudget::Permit& permit);
  void note_failure(std::exception_ptr failure);
  void put_back(const Segment& segment);

  registry::Repository& repository_;
  const oci::Descriptor& blob_;
  store::PartialBlob& partial_;
  FetchBudget& budget_;
  const std::uint64_t window_;
  CancelToken cancel_;  // the caller's
  CancelToken stop_;    // the workers'
  archive::BufferPool buffers_;
  Guarded<State> state_;
  std::condition_variable changed_;
  std::vector<std::thread> workers_;
};

}  // namespace nacre::image
