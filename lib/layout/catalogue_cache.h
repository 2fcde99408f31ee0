// CatalogueCache: index.json of a layout, parsed once for as long as it is the same.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "layout/catalogue.h"
#include "layout/place.h"

namespace hallmark::layout {

// Thread-safe.
class CatalogueCache {
 public:
  // `name` is the layout's, for errors.
  CatalogueCache(const std::string& name, const Place& place) : what_(name + ": index.json"), place_(place) {}

  // What index.json says now.
  [[nodiscard]] Result<std::shared_ptr<const Catalogue>> current();
  // The same, read anew: for who holds the lock, and will replace it.
  [[nodiscard]] Result<EditableCatalogue> to_edit() const;

 private:
  using Parsed = Result<std::shared_ptr<const Catalogue>>;
  [[nodiscard]] Parsed parse(BytesView bytes) const;

  const std::string what_;
  const Place& place_;
  std::mutex mutex_;  // guards what follows
  Version version_;
  std::shared_ptr<const base::FileDescriptor> file_;  // of that version
  std::optional<Parsed> parsed_;                      // what cannot be parsed is not tried again
};

}  // namespace hallmark::layout
