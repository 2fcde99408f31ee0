#include "cmd/common/local_stores.h"

#include <sys/stat.h>

#include <initializer_list>

#include "base/try.h"

namespace hallmark::cmd {
namespace {

// Changes when another file takes the name, or other bytes the file; empty where there is none.
std::string version_of(const std::filesystem::path& path) {
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  std::string text;
  for (const auto number : std::initializer_list<std::uint64_t>{
           status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
           static_cast<std::uint64_t>(status.st_mtim.tv_sec), static_cast<std::uint64_t>(status.st_mtim.tv_nsec),
           static_cast<std::uint64_t>(status.st_ctim.tv_sec), static_cast<std::uint64_t>(status.st_ctim.tv_nsec)})
    text += std::to_string(number) + " ";
  return text;
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
  auto version = version_of(name.path());
  auto store = place->version == version ? place->store.lock() : nullptr;
  if (store != nullptr) {
    store->renew();
  } else {
    HM_TRY(store, open_anew(name, options));
    place->store = store;
    place->version = std::move(version);
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
