// BlobCopier: moves blobs from one store to another, several at once, each at most once.
#pragma once

#include <mutex>
#include <set>
#include <vector>

#include "hallmark/copy.h"

namespace hallmark::transfer {

class BlobCopier {
 public:
  BlobCopier(ContentStore& from, ContentStore& to, const CopyOptions& options, CopyResult& result)
      : from_(from), to_(to), options_(options), result_(result) {}

  // Returns when all are at the destination, or with the first error. What was copied before is not asked for again.
  [[nodiscard]] Result<void> copy(const std::vector<Descriptor>& blobs);

 private:
  [[nodiscard]] Result<void> copy_one(const Descriptor& blob);
  [[nodiscard]] Result<void> transfer(const Descriptor& blob);
  [[nodiscard]] Result<void> transfer_by_file(const Descriptor& blob);
  void report(const std::function<void()>& change);

  ContentStore& from_;
  ContentStore& to_;
  const CopyOptions& options_;
  CopyResult& result_;
  std::set<Digest> done_;
  std::mutex mutex_;  // over result_ and progress_
  CopyProgress progress_;
};

}  // namespace hallmark::transfer
