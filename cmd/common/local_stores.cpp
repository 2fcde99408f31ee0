#include "cmd/common/local_stores.h"

#include <sys/stat.h>

#include "base/try.h"

namespace hallmark::cmd {
namespace {

layout::Version version_of(const std::filesystem::path& path) {
  struct ::stat status{};
  return ::stat(path.c_str(), &status) == 0 ? layout::version_of(status) : layout::Version();
}

Result<std::shared_ptr<LayoutStore>> open_anew(const ImageName& name, const LayoutOptions& options) {
  if (name.place() == ImageName::Place::layout) return open_layout(name.path(), OpenMode::read, options);
  return ArchiveStore::open(name.path(), OpenMode::read, options);
}

}  // namespace

std::shared_ptr<LocalStores::Place> LocalStores::place_of(const ImageName& name) {
  const std::lock_guard lock(mutex_);
  // A long list must not leave a trace of each of its places.
  std::erase_if(places_, [](const auto& entry) {
    if (entry.second.use_count() > 1) return false;
    const std::unique_lock idle(entry.second->opening, std::try_to_lock);
    return idle && entry.second->store.expired();
  });
  auto& place = places_[name.place_text()];
  if (place == nullptr) place = std::make_shared<Place>();
  return place;
}

Result<std::shared_ptr<LayoutStore>> LocalStores::open(const ImageName& name, const LayoutOptions& options) {
  const auto place = place_of(name);
  const std::lock_guard opening(place->opening);
  const auto version = version_of(name.path());
  auto store = place->version == version ? place->store.lock() : nullptr;
  if (store != nullptr) {
    store->renew();
  } else {
    HM_TRY(store, open_anew(name, options));
    place->store = store;
    place->version = version;
  }
  const std::lock_guard lock(mutex_);
  last_ = store;
  return store;
}

void LocalStores::release() {
  const std::lock_guard lock(mutex_);
  last_.reset();
}

}  // namespace hallmark::cmd
