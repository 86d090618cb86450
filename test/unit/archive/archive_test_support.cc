#include "test/unit/archive/archive_test_support.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <stdexcept>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/subprocess.h"

namespace nacre::archive {

std::string gather(ByteSource& source) {
  return read_all(source, std::uint64_t{1} << 32);
}

std::string noise(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  std::ranges::generate(text, [&] { return static_cast<char>(random() >> 8); });
  return text;
}

std::string prose(std::size_t size) {
  static constexpr std::string_view words[] = {"layer ", "blob ", "digest ", "index\n", "manifest ", "nacre "};
  std::minstd_rand random(7);
  std::string text;
  while (text.size() < size) {
    text += words[random() % std::size(words)];
  }
  text.resize(size);
  return text;
}

TempDir test_directory() {
  return {fs::temp_directory_path(), "nacre-archive-test-"};
}

std::string shell(const fs::path& directory, const std::string& command) {
  Command run;
  run.argv = {"sh", "-ec", "cd \"$0\"; " + command, directory.string()};
  const CapturedOutput result = run_captured(run);
  if (result.status.shell_code() != 0) {
    throw std::runtime_error(command + ": " + result.error);
  }
  return result.output;
}

bool has_program(std::string_view name) {
  return find_program(name).has_value();
}

std::string slurp(const fs::path& path) {
  return read_file(path, std::uint64_t{1} << 32);
}

void spill(const fs::path& path, std::string_view text) {
  write_all(open_file(path, O_WRONLY | O_CREAT | O_TRUNC), as_bytes(text));
}

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  return {Code::internal, ""};
}

std::vector<ReadMember> read_archive(const std::string& archive, std::size_t piece, TarLimits limits) {
  PieceSource source(archive, piece);
  TarReader reader(source, limits);
  std::vector<ReadMember> members;
  while (auto member = reader.next()) {
    if (member->type == MemberType::regular) {
      EXPECT_EQ(member->data_offset, reader.position()) << member->path;
    }
    std::string data;
    for (Chunk chunk = reader.next_data(); !chunk.empty(); chunk = reader.next_data()) {
      data += as_text(chunk.bytes);
    }
    EXPECT_EQ(data.size(), member->stored_size) << member->path;
    EXPECT_EQ(member->data_offset % 512, 0U) << member->path;
    EXPECT_EQ(data, archive.substr(member->data_offset, member->stored_size)) << member->path;
    members.push_back({std::move(*member), std::move(data)});
  }
  EXPECT_FALSE(reader.next().has_value());
  reader.drain();
  EXPECT_EQ(reader.position(), archive.size());
  return members;
}

const ReadMember& find(const std::vector<ReadMember>& members, std::string_view path) {
  const auto it = std::ranges::find(members, path, [](const ReadMember& member) { return member.member.path; });
  if (it == members.end()) {
    throw std::runtime_error("no member " + std::string(path));
  }
  return *it;
}

std::string expand(const TarMember& member, std::string_view archive) {
  if (!member.is_sparse) {
    return std::string(archive.substr(member.data_offset, member.size));
  }
  std::string content(member.size, '\0');
  for (const SparseRun& run : member.sparse) {
    content.replace(run.file_offset, run.length, archive.substr(run.data_offset, run.length));
  }
  return content;
}

std::string RawHeader::block() const {
  std::string block;
  const auto put = [&block](const std::string& field, std::size_t length) {
    block += field.substr(0, length);
    block.append(length - std::min(length, field.size()), '\0');
  };
  put(name, 100);
  put(mode, 8);
  put(uid, 8);
  put(gid, 8);
  put(size, 12);
  put(mtime, 12);
  put("", 8);
  block += type;
  put(link_target, 100);
  put(magic, 8);
  put(user_name, 32);
  put(group_name, 32);
  put(device_major, 8);
  put(device_minor, 8);
  put(tail, 167);
  return with_checksum(block);
}

std::string with_checksum(std::string block, Signedness signedness) {
  constexpr std::size_t offset = 148;
  constexpr std::size_t length = 8;
  block.replace(offset, length, length, ' ');
  int sum = 0;
  for (const char c : block) {
    sum += signedness == Signedness::signed_sum ? static_cast<int>(static_cast<signed char>(c))
                                                : static_cast<int>(static_cast<unsigned char>(c));
  }
  return block.replace(offset, length, octal(static_cast<std::uint64_t>(sum), 6) + std::string("\0 ", 2));
}

std::string octal(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i > 0; --i, number >>= 3) {
    text[i - 1] = static_cast<char>('0' + (number & 7));
  }
  return text;
}

std::string padded(std::string text) {
  text.append(-text.size() % 512, '\0');
  return text;
}

std::string raw_member(char type, const std::string& name, const std::string& data) {
  RawHeader header;
  header.name = name;
  header.type = type;
  header.size = octal(data.size());
  return header.block() + padded(data);
}

std::string pax_header(const std::map<std::string, std::string>& records, char type) {
  std::string data;
  for (const auto& [key, value] : records) {
    const std::string rest = " " + key + "=" + value + "\n";
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length) {
      ++length;
    }
    data += std::to_string(length) + rest;
  }
  return raw_member(type, "PaxHeaders/x", data);
}

}  // namespace nacre::archive
