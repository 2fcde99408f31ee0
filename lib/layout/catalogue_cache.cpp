#include "layout/catalogue_cache.h"

#include "base/try.h"

namespace hallmark::layout {

Result<std::shared_ptr<const Catalogue>> CatalogueCache::current() {
  const std::lock_guard lock(mutex_);
  HM_TRY(const Version now, place_.index_version());
  if (parsed_ && version_ == now) return *parsed_;
  HM_TRY(const IndexFile index, place_.index());
  version_ = index.version;
  file_ = index.file;
  parsed_ = parse(index.bytes);
  return *parsed_;
}

CatalogueCache::Parsed CatalogueCache::parse(BytesView bytes) const {
  HM_TRY(Catalogue catalogue, Catalogue::parse(bytes, what_));
  return std::make_shared<const Catalogue>(std::move(catalogue));
}

Result<EditableCatalogue> CatalogueCache::to_edit() const {
  HM_TRY(const IndexFile index, place_.index());
  return EditableCatalogue::parse(index.bytes, what_);
}

}  // namespace hallmark::layout
