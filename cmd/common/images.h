// Images: opens the places that image names speak of; one registry client for the whole run.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>

#include "cmd/common/image_name.h"
#include "cmd/common/local_stores.h"
#include "cmd/common/registry_settings.h"
#include "hallmark/content_store.h"
#include "hallmark/layout.h"
#include "hallmark/registry.h"

namespace hallmark::cmd {

// An opened repository, layout or archive.
class OpenedImage {
 public:
  explicit OpenedImage(std::shared_ptr<ContentStore> store, LayoutStore* layout = nullptr,
                       ArchiveStore* archive = nullptr)
      : store_(std::move(store)), layout_(layout), archive_(archive) {}
  [[nodiscard]] ContentStore& store() { return *store_; }
  // For who goes on after failed reads. Kind of errors: unreachable, when some were of a layout that took too long.
  [[nodiscard]] Result<void> expect_in_time() const;
  // An archive that was written to becomes durable here; everything else is so already.
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] bool written_at_end() const { return archive_ != nullptr; }

 private:
  friend class Images;
  std::shared_ptr<ContentStore> store_;
  LayoutStore* layout_;    // the same store, where it is one
  ArchiveStore* archive_;  // the same store, where it is one open for writing
};

class Images {
 public:
  // `flags` say whether the options' timeout is what the user wants or the usual one.
  Images(RegistryOptions options, const Clock& clock, const RegistryFlags& flags)
      : options_(std::move(options)),
        local_time_(flags.timeout.empty() ? std::max(options_.timeout, kLocalTime) : options_.timeout),
        clock_(clock) {}

  // Thread-safe. A registry is not asked anything yet; each call begins an operation with its own timeout.
  [[nodiscard]] Result<OpenedImage> open(const ImageName& name, OpenMode mode);
  // The digest a name stands for: its own, else its tag's, resolved once; of a layout without either, that of its only
  // image. Kind of errors: usage when a layout has several, else those of ContentStore.
  [[nodiscard]] static Result<Digest> resolve(OpenedImage& image, const ImageName& name);
  // For login. Kind of errors: config.
  [[nodiscard]] Result<RegistryClient*> registry();
  // Nothing where no registry was spoken to.
  [[nodiscard]] std::optional<RegistryClient::Statistics> statistics() const;

 private:
  [[nodiscard]] Result<OpenedImage> open_local(const ImageName& name, OpenMode mode);

  RegistryOptions options_;
  std::chrono::milliseconds local_time_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<RegistryClient> client_;
  LocalStores local_;
};

}  // namespace hallmark::cmd
