#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>

#include "base/anonymous_file.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "layout/archive_handle.h"
#include "layout/tar.h"

namespace hallmark::layout {
namespace {

// "./blobs/sha256/…" without its decoration, or why it is refused.
Result<std::string> plain_name(std::string_view name) {
  if (name.starts_with('/')) return fail(Outcome::malformed, "has an absolute path");
  std::string plain;
  while (!name.empty()) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part == "..") return fail(Outcome::malformed, "has \"..\" in its path");
    if (!part.empty() && part != ".") plain += (plain.empty() ? "" : "/") + std::string(part);
    if (slash == std::string_view::npos) break;
    name.remove_prefix(slash + 1);
  }
  return plain;
}

// Only plain files and folders make a layout; a link could lead a reader elsewhere.
Result<void> expect_plain(::archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return fail(Outcome::malformed, "is a hard link");
  const auto type = ::archive_entry_filetype(entry);
  if (type == AE_IFLNK) return fail(Outcome::malformed, "is a symbolic link");
  if (type != AE_IFREG && type != AE_IFDIR) return fail(Outcome::malformed, "is a device, socket or pipe");
  if (type == AE_IFREG && (::archive_entry_perm(entry) & 06000) != 0) {
    return fail(Outcome::malformed, "is a setuid or setgid file");
  }
  if (::archive_entry_sparse_count(entry) > 0) return fail(Outcome::malformed, "is a sparse file");
  return {};
}

}  // namespace

// One pass over an archive. Declared sizes are held against the limits before a byte of them is unpacked.
class TarScan {
 public:
  TarScan(Tar& tar, std::shared_ptr<base::FileDescriptor> file, const TarOptions& options)
      : tar_(tar), file_(std::move(file)), options_(options), handle_(::archive_read_new()) {}

  Result<void> run() {
    struct ::stat status{};
    if (::fstat(file_->get(), &status) != 0 || !S_ISREG(status.st_mode)) return refuse("is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
    HM_DO(open());
    for (;;) {
      HM_DO(options_.time.expect_left(tar_.what_));
      ::archive_entry* entry = nullptr;
      const int code = ::archive_read_next_header(handle_.get(), &entry);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
      HM_DO(take(entry));
    }
  }

 private:
  Result<void> open() {
    auto* handle = handle_.get();
    ::archive_read_support_format_tar(handle);
    ::archive_read_support_filter_gzip(handle);
    ::archive_read_support_filter_zstd(handle);
    ::archive_read_set_options(handle, "hdrcharset=BINARY");  // names are bytes, whatever the locale
    ::lseek(file_->get(), 0, SEEK_SET);
    constexpr std::size_t kBlock = 256U << 10;
    if (::archive_read_open_fd(handle, file_->get(), kBlock) != ARCHIVE_OK) {
      return refuse("is no tar archive, plain or packed with gzip or zstd");
    }
    // libarchive unpacks filter after filter; an archive is packed once.
    if (::archive_filter_count(handle) > 2) return refuse("is packed more than once");
    packed_ = ::archive_filter_code(handle, 0) != ARCHIVE_FILTER_NONE;
    if (!packed_) return {};
    HM_TRY(base::FileDescriptor room, base::anonymous_file(options_.temp_dir));
    room_ = std::make_shared<base::FileDescriptor>(std::move(room));
    return {};
  }

  Result<void> take(::archive_entry* entry) {
    const char* raw = ::archive_entry_pathname(entry);
    if (raw == nullptr) return refuse("has an entry without a readable name");
    const auto named = [&](const Error& why) {
      return refuse("has an entry that " + why.message() + ": " + base::printable(raw));
    };
    if (++entries_ > limits::archive_entries) {
      return refuse("has more than " + std::to_string(limits::archive_entries) + " entries");
    }
    const auto name = plain_name(raw);
    if (!name) return named(name.error());
    if (const auto plain = expect_plain(entry); !plain) return named(plain.error());
    const auto size = static_cast<std::uint64_t>(::archive_entry_size(entry));
    HM_DO(count(size, name->starts_with("blobs/")));
    if (::archive_entry_filetype(entry) == AE_IFDIR) return {};
    if (!seen_.insert(*name).second) return refuse("has two entries of the name " + base::printable(*name));
    return keep(*name, size);
  }

  // Bombs: by what is unpacked against what is packed, by the total, and by what is no blob.
  Result<void> count(std::uint64_t size, bool blob) {
    if (size > limits::archive_unpacked_bytes - total_) return refuse("has more than 64 GiB");
    total_ += size;
    if (!blob) metadata_ += size;
    if (metadata_ > limits::archive_metadata_bytes) return refuse("has more than 64 MiB beside its blobs");
    if (packed_ && total_ > limits::archive_ratio_floor && total_ / limits::archive_ratio > size_) {
      return refuse("unpacks to more than " + std::to_string(limits::archive_ratio) + " times its size");
    }
    return {};
  }

  Result<void> keep(const std::string& name, std::uint64_t size) {
    if (name == "index.json" || name == "oci-layout" || name == "manifest.json") {
      HM_TRY(tar_.files_[name], region(size));
      return {};
    }
    for (const std::string algorithm : {"sha256", "sha384", "sha512"}) {
      const auto folder = "blobs/" + algorithm + "/";
      if (!name.starts_with(folder)) continue;
      const auto digest = Digest::parse(algorithm + ":" + name.substr(folder.size()));
      if (!digest) return refuse("has an entry whose name is no digest: " + base::printable(name));
      HM_TRY(const Region found, region(size));
      tar_.blobs_.emplace(*digest, found);
    }
    return {};
  }

  // Where the content of the current entry lies; that of a packed archive is moved to the room first.
  Result<Region> region(std::uint64_t size) {
    if (!packed_) {
      const auto offset = static_cast<std::uint64_t>(::archive_filter_bytes(handle_.get(), 0));
      if (offset > size_ || size > size_ - offset) return refuse("is cut off");
      return Region{file_, offset, size};
    }
    const Region region{room_, written_, size};
    HM_DO(unpack(size));
    return region;
  }

  Result<void> unpack(std::uint64_t size) {
    Bytes buffer(256U << 10);
    std::uint64_t done = 0;
    while (done < size) {
      HM_DO(options_.time.expect_left(tar_.what_));
      const auto count = ::archive_read_data(handle_.get(), buffer.data(), buffer.size());
      if (count < 0) return broken();
      if (count == 0) return refuse("is cut off");
      done += static_cast<std::uint64_t>(count);
      HM_DO(base::write_all(room_->get(), BytesView(buffer).first(static_cast<std::size_t>(count)),
                            "the temporary file for " + tar_.what_));
    }
    written_ += done;
    return {};
  }

  [[nodiscard]] std::unexpected<Error> refuse(const std::string& why) const {
    return fail(Outcome::malformed, tar_.what_ + " " + why);
  }
  [[nodiscard]] std::unexpected<Error> broken() const {
    const char* words = ::archive_error_string(handle_.get());
    return refuse("is a broken archive: " + base::printable(words == nullptr ? "cannot be read" : words));
  }

  Tar& tar_;
  std::shared_ptr<base::FileDescriptor> file_;
  const TarOptions& options_;
  ReadHandle handle_;
  std::shared_ptr<base::FileDescriptor> room_;
  bool packed_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t metadata_ = 0;
  std::uint64_t written_ = 0;
  std::size_t entries_ = 0;
  std::set<std::string> seen_;
};

Result<std::unique_ptr<Tar>> Tar::open(const std::filesystem::path& file, const std::string& what,
                                       const TarOptions& options) {
  base::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.valid()) return open(std::move(fd), what, options);
  if (errno == ENOENT) return fail(Outcome::not_found, what + ": no such file");
  return fail(Outcome::usage, what + " cannot be opened: " + std::generic_category().message(errno));
}

Result<std::unique_ptr<Tar>> Tar::open(base::FileDescriptor file, const std::string& what, const TarOptions& options) {
  std::unique_ptr<Tar> tar(new Tar(what));
  HM_DO(TarScan(*tar, std::make_shared<base::FileDescriptor>(std::move(file)), options).run());
  HM_DO(tar->expect_layout());
  return tar;
}

Result<void> Tar::expect_layout() const {
  if (files_.contains("manifest.json") && !files_.contains("index.json")) {
    return fail(Error(Outcome::malformed, what_ + " is an archive of `docker save` without an OCI index")
                    .with_hint("save it with docker 25 or newer, or as an OCI archive"));
  }
  if (!files_.contains("oci-layout") || !files_.contains("index.json")) {
    return fail(Outcome::malformed, what_ + " is not an OCI archive: it has no oci-layout or no index.json");
  }
  HM_TRY(const Bytes bytes, file("oci-layout", limits::layout_file_bytes));
  HM_TRY(const base::Json json, base::Json::parse(bytes, "oci-layout"));
  HM_TRY(const std::string version, base::JsonReader(json, "oci-layout").string("imageLayoutVersion"));
  if (version.starts_with("1.")) return {};
  return fail(Outcome::malformed, what_ + ": layout version " + base::printable(version) + ", expected 1.0.0");
}

Result<Bytes> Tar::file(const std::string& name, std::size_t limit) const {
  return read_whole(files_.at(name), what_ + ": " + name, limit);
}

Result<IndexFile> Tar::index() const {
  HM_TRY(Bytes bytes, file("index.json", limits::manifest_bytes));
  return IndexFile{std::move(bytes)};
}

Result<Version> Tar::index_version() const { return Version{}; }  // what was read stays as it is

Result<std::optional<Region>> Tar::blob(const Digest& digest) const {
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<Digest>> Tar::blobs() const {
  std::vector<Digest> digests;
  for (const auto& [digest, region] : blobs_) digests.push_back(digest);
  return digests;
}

}  // namespace hallmark::layout
