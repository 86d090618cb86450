#include "image/save.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/temp.h"
#include "image/save_plan.h"
#include "image/save_sink.h"
#include "oci/manifest.h"

namespace nacre::image {

namespace {

// The files of an archive, in the order they are written: what says what is in it comes first, for who reads a pipe.
std::vector<PlannedFile> plan_archive(store::Store& store, store::Lease& lease, std::span<const SaveItem> items,
                                      ArchiveFormat format) {
  if (format == ArchiveFormat::docker) {
    return plan_docker_archive(store, lease, items);
  }
  OciPlan plan = plan_oci(store, lease, items);
  std::string index = oci::Index::make(plan.roots).raw();
  std::vector<PlannedFile> files;
  files.push_back({"oci-layout", oci_layout_file.size(), std::string(oci_layout_file)});
  files.push_back({"index.json", index.size(), std::move(index)});
  files.push_back({"manifest.json", plan.docker_manifest.size(), std::move(plan.docker_manifest)});
  std::ranges::move(plan.blobs, std::back_inserter(files));
  return files;
}

// Owner, time and mode of every member are the same, so that only the content tells two archives apart.
archive::TarMember tar_member(std::string path, archive::MemberType type, std::uint64_t size) {
  archive::TarMember member;
  member.path = std::move(path);
  member.type = type;
  member.mode = type == archive::MemberType::directory ? 0755 : 0644;
  member.size = size;
  return member;
}

void write_tar(store::Store& store, const std::vector<PlannedFile>& files, archive::ByteSink& sink,
               const SaveProgress& progress, const CancelToken& cancel) {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  for (const auto& file : files) {
    total += file.size;
  }
  archive::TarWriter tar(sink);
  fs::path folder;
  for (const auto& file : files) {
    cancel.check();
    if (const auto parent = fs::path(file.path).parent_path(); parent != folder) {
      for (fs::path each; const auto& name : parent) {
        each /= name;
        tar.add(tar_member(each.native() + "/", archive::MemberType::directory, 0));
      }
      folder = parent;
    }
    tar.add(tar_member(file.path, archive::MemberType::regular, file.size));
    write_planned(
        store, file,
        [&](Bytes bytes) {
          tar.write(bytes);
          done += bytes.size();
          if (progress) {
            progress(done, total);
          }
        },
        cancel);
  }
  tar.finish();
}

void save_to(const Fd& out, store::Store& store, std::span<const SaveItem> items, ArchiveFormat format,
             const SaveProgress& progress, const CancelToken& cancel) {
  store::Lease lease = store.lease();
  const auto files = plan_archive(store, lease, items, format);
  const auto sink = archive_sink(out, cancel);
  write_tar(store, files, *sink, progress, cancel);
  sink->finish();
}

// Where the file is to be, symlinks followed as far as they lead to something.
fs::path real_path(const fs::path& file) {
  std::error_code failure;
  fs::path real = fs::weakly_canonical(fs::absolute(file), failure);
  return failure ? fs::absolute(file) : real;
}

}  // namespace

void save_to_stream(store::Store& store, std::span<const SaveItem> items, ArchiveFormat format, const Fd& stream,
                    const SaveProgress& progress, const CancelToken& cancel) {
  if (::isatty(stream.get()) == 1) {
    throw Error(Code::invalid_argument, "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  }
  save_to(stream, store, items, format, progress, cancel);
}

void save_to_file(store::Store& store, std::span<const SaveItem> items, ArchiveFormat format, const fs::path& file,
                  const SaveProgress& progress, const CancelToken& cancel) {
  struct stat info{};
  const bool is_there = ::stat(file.c_str(), &info) == 0;
  if (is_there && S_ISDIR(info.st_mode)) {
    throw Error(Code::invalid_argument, fmt::format("save to '{}': it is a directory; name a file in it, or save with "
                                                    "--format oci-dir",
                                                    file.native()));
  }
  with_context([&] { return fmt::format("save to '{}'", file.native()); },
               [&] {
                 if (is_there && !S_ISREG(info.st_mode)) {
                   save_to_stream(store, items, format, open_file(file, O_WRONLY), progress, cancel);
                   return;
                 }
                 const fs::path target = real_path(file);
                 TempFile temporary(target.parent_path(), ".nacre-save-", 0600);
                 save_to(temporary.fd(), store, items, format, progress, cancel);
                 temporary.commit(target);
               });
}

}  // namespace nacre::image
