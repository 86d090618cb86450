#include "image/blob_fetch.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/error.h"

namespace nacre::image {

namespace {

using store::cell_size;

constexpr std::uint64_t segment_cells = 16;                  // 4 MiB: a second at 32 Mbit/s
constexpr std::uint64_t range_threshold = 16 * 1024 * 1024;  // below it one connection is as fast
constexpr std::size_t most_workers = 4;
constexpr int most_failures = 5;  // in a row, each of which the session below has already tried several times
constexpr auto cancel_interval = std::chrono::milliseconds(100);

}  // namespace

BlobFetch::BlobFetch(registry::Repository& repository, const oci::Descriptor& blob, store::PartialBlob& partial,
                     FetchBudget& budget, std::uint64_t window, CancelToken cancel)
    : repository_(repository),
      blob_(blob),
      partial_(partial),
      budget_(budget),
      window_(window),
      cancel_(std::move(cancel)),
      buffers_(window + archive::buffers_per_source, cell_size) {
  plan_segments();
  start_workers();
}

BlobFetch::~BlobFetch() {
  stop_.request();
  changed_.notify_all();
  for (auto& worker : workers_) {
    worker.join();
  }
}

void BlobFetch::plan_segments() {
  const bool in_one = partial_.size() <= range_threshold;
  const std::uint64_t longest = in_one ? partial_.cells() : segment_cells;
  const auto state = state_.lock();
  for (std::uint64_t cell = 0; cell < partial_.cells();) {
    if (partial_.has(cell)) {
      ++cell;
      continue;
    }
    Segment segment{cell, cell};
    while (segment.end < partial_.cells() && !partial_.has(segment.end) && segment.end - segment.begin < longest) {
      ++segment.end;
    }
    state->waiting.push_back(segment);
    cell = segment.end;
  }
  std::ranges::reverse(state->waiting);
  state->came.assign(partial_.cells(), false);
}

void BlobFetch::start_workers() {
  const std::size_t segments = state_.lock()->waiting.size();
  for (std::size_t i = 0; i < std::min(segments, most_workers); ++i) {
    workers_.emplace_back([this] { work(); });
  }
}

archive::Chunk BlobFetch::next() {
  const std::uint64_t cell = state_.lock()->read;  // which nobody else changes
  if (cell == partial_.cells()) {
    return {};
  }
  if (partial_.has(cell)) {
    auto buffer = buffers_.acquire(cancel_);
    const std::uint64_t length = partial_.length_of(cell);
    partial_.read(cell, {buffer.get(), length});
    ++state_.lock()->read;
    changed_.notify_all();
    return archive::BufferPool::chunk(std::move(buffer), length);
  }
  auto state = state_.lock();
  while (!state->here.contains(cell)) {
    cancel_.check();
    if (state->failure) {
      std::rethrow_exception(state->failure);
    }
    changed_.wait_for(state.lock(), cancel_interval);
  }
  archive::Chunk chunk = std::move(state->here.extract(cell).mapped());
  ++state->read;
  changed_.notify_all();
  return chunk;
}

std::set<std::string> BlobFetch::servers() {
  return state_.lock()->servers;
}

void BlobFetch::work() {
  try {
    for (Segment segment{}; take_segment(segment);) {
      try {
        fetch(segment);
        budget_.succeeded();
      } catch (const Error&) {
        note_failure(std::current_exception());
      }
      put_back(segment);
    }
  } catch (const Cancelled&) {
    // Nobody reads any more.
  } catch (...) {
    state_.lock()->failure = std::current_exception();
    changed_.notify_all();
  }
}

// Waits until there is one to fetch within the window; false when there is nothing left to do.
bool BlobFetch::take_segment(Segment& segment) {
  auto state = state_.lock();
  while (true) {
    stop_.check();
    if (state->failure || state->read == partial_.cells()) {
      return false;
    }
    if (!state->streaming && !state->waiting.empty() && state->waiting.back().begin < state->read + window_) {
      segment = state->waiting.back();
      state->waiting.pop_back();
      return true;
    }
    changed_.wait_for(state.lock(), cancel_interval);
  }
}

// What has not come of a segment that somebody was at.
void BlobFetch::put_back(const Segment& segment) {
  const auto state = state_.lock();
  Segment rest = segment;
  while (rest.begin < rest.end && state->came[rest.begin]) {
    ++rest.begin;
  }
  if (rest.begin < rest.end) {
    const auto place =
        std::ranges::find_if(state->waiting, [&](const Segment& each) { return each.begin < rest.begin; });
    state->waiting.insert(place, rest);
  }
  changed_.notify_all();
}

void BlobFetch::fetch(const Segment& segment) {
  FetchBudget::Permit permit = budget_.acquire(stop_);
  const std::uint64_t offset = segment.begin * cell_size;
  const std::uint64_t length = std::min(segment.end * cell_size, partial_.size()) - offset;
  registry::BlobStream stream = repository_.open_blob(blob_, offset, length, stop_);
  state_.lock()->servers.insert(stream.server);
  with_context([&] { return stream.server; },
               [&] {
                 if (stream.is_whole && length < partial_.size()) {
                   fetch_all(stream, permit);
                 } else {
                   fetch_cells(stream, segment, permit);
                 }
               });
}

void BlobFetch::fetch_all(registry::BlobStream& stream, FetchBudget::Permit& permit) {
  if (std::exchange(state_.lock()->streaming, true)) {
    return;  // somebody else is at it already
  }
  const auto end_streaming = [this](void*) { state_.lock()->streaming = false; };
  const std::unique_ptr<void, decltype(end_streaming)> streaming(this, end_streaming);
  for (std::uint64_t cell = 0; cell < partial_.cells(); ++cell) {
    const bool is_here = partial_.has(cell) || state_.lock()->came[cell];
    if (is_here) {
      pass_over(stream, partial_.length_of(cell));
    } else {
      await_window(cell, permit);
      fetch_cell(stream, cell);
    }
  }
  state_.lock()->waiting.clear();
}

void BlobFetch::pass_over(registry::BlobStream& stream, std::uint64_t bytes) {
  std::vector<std::byte> ignored(bytes);
  if (stream.response->read(ignored) < bytes) {
    throw Error(Code::unavailable, fmt::format("{}: the blob ended early", stream.server));
  }
}

void BlobFetch::fetch_cells(registry::BlobStream& stream, const Segment& segment, FetchBudget::Permit& permit) {
  for (std::uint64_t cell = segment.begin; cell < segment.end; ++cell) {
    await_window(cell, permit);
    fetch_cell(stream, cell);
  }
}

void BlobFetch::fetch_cell(registry::BlobStream& stream, std::uint64_t cell) {
  auto buffer = buffers_.acquire(stop_);
  const std::uint64_t length = partial_.length_of(cell);
  const std::size_t got = stream.response->read({buffer.get(), length});
  if (got < length) {
    throw Error(Code::unavailable, fmt::format("blob {}: the bytes ended at {} of {}", blob_.digest.str(),
                                               cell * cell_size + got, partial_.size()));
  }
  partial_.keep(cell, {buffer.get(), length});
  const auto state = state_.lock();
  state->failures = 0;
  if (!state->came[cell]) {
    state->came[cell] = true;
    state->here.emplace(cell, archive::BufferPool::chunk(std::move(buffer), length));
  }
  changed_.notify_all();
}

// Who waits uses no connection: the permit goes to whoever fetches what the reader waits for.
void BlobFetch::await_window(std::uint64_t cell, FetchBudget::Permit& permit) {
  auto state = state_.lock();
  if (cell < state->read + window_) {
    return;
  }
  permit.release();
  while (cell >= state->read + window_) {
    stop_.check();
    changed_.wait_for(state.lock(), cancel_interval);
  }
  state.lock().unlock();
  permit.acquire(stop_);
}

void BlobFetch::note_failure(std::exception_ptr failure) {
  budget_.failed();
  const auto state = state_.lock();
  if (++state->failures >= most_failures) {
    state->failure = std::move(failure);
  }
}

}  // namespace nacre::image
