#include "archive/tar_sparse.h"

#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "oci/shown.h"

namespace nacre::archive {

namespace {

constexpr std::size_t number_length = 12;
constexpr std::size_t run_length = 2 * number_length;
// An extension block is all runs, then a byte that says whether another block follows.
constexpr std::size_t runs_in_extension = 21;

[[noreturn]] void throw_bad_map(std::string_view how) {
  throw Error(Code::corrupt, fmt::format("sparse map: {}", how));
}

void add_run(std::vector<SparseRun>& runs, std::uint64_t offset, std::uint64_t length, std::size_t max_runs) {
  if (runs.size() >= max_runs) {
    throw_bad_map(fmt::format("more than {} runs", max_runs));
  }
  runs.push_back({.file_offset = offset, .length = length});
}

void add_old_gnu_runs(std::string_view fields, std::vector<SparseRun>& runs, std::size_t max_runs) {
  for (; fields.size() >= run_length; fields.remove_prefix(run_length)) {
    if (fields.front() == '\0') {
      return;  // an unused entry ends the list
    }
    add_run(runs, not_negative(parse_tar_number(fields.substr(0, number_length)), "offset in the sparse map"),
            not_negative(parse_tar_number(fields.substr(number_length, number_length)), "length in the sparse map"),
            max_runs);
  }
}

std::uint64_t parse_map_number(std::string_view text) {
  const std::optional<std::int64_t> number = parse_decimal(text);
  if (!number) {
    throw_bad_map(fmt::format("'{}' is not a number", oci::shown(text)));
  }
  return not_negative(number, "number in the sparse map");
}

// The lines of a map that stands in the data, read block by block and no block too many.
class MapLines {
 public:
  MapLines(ChunkReader& reader, std::uint64_t& data_left) : reader_(reader), data_left_(data_left) {}

  std::uint64_t number() {
    constexpr std::size_t longest = 20;  // digits of the greatest 64-bit number
    std::string line;
    for (char c = next(); c != '\n'; c = next()) {
      if (line.size() == longest) {
        throw_bad_map("a line that is too long for a number");
      }
      line += c;
    }
    return parse_map_number(line);
  }

 private:
  char next() {
    if (rest_.empty()) {
      if (data_left_ < tar_block_size) {
        throw_bad_map("it is longer than the data");
      }
      if (reader_.read(std::as_writable_bytes(std::span(block_))) < tar_block_size) {
        throw Error(Code::corrupt, "unexpected end of data");
      }
      data_left_ -= tar_block_size;
      rest_ = {block_.data(), block_.size()};
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  ChunkReader& reader_;
  std::uint64_t& data_left_;
  TarBlock block_{};
  std::string_view rest_;
};

}  // namespace

std::vector<SparseRun> read_old_gnu_map(const TarBlock& header, ChunkReader& reader, std::size_t max_runs) {
  std::vector<SparseRun> runs;
  add_old_gnu_runs(field_of(header, tar_field::gnu_sparse), runs, max_runs);
  bool is_extended = field_of(header, tar_field::gnu_is_extended).front() != '\0';
  while (is_extended) {
    TarBlock block;
    if (reader.read(std::as_writable_bytes(std::span(block))) < block.size()) {
      throw Error(Code::corrupt, "unexpected end of data");
    }
    add_old_gnu_runs({block.data(), runs_in_extension * run_length}, runs, max_runs);
    is_extended = block[runs_in_extension * run_length] != '\0';
  }
  return runs;
}

PaxSparseFormat pax_sparse_format(const PaxRecords& records) {
  const auto major = find_record(records, pax_key::sparse_major);
  const auto minor = find_record(records, pax_key::sparse_minor);
  if (!major && !minor) {
    // 0.0 and 0.1 came before there were version records.
    return find_record(records, pax_key::sparse_map) ? PaxSparseFormat::map_in_records : PaxSparseFormat::none;
  }
  if (major == "0" && (minor == "0" || minor == "1")) {
    return PaxSparseFormat::map_in_records;
  }
  if (major == "1" && minor == "0") {
    return PaxSparseFormat::map_in_data;
  }
  throw Error(Code::unsupported, fmt::format("sparse format {}.{} is not known", oci::shown(major.value_or("")),
                                             oci::shown(minor.value_or(""))));
}

std::vector<SparseRun> parse_pax_map(const PaxRecords& records, std::size_t max_runs) {
  const auto count = find_record(records, pax_key::sparse_count);
  if (!count) {
    throw_bad_map("its length is missing");
  }
  std::vector<SparseRun> runs;
  std::string_view rest = find_record(records, pax_key::sparse_map).value_or("");
  const auto take_number = [&rest] {
    const std::size_t comma = rest.find(',');
    const std::string_view number = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    return parse_map_number(number);
  };
  while (!rest.empty()) {
    const std::uint64_t offset = take_number();
    add_run(runs, offset, take_number(), max_runs);
  }
  if (parse_map_number(*count) != runs.size()) {
    throw_bad_map("its length is wrong");
  }
  return runs;
}

std::vector<SparseRun> read_map_in_data(ChunkReader& reader, std::uint64_t& data_left, std::size_t max_runs) {
  MapLines lines(reader, data_left);
  std::vector<SparseRun> runs;
  for (std::uint64_t count = lines.number(); count > 0; --count) {
    const std::uint64_t offset = lines.number();
    add_run(runs, offset, lines.number(), max_runs);
  }
  return runs;
}

void place_runs(std::vector<SparseRun>& runs, std::uint64_t size, std::uint64_t data_offset, std::uint64_t stored) {
  std::uint64_t file_end = 0;
  std::uint64_t placed = 0;
  for (SparseRun& run : runs) {
    if (run.file_offset < file_end) {
      throw_bad_map("runs overlap or are out of order");
    }
    if (run.file_offset > size || run.length > size - run.file_offset) {
      throw_bad_map("a run is beyond the end of the file");
    }
    if (run.length > stored - placed) {
      throw_bad_map("the runs are longer than the data");
    }
    run.data_offset = data_offset + placed;
    file_end = run.file_offset + run.length;
    placed += run.length;
  }
  if (placed != stored) {
    throw_bad_map("the runs are shorter than the data");
  }
  std::erase_if(runs, [](const SparseRun& run) { return run.length == 0; });  // GNU tar ends a trailing hole with one
}

}  // namespace nacre::archive
