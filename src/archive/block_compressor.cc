#include "archive/block_compressor.h"

#include <charconv>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/guarded.h"

namespace nacre::archive {

namespace {

constexpr std::size_t block_size = 1024 * 1024;  // part of the format of what we push: another size, other digests
constexpr int highest_gzip = 3;
constexpr int highest_zstd = 19;
constexpr int default_zstd = 3;

using Buffer = std::vector<std::byte>;

std::size_t level_memory(int level) {
  switch (level) {
    case 0:
      return ISAL_DEF_LVL0_DEFAULT;
    case 1:
      return ISAL_DEF_LVL1_DEFAULT;
    case 2:
      return ISAL_DEF_LVL2_DEFAULT;
    default:
      return ISAL_DEF_LVL3_DEFAULT;
  }
}

Buffer gzip_block(Bytes input, int level) {
  Buffer output(input.size() + input.size() / 4 + 4096);  // level 0 may need 9 bits for a byte
  Buffer memory(level_memory(level));
  isal_zstream stream{};
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  stream.level = static_cast<std::uint32_t>(level);
  stream.level_buf = reinterpret_cast<std::uint8_t*>(memory.data());
  stream.level_buf_size = static_cast<std::uint32_t>(memory.size());
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(input.data()));
  stream.avail_in = static_cast<std::uint32_t>(input.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(output.data());
  stream.avail_out = static_cast<std::uint32_t>(output.size());
  if (isal_deflate(&stream) != COMP_OK || stream.internal_state.state != ZSTATE_END) {
    throw Error(Code::internal, "gzip: a block does not fit where it always should");
  }
  output.resize(stream.total_out);
  return output;
}

Buffer zstd_block(Bytes input, int level) {
  Buffer output(ZSTD_compressBound(input.size()));
  const std::size_t length = ZSTD_compress(output.data(), output.size(), input.data(), input.size(), level);
  if (ZSTD_isError(length) != 0) {
    throw Error(Code::internal, fmt::format("zstd: {}", ZSTD_getErrorName(length)));
  }
  output.resize(length);
  return output;
}

// Blocks in order: read by one thread at a time, compressed by all, handed out in order.
class BlockCompressor : public ByteSource {
 public:
  BlockCompressor(ByteSource& source, const CompressionChoice& choice, CancelToken cancel)
      : input_(source), choice_(choice), cancel_(std::move(cancel)) {
    const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
    most_waiting_ = 2 * threads;
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }

  ~BlockCompressor() override {
    state_.lock()->stopping = true;
    changed_.notify_all();
    for (auto& thread : threads_) {
      thread.join();
    }
  }
  BlockCompressor(const BlockCompressor&) = delete;
  BlockCompressor& operator=(const BlockCompressor&) = delete;

  Chunk next() override {
    auto state = state_.lock();
    changed_.wait(state.lock(), [&] {
      return state->failure || (!state->blocks.empty() && !state->blocks.front().empty()) ||
             (state->input_ended && state->blocks.empty());
    });
    if (state->failure) {
      std::rethrow_exception(state->failure);
    }
    if (state->blocks.empty()) {
      return {};
    }
    const auto block = std::make_shared<Buffer>(std::move(state->blocks.front()));
    state->blocks.pop_front();
    ++state->handed_out;
    changed_.notify_all();
    return {block, *block};
  }

 private:
  struct State {
    std::deque<Buffer> blocks;     // from the next to be handed out on; empty while being compressed
    std::uint64_t handed_out = 0;  // before them
    bool reading = false;
    bool input_ended = false;
    bool stopping = false;
    std::exception_ptr failure;
  };

  void work() {
    try {
      Buffer input(block_size);
      while (const auto place = take_turn(input)) {
        const Bytes bytes(input.data(), place->length);
        Buffer output =
            choice_.format == Compression::zstd ? zstd_block(bytes, choice_.level) : gzip_block(bytes, choice_.level);
        const auto state = state_.lock();
        state->blocks[place->number - state->handed_out] = std::move(output);
        changed_.notify_all();
      }
    } catch (...) {
      state_.lock()->failure = std::current_exception();
      changed_.notify_all();
    }
  }

  struct Place {
    std::uint64_t number;
    std::size_t length;
  };

  // Reads the next block into `input`; nothing at the end. The place in the queue is taken with the turn to read.
  std::optional<Place> take_turn(Buffer& input) {
    std::uint64_t number = 0;
    {
      auto state = state_.lock();
      changed_.wait(state.lock(), [&] {
        return state->stopping || state->failure || state->input_ended ||
               (!state->reading && state->blocks.size() < most_waiting_);
      });
      if (state->stopping || state->failure || state->input_ended) {
        return std::nullopt;
      }
      state->reading = true;
      number = state->handed_out + state->blocks.size();
    }
    cancel_.check();
    const std::size_t length = input_.read(input);
    const auto state = state_.lock();
    state->reading = false;
    // An empty input becomes one empty block, so that the output is a stream all the same.
    state->input_ended = length < input.size();
    const bool is_block = length > 0 || number == 0;
    if (is_block) {
      state->blocks.emplace_back();
    }
    changed_.notify_all();
    return is_block ? std::optional(Place{number, length}) : std::nullopt;
  }

  ChunkReader input_;
  const CompressionChoice choice_;
  CancelToken cancel_;
  std::size_t most_waiting_ = 0;
  Guarded<State> state_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace

CompressionChoice CompressionChoice::parse(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view name = text.substr(0, colon);
  const bool is_zstd = name == "zstd";
  CompressionChoice choice{is_zstd ? Compression::zstd : Compression::gzip, is_zstd ? default_zstd : 1};
  const int lowest = is_zstd ? 1 : 0;
  const int highest = is_zstd ? highest_zstd : highest_gzip;
  bool valid = is_zstd || name == "gzip";
  if (valid && colon < text.size()) {
    const std::string_view level = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), choice.level);
    valid =
        error == std::errc() && end == level.data() + level.size() && choice.level >= lowest && choice.level <= highest;
  }
  if (!valid) {
    throw Error(Code::invalid_argument,
                fmt::format("invalid compression \"{}\": it is gzip, gzip:0 to gzip:{}, zstd, or zstd:1 to zstd:{}",
                            text, highest_gzip, highest_zstd));
  }
  return choice;
}

std::unique_ptr<ByteSource> compress(ByteSource& source, const CompressionChoice& choice, CancelToken cancel) {
  return std::make_unique<BlockCompressor>(source, choice, std::move(cancel));
}

}  // namespace nacre::archive
