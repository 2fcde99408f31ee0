#include "layout/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "layout/lock.h"
#include "layout/staged_file.h"

namespace hallmark::layout {
namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

std::string words(int error) { return std::generic_category().message(error); }

base::FileDescriptor open_folder(int at, const std::string& name) {
  return base::FileDescriptor(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Version version_of(const base::FileDescriptor& file) {
  struct ::stat status{};
  return ::fstat(file.get(), &status) == 0 ? layout::version_of(status) : Version();
}

// What an interrupted creation may have left; anything else in a folder is somebody's.
bool is_ours(const std::string& name) {
  return name == "index.json" || name == "blobs" || name.starts_with(".hallmark-");
}

}  // namespace

std::string Folder::shown() const { return "oci:" + base::printable(path_.native(), 400); }

Result<std::unique_ptr<Folder>> Folder::open(const std::filesystem::path& path, OpenMode mode) {
  std::unique_ptr<Folder> folder(new Folder(path));
  if (mode == OpenMode::write) {
    HM_DO(folder->create());
    StagedFile::remove_stale(path);
  }
  HM_DO(folder->expect_layout());
  return folder;
}

Result<base::FileDescriptor> Folder::root() const {
  base::FileDescriptor fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) return fd;
  if (errno == ENOENT) return fail(Outcome::not_found, shown() + ": no such directory");
  if (errno == ENOTDIR) {
    return fail(Error(Outcome::malformed, shown() + " is a file, expected the directory of an OCI layout")
                    .with_hint("an archive is opened as oci-archive:FILE"));
  }
  return fail(Outcome::usage, shown() + " cannot be opened: " + words(errno));
}

Result<std::optional<Region>> Folder::file_in(int folder, const std::string& name) const {
  const int fd = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  auto file = std::make_shared<base::FileDescriptor>(fd);
  if (!file->valid()) {
    if (errno == ENOENT) return std::nullopt;
    if (errno == ELOOP)
      return fail(Outcome::malformed, shown() + ": " + name + " is a symbolic link, which is not followed");
    return fail(Outcome::malformed, shown() + ": " + name + " cannot be opened: " + words(errno));
  }
  struct ::stat status{};
  if (::fstat(fd, &status) != 0) return fail(Outcome::malformed, shown() + ": " + name + ": " + words(errno));
  if (!S_ISREG(status.st_mode)) return fail(Outcome::malformed, shown() + ": " + name + " is not a regular file");
  return Region{std::move(file), 0, static_cast<std::uint64_t>(status.st_size)};
}

Result<void> Folder::expect_layout() const {
  HM_TRY(const base::FileDescriptor top, root());
  HM_TRY(const std::optional<Region> marker, file_in(top.get(), "oci-layout"));
  if (!marker) return fail(Outcome::malformed, shown() + " is not an OCI layout: it has no file oci-layout");
  HM_TRY(const Bytes bytes, read_whole(*marker, shown() + ": oci-layout", limits::layout_file_bytes));
  HM_TRY(const base::Json json, base::Json::parse(bytes, "oci-layout"));
  HM_TRY(const std::string version, base::JsonReader(json, "oci-layout").string("imageLayoutVersion"));
  if (version.starts_with("1.")) return {};
  return fail(Outcome::malformed, shown() + ": layout version " + base::printable(version) + ", expected 1.0.0");
}

Result<void> Folder::create() {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) return fail(Outcome::usage, shown() + " cannot be created: " + error.message());
  HM_TRY(const base::FileDescriptor held, lock_folder(path_));
  HM_TRY(const std::optional<Region> marker, file_in(held.get(), "oci-layout"));
  if (marker) return {};
  for (std::filesystem::directory_iterator entry(path_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (is_ours(entry->path().filename().native())) continue;
    return fail(Outcome::usage, shown() + " is not an OCI layout, and not empty: it is left as it is");
  }
  // The marker last: without it the folder is no layout yet.
  HM_TRY(const std::optional<Region> index, file_in(held.get(), "index.json"));
  if (!index) HM_DO(replace_index(as_bytes(kEmptyIndex)));
  HM_TRY(StagedFile layout, StagedFile::create(path_));
  HM_DO(layout.write(as_bytes(kLayoutFile)));
  return layout.commit(held.get(), "oci-layout");
}

Result<Region> Folder::index_file() const {
  HM_TRY(const base::FileDescriptor top, root());
  HM_TRY(const std::optional<Region> file, file_in(top.get(), "index.json"));
  if (!file) return fail(Outcome::malformed, shown() + " has no index.json");
  return *file;
}

Result<IndexFile> Folder::index() const {
  HM_TRY(const Region file, index_file());
  const Version version = version_of(*file.file);
  HM_TRY(Bytes bytes, read_whole(file, shown() + ": index.json", limits::manifest_bytes));
  return IndexFile{std::move(bytes), version, file.file};
}

Result<Version> Folder::index_version() const {
  HM_TRY(const Region file, index_file());
  return version_of(*file.file);
}

Result<base::FileDescriptor> Folder::blob_folder(std::string_view algorithm) const {
  HM_TRY(const base::FileDescriptor top, root());
  auto folder = open_folder(top.get(), "blobs");
  if (folder.valid()) folder = open_folder(folder.get(), std::string(algorithm));
  if (folder.valid() || errno == ENOENT) return folder;
  const bool link = errno == ELOOP || errno == ENOTDIR;
  return fail(Outcome::malformed,
              shown() + ": blobs/" + std::string(algorithm) +
                  (link ? " is a link or no directory, which is not followed" : " cannot be opened"));
}

Result<base::FileDescriptor> Folder::make_blob_folder(std::string_view algorithm) const {
  HM_TRY(base::FileDescriptor found, blob_folder(algorithm));
  if (found.valid()) return found;
  HM_TRY(const base::FileDescriptor top, root());
  ::mkdirat(top.get(), "blobs", 0755);
  if (const auto blobs = open_folder(top.get(), "blobs"); blobs.valid()) {
    ::mkdirat(blobs.get(), std::string(algorithm).c_str(), 0755);
    HM_DO(sync_folder(blobs.get(), shown()));
    HM_DO(sync_folder(top.get(), shown()));
  }
  HM_TRY(base::FileDescriptor made, blob_folder(algorithm));
  if (!made.valid()) return fail(Outcome::usage, shown() + ": the folder of blobs cannot be created");
  return made;
}

Result<std::optional<Region>> Folder::blob(const Digest& digest) const {
  HM_TRY(const base::FileDescriptor folder, blob_folder(digest.algorithm_name()));
  if (!folder.valid()) return std::nullopt;
  return file_in(folder.get(), digest.hex());
}

Result<std::vector<Digest>> Folder::blobs() const {
  std::vector<Digest> found;
  for (const std::string algorithm : {"sha256", "sha384", "sha512"}) {
    HM_TRY(const base::FileDescriptor folder, blob_folder(algorithm));
    if (!folder.valid()) continue;
    std::error_code error;
    std::filesystem::directory_iterator entry(path_ / "blobs" / algorithm, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      if (auto digest = Digest::parse(algorithm + ":" + entry->path().filename().native())) {
        found.push_back(*std::move(digest));
      }
      if (found.size() > limits::archive_entries) {
        return fail(Outcome::malformed,
                    shown() + " has more than " + std::to_string(limits::archive_entries) + " blobs");
      }
    }
    if (error) return fail(Outcome::malformed, shown() + ": blobs cannot be listed: " + error.message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<void> Folder::put_blob(const Descriptor& descriptor, BlobSource& source) {
  HM_TRY(const std::optional<Region> present, blob(descriptor.digest));
  if (present && present->size == descriptor.size && holds(*present, descriptor.digest)) return {};
  HM_TRY(const base::FileDescriptor folder, make_blob_folder(descriptor.digest.algorithm_name()));
  HM_TRY(StagedFile file, StagedFile::create(path_));
  HM_DO(take_blob(descriptor, source, shown(), [&](BytesView piece) { return file.write(piece); }));
  return file.commit(folder.get(), descriptor.digest.hex());
}

Result<void> Folder::put_blob(const Digest& digest, BytesView bytes) {
  HM_TRY(const std::optional<Region> present, blob(digest));
  if (present && present->size == bytes.size() && holds(*present, digest)) return {};
  HM_TRY(const base::FileDescriptor folder, make_blob_folder(digest.algorithm_name()));
  HM_TRY(StagedFile file, StagedFile::create(path_));
  HM_DO(file.write(bytes));
  return file.commit(folder.get(), digest.hex());
}

Result<WritablePlace::Held> Folder::lock() {
  HM_TRY(base::FileDescriptor held, lock_folder(path_));
  return std::make_shared<const base::FileDescriptor>(std::move(held));
}

Result<void> Folder::replace_index(BytesView bytes) {
  HM_TRY(const base::FileDescriptor top, root());
  HM_TRY(StagedFile file, StagedFile::create(path_));
  HM_DO(file.write(bytes));
  return file.commit(top.get(), "index.json");
}

}  // namespace hallmark::layout
