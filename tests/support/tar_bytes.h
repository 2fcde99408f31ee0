// TarBytes: archives for tests, entry by entry, honest or not; and packing with gzip or zstd.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hallmark::test {

struct TarEntry {
  std::string name;
  std::string content = {};
  char type = '0';  // '0' file, '1' hard link, '2' symbolic link, '3' device, '5' folder, '6' pipe
  std::string link = {};
  unsigned mode = 0644;
};

class TarBytes {
 public:
  TarBytes& add(const TarEntry& entry) { return add(entry, entry.content.size()); }
  // With a size of its own, which need not be that of the content.
  TarBytes& add(const TarEntry& entry, std::size_t size) {
    char header[512] = {};
    std::snprintf(header, 100, "%s", entry.name.c_str());
    std::snprintf(header + 100, 8, "%07o", entry.mode);
    std::snprintf(header + 108, 8, "%07o", 0U);
    std::snprintf(header + 116, 8, "%07o", 0U);
    std::snprintf(header + 124, 12, "%011zo", size);
    std::snprintf(header + 136, 12, "%011o", 0U);
    header[156] = entry.type;
    std::snprintf(header + 157, 100, "%s", entry.link.c_str());
    std::memcpy(header + 257, "ustar\00000", 8);
    std::memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::snprintf(header + 148, 8, "%06o", sum);
    bytes_.append(header, sizeof header);
    bytes_ += entry.content;
    bytes_.append((512 - entry.content.size() % 512) % 512, '\0');
    return *this;
  }
  [[nodiscard]] std::string text() const { return bytes_ + std::string(1024, '\0'); }
  [[nodiscard]] const std::string& unfinished() const { return bytes_; }

 private:
  std::string bytes_;
};

enum class Pack { gzip, zstd };

// Packs pieces given one after the other, without holding what they come to.
class Packer {
 public:
  explicit Packer(Pack pack) : handle_(archive_write_new()), packed_(1U << 24, '\0') {
    archive_write_set_format_raw(handle_);
    if (pack == Pack::gzip) archive_write_add_filter_gzip(handle_);
    if (pack == Pack::zstd) archive_write_add_filter_zstd(handle_);
    if (archive_write_open_memory(handle_, packed_.data(), packed_.size(), &used_) != ARCHIVE_OK) fail();
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, "content");
    archive_entry_set_filetype(entry, AE_IFREG);
    const int code = archive_write_header(handle_, entry);
    archive_entry_free(entry);
    if (code != ARCHIVE_OK) fail();
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { archive_write_free(handle_); }
  void add(std::string_view piece) {
    if (archive_write_data(handle_, piece.data(), piece.size()) < 0) fail();
  }
  std::string finish() {
    archive_write_close(handle_);
    packed_.resize(used_);
    return packed_;
  }

 private:
  void fail() { throw std::runtime_error(archive_error_string(handle_)); }
  archive* handle_;
  std::string packed_;
  std::size_t used_ = 0;
};

inline std::string packed(Pack pack, std::string_view bytes) {
  Packer packer(pack);
  packer.add(bytes);
  return packer.finish();
}

}  // namespace hallmark::test
