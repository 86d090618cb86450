// Internal to archive/: the maps of sparse members. Source: GNU tar manual, "Storing Sparse Files".
#pragma once

#include <cstdint>
#include <vector>

#include "archive/byte_stream.h"
#include "archive/pax.h"
#include "archive/tar_header.h"
#include "archive/tar_member.h"

namespace nacre::archive {

// All throw Error (corrupt) for a map that is no map or has more than max_runs runs, and give the runs without
// data_offset.

// The old GNU format: four runs in the header, the rest in extension blocks that the reader has yet to pass.
std::vector<SparseRun> read_old_gnu_map(const TarBlock& header, ChunkReader& reader, std::size_t max_runs);

enum class PaxSparseFormat { none, map_in_records, map_in_data };
// What the records say. Error (unsupported) for a version nobody knows yet.
PaxSparseFormat pax_sparse_format(const PaxRecords& records);

// PAX formats 0.0 and 0.1.
std::vector<SparseRun> parse_pax_map(const PaxRecords& records, std::size_t max_runs);
// PAX format 1.0: the map stands before the data, in whole blocks, which are taken off data_left.
std::vector<SparseRun> read_map_in_data(ChunkReader& reader, std::uint64_t& data_left, std::size_t max_runs);

// Says of each run where its data is, given where the first one's is, and drops empty runs. Checks that the runs are in
// order, inside a file of `size` bytes, and add up to the `stored` bytes.
void place_runs(std::vector<SparseRun>& runs, std::uint64_t size, std::uint64_t data_offset, std::uint64_t stored);

}  // namespace nacre::archive
