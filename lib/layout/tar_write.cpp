#include "base/encoding.h"
#include "base/try.h"
#include "layout/archive_handle.h"
#include "layout/tar.h"

namespace hallmark::layout {
namespace {

class TarWriter {
 public:
  explicit TarWriter(std::string what) : what_(std::move(what)), handle_(::archive_write_new()) {}

  Result<void> open(int fd, Packing packing) {
    auto* handle = handle_.get();
    // ustar, with a pax header only for what does not fit into it.
    ::archive_write_set_format_pax_restricted(handle);
    if (packing == Packing::gzip) {
      ::archive_write_add_filter_gzip(handle);
      ::archive_write_set_filter_option(handle, "gzip", "timestamp", nullptr);  // the same bytes at any time
    }
    if (packing == Packing::zstd) ::archive_write_add_filter_zstd(handle);
    return checked(::archive_write_open_fd(handle, fd));
  }

  Result<void> folder(const std::string& name) { return header(name + "/", AE_IFDIR, 0755, 0); }

  Result<void> file(const std::string& name, BytesView bytes) {
    HM_DO(header(name, AE_IFREG, 0644, bytes.size()));
    return data(bytes);
  }

  Result<void> file(const std::string& name, const Region& region) {
    HM_DO(header(name, AE_IFREG, 0644, region.size));
    return stream(region, what_ + ": " + name, [&](BytesView piece) { return data(piece); });
  }

  Result<void> close() { return checked(::archive_write_close(handle_.get())); }

 private:
  Result<void> header(const std::string& name, unsigned type, unsigned mode, std::uint64_t size) {
    const EntryHandle entry(::archive_entry_new());
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_filetype(entry.get(), type);
    ::archive_entry_set_perm(entry.get(), mode);
    ::archive_entry_set_size(entry.get(), static_cast<::la_int64_t>(size));
    ::archive_entry_set_mtime(entry.get(), 0, 0);
    return checked(::archive_write_header(handle_.get(), entry.get()));
  }

  Result<void> data(BytesView bytes) {
    while (!bytes.empty()) {
      const auto count = ::archive_write_data(handle_.get(), bytes.data(), bytes.size());
      if (count <= 0) return checked(ARCHIVE_FATAL);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<void> checked(int code) const {
    if (code == ARCHIVE_OK) return {};
    const char* words = ::archive_error_string(handle_.get());
    return fail(Outcome::usage, what_ + " cannot be written: " + base::printable(words == nullptr ? "" : words));
  }

  std::string what_;
  WriteHandle handle_;
};

}  // namespace

Packing packing_of(const std::filesystem::path& file) {
  const auto& name = file.native();
  if (name.ends_with(".tar.gz") || name.ends_with(".tgz")) return Packing::gzip;
  if (name.ends_with(".tar.zst") || name.ends_with(".tzst")) return Packing::zstd;
  return Packing::none;
}

Result<void> write_tar(const Place& place, int fd, Packing packing, const std::string& what) {
  HM_TRY(const std::vector<Digest> blobs, place.blobs());
  HM_TRY(const IndexFile index, place.index());
  TarWriter writer(what);
  HM_DO(writer.open(fd, packing));
  HM_DO(writer.folder("blobs"));
  std::string_view folder;
  for (const auto& digest : blobs) {  // sorted: each folder once
    if (digest.algorithm_name() != folder) {
      folder = digest.algorithm_name();
      HM_DO(writer.folder("blobs/" + std::string(folder)));
    }
    HM_TRY(const std::optional<Region> region, place.blob(digest));
    if (region) HM_DO(writer.file("blobs/" + std::string(folder) + "/" + digest.hex(), *region));
  }
  HM_DO(writer.file("index.json", index.bytes));
  HM_DO(writer.file("oci-layout", as_bytes(R"({"imageLayoutVersion":"1.0.0"})")));
  return writer.close();
}

}  // namespace hallmark::layout
