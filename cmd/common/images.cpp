#include "cmd/common/images.h"

#include <filesystem>

#include "base/try.h"

namespace hallmark::cmd {

namespace {

// What may have been meant, where a registry does not know the name or cannot be asked.
Error with_next_step(Error error, const ImageName& name) {
  if (!error.hint().empty() || name.place() != ImageName::Place::registry) return error;
  constexpr std::string_view kHub = "docker.io";
  constexpr std::string_view kOfficial = "library/";
  const Repository& repository = *name.repository();
  std::string path = repository.path();
  if (path.starts_with(kOfficial)) path.erase(0, kOfficial.size());
  std::error_code ignored;
  if (repository.registry() == kHub && std::filesystem::exists(path, ignored))
    return error.with_hint("without a registry's host Docker Hub is meant; a layout directory is written oci:" + path);
  if (error.kind() != Outcome::not_found) return error;
  if (!name.names_a_version()) return error.with_hint("no tag was given, so \"latest\" was looked for");
  return error.with_hint("check the repository and the tag; a private one may need \"hallmark login\"");
}

}  // namespace

Result<RegistryClient*> Images::registry() {
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr) {
    HM_TRY(client_, RegistryClient::create(options_, clock_));
  }
  return client_.get();
}

std::optional<RegistryClient::Statistics> Images::statistics() const {
  const std::lock_guard lock(mutex_);
  if (client_ == nullptr) return std::nullopt;
  return client_->statistics();
}

Result<void> OpenedImage::expect_in_time() const {
  return layout_ == nullptr ? Result<void>() : layout_->expect_in_time();
}

Result<void> OpenedImage::finish() { return archive_ == nullptr ? Result<void>() : archive_->finish(); }

Result<OpenedImage> Images::open_local(const ImageName& name, OpenMode mode) {
  const LayoutOptions options{.timeout = local_time_, .clock = &clock_};
  if (mode == OpenMode::read) {
    HM_TRY(auto store, local_.open(name, options));
    LayoutStore* layout = store.get();
    return OpenedImage(std::move(store), layout);
  }
  local_.release();
  if (name.place() == ImageName::Place::layout) {
    HM_TRY(auto store, open_layout(name.path(), mode, options));
    LayoutStore* layout = store.get();
    return OpenedImage(std::move(store), layout);
  }
  HM_TRY(auto store, ArchiveStore::open(name.path(), mode, options));
  ArchiveStore* archive = store.get();
  return OpenedImage(std::move(store), archive, archive);
}

Result<OpenedImage> Images::open(const ImageName& name, OpenMode mode) {
  if (name.place() != ImageName::Place::registry) return open_local(name, mode);
  HM_TRY(RegistryClient * client, registry());
  return OpenedImage(client->open(*name.repository()));
}

Result<Digest> Images::resolve(OpenedImage& image, const ImageName& name) {
  if (name.digest()) return *name.digest();
  if (image.layout_ != nullptr && !name.tag()) {
    HM_TRY(const Descriptor descriptor, image.layout_->only_image());
    return descriptor.digest;
  }
  auto descriptor = image.store().resolve(*name.tag());
  if (!descriptor) return fail(with_next_step(std::move(descriptor).error(), name));
  return descriptor->digest;
}

}  // namespace hallmark::cmd
