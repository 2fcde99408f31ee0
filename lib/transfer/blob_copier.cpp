#include "transfer/blob_copier.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/anonymous_file.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/try.h"
#include "oci/media_type.h"

namespace hallmark::transfer {
namespace {

class FileSource final : public BlobSource {
 public:
  FileSource(const base::FileDescriptor& file, std::uint64_t size) : file_(file), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    std::size_t filled = 0;
    while (filled < into.size()) {
      const ::ssize_t count =
          ::pread(file_.get(), into.data() + filled, into.size() - filled, static_cast<::off_t>(offset + filled));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return fail(Outcome::usage, "the temporary file cannot be read: " + std::generic_category().message(errno));
      }
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    return filled;
  }

 private:
  const base::FileDescriptor& file_;
  std::uint64_t size_;
};

}  // namespace

Result<void> BlobCopier::copy(const std::vector<Descriptor>& blobs) {
  std::vector<Descriptor> fresh;
  for (const auto& blob : blobs) {
    if (done_.insert(blob.digest).second) fresh.push_back(blob);
  }
  report([&] {
    progress_.blobs_total += fresh.size();
    for (const auto& blob : fresh) progress_.bytes_total += blob.size;
  });
  std::vector<Result<void>> results(fresh.size());
  std::atomic<bool> failed = false;
  base::for_each_parallel(fresh.size(), options_.parallel, [&](std::size_t i) {
    if (failed) return;
    results[i] = copy_one(fresh[i]);
    if (!results[i]) failed = true;
  });
  for (auto& result : results) HM_DO(std::move(result));
  return {};
}

Result<void> BlobCopier::copy_one(const Descriptor& blob) {
  HM_TRY(const bool present, to_.has_blob(blob));
  if (!present) {
    HM_TRY(const bool mounted, to_.mount_blob(blob, from_));
    if (!mounted) {
      auto moved = transfer(blob);
      const bool absent = !moved && moved.error().kind() == Outcome::not_found;
      if (!moved && !(absent && oci::media_type::is_foreign_layer(blob.media_type))) return moved;
    }
    report([&] {
      result_.blobs_copied += 1;
      if (!mounted) result_.bytes_copied += blob.size;
    });
  }
  report([&] {
    if (present) result_.blobs_present += 1;
    progress_.blobs_done += 1;
    progress_.bytes_done += blob.size;
  });
  return {};
}

Result<void> BlobCopier::transfer(const Descriptor& blob) {
  if (blob.size > limits::copy_memory_bytes) return transfer_by_file(blob);
  HM_TRY(const Bytes bytes, from_.blob(blob, limits::copy_memory_bytes));
  return to_.put_blob(blob, bytes);
}

Result<void> BlobCopier::transfer_by_file(const Descriptor& blob) {
  HM_TRY(const base::FileDescriptor file, base::anonymous_file(options_.temp_dir));
  HM_DO(from_.blob(blob, [&](BytesView piece) { return base::write_all(file.get(), piece, "the temporary file"); }));
  FileSource source(file, blob.size);
  return to_.put_blob(blob, source);
}

void BlobCopier::report(const std::function<void()>& change) {
  const std::lock_guard lock(mutex_);
  change();
  if (options_.progress) options_.progress(progress_);
}

}  // namespace hallmark::transfer
