// copy: an image with all that refers to it, from one store to another.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark {

struct CopyProgress {
  std::uint64_t blobs_done = 0;
  std::uint64_t blobs_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct CopyOptions {
  std::optional<std::string> tag;  // at the destination
  bool signatures = true;          // referrers and cosign's tags, of the image and of every manifest below it
  std::size_t parallel = 4;        // blobs at once
  std::function<void(const CopyProgress&)> progress = {};  // from any thread, one call at a time
  std::filesystem::path temp_dir = {};  // a large blob passes through a file without a name; empty: /var/tmp, else /tmp
};

struct CopyResult {
  Descriptor image;
  std::uint64_t manifests = 0;
  std::uint64_t blobs_copied = 0;
  std::uint64_t blobs_present = 0;  // already there: a second copy resumes where the first stopped
  std::uint64_t bytes_copied = 0;
  std::uint64_t referrers = 0;
  std::uint64_t signature_tags = 0;  // cosign's .sig, .att and .sbom
  // Listed at the source but broken or missing there, with the reason: nothing that a copy could keep.
  std::vector<std::string> skipped;
};

// Blobs first, then manifests from the leaves up, then what refers to them (and what refers to that), the tag last: a
// copy that breaks off leaves nothing half-visible. What cosign's tags hold at the destination is added to, not
// replaced. Errors: those of the stores; a listing of referrers that is not complete is one, too.
[[nodiscard]] Result<CopyResult> copy(ContentStore& from, const Digest& image, ContentStore& to,
                                      const CopyOptions& options);

}  // namespace hallmark
