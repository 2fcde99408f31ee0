#include "cmd/common/images.h"

#include "base/try.h"

namespace hallmark::cmd {

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

Result<OpenedImage> Images::open(const ImageName& name, OpenMode mode) {
  switch (name.place()) {
    case ImageName::Place::layout: {
      HM_TRY(auto store, open_layout(name.path(), mode));
      LayoutStore* layout = store.get();
      return OpenedImage(std::move(store), layout);
    }
    case ImageName::Place::archive: {
      HM_TRY(auto store, ArchiveStore::open(name.path(), mode));
      ArchiveStore* archive = store.get();
      return OpenedImage(std::move(store), archive, mode == OpenMode::write ? archive : nullptr);
    }
    case ImageName::Place::registry:
      break;
  }
  HM_TRY(RegistryClient * client, registry());
  return OpenedImage(client->open(*name.repository()));
}

Result<Digest> Images::resolve(OpenedImage& image, const ImageName& name) {
  if (name.digest()) return *name.digest();
  if (image.layout_ != nullptr && !name.tag()) {
    HM_TRY(const Descriptor descriptor, image.layout_->only_image());
    return descriptor.digest;
  }
  HM_TRY(const Descriptor descriptor, image.store().resolve(*name.tag()));
  return descriptor.digest;
}

}  // namespace hallmark::cmd
