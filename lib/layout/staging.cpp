#include "layout/staging.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/anonymous_file.h"
#include "base/try.h"

namespace hallmark::layout {

Result<std::unique_ptr<Staging>> Staging::create(std::filesystem::path folder, std::string what,
                                                 std::unique_ptr<Place> old) {
  Bytes index = to_bytes(kEmptyIndex);
  if (old) {
    HM_TRY(IndexFile file, old->index());
    index = std::move(file.bytes);
  }
  std::unique_ptr<Staging> staging(new Staging(std::move(folder), std::move(what), std::move(old), std::move(index)));
  HM_TRY(Sheet first, staging->take_sheet());  // a folder that cannot be written says so at once
  staging->sheets_.push_back(std::move(first));
  return staging;
}

Result<std::optional<Region>> Staging::blob(const Digest& digest) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = fresh_.find(digest); found != fresh_.end()) return found->second;
  }
  if (!old_) return std::nullopt;
  return old_->blob(digest);
}

Result<IndexFile> Staging::index() const {
  const std::lock_guard lock(mutex_);
  return IndexFile{index_, index_version_};
}

Result<Version> Staging::index_version() const {
  const std::lock_guard lock(mutex_);
  return index_version_;
}

Result<std::vector<Digest>> Staging::blobs() const {
  std::vector<Digest> all;
  if (old_) {
    HM_TRY(all, old_->blobs());
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [digest, region] : fresh_) all.push_back(digest);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<Staging::Sheet> Staging::take_sheet() {
  {
    const std::lock_guard lock(mutex_);
    if (!sheets_.empty()) {
      Sheet sheet = std::move(sheets_.back());
      sheets_.pop_back();
      return sheet;
    }
  }
  HM_TRY(base::FileDescriptor file, base::anonymous_file(folder_));
  return Sheet{std::make_shared<const base::FileDescriptor>(std::move(file))};
}

Result<void> Staging::write(const Sheet& sheet, std::uint64_t offset, BytesView bytes) const {
  while (!bytes.empty()) {
    const ::ssize_t count = ::pwrite(sheet.file->get(), bytes.data(), bytes.size(), static_cast<::off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Outcome::usage, what_ + " cannot be written: " + std::generic_category().message(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

// A blob that fails on its way is written over by the next.
Result<void> Staging::put(const Digest& digest, std::uint64_t size, const Writing& writing) {
  HM_TRY(const std::optional<Region> present, blob(digest));
  if (present && present->size == size && holds(*present, digest)) return {};
  HM_TRY(Sheet sheet, take_sheet());
  std::uint64_t next = sheet.end;
  const auto written = writing([&](BytesView piece) -> Result<void> {
    HM_DO(write(sheet, next, piece));
    next += piece.size();
    return {};
  });
  const std::lock_guard lock(mutex_);
  if (written) fresh_.insert_or_assign(digest, Region{sheet.file, std::exchange(sheet.end, next), size});
  sheets_.push_back(std::move(sheet));
  return written;
}

Result<void> Staging::put_blob(const Descriptor& descriptor, BlobSource& source) {
  return put(descriptor.digest, descriptor.size,
             [&](const BlobSink& append) { return take_blob(descriptor, source, what_, append); });
}

Result<void> Staging::put_blob(const Digest& digest, BytesView bytes) {
  return put(digest, bytes.size(), [&](const BlobSink& append) { return append(bytes); });
}

Result<WritablePlace::Held> Staging::lock() { return std::make_shared<const std::unique_lock<std::mutex>>(editing_); }

Result<void> Staging::replace_index(BytesView bytes) {
  const std::lock_guard lock(mutex_);
  index_.assign(bytes.begin(), bytes.end());
  ++index_version_.modified;
  return {};
}

}  // namespace hallmark::layout
