// ImageLayout: the operations of a ContentStore on a layout, wherever its files lie.
#pragma once

#include <memory>

#include "hallmark/layout.h"
#include "layout/catalogue_cache.h"
#include "layout/documents.h"
#include "layout/place.h"
#include "layout/reading_time.h"
#include "layout/referrer_lookup.h"
#include "oci/manifest.h"

namespace hallmark::layout {

// Where a layout lies that was opened.
struct Opened {
  const Place& place;
  WritablePlace* writable;  // null for reading; else it is (or overlays) `place`
  std::shared_ptr<ReadingTime> time;
};

// Thread-safe.
class ImageLayout {
 public:
  ImageLayout(const std::string& name, const Opened& opened)
      : place_(opened.place),
        writable_(opened.writable),
        time_(opened.time),
        documents_(name, place_, time_),
        catalogues_(name, place_),
        referrers_(place_, documents_) {}

  [[nodiscard]] const std::string& name() const { return documents_.name(); }
  void renew() { time_->renew(); }
  [[nodiscard]] Result<void> expect_in_time() const { return time_->expect_sufficed(name()); }
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest) const;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& descriptor) const;
  [[nodiscard]] Result<Referrers> referrers(const Digest& subject);
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source);
  [[nodiscard]] Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                const std::optional<std::string>& tag);
  [[nodiscard]] Result<Descriptor> attach(const Content& referrer, const Descriptor& subject);
  [[nodiscard]] Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor);
  [[nodiscard]] Result<std::vector<std::string>> tags();
  [[nodiscard]] Result<Content> read_manifest(std::string_view tag_or_digest);
  [[nodiscard]] Result<Descriptor> read_descriptor(std::string_view tag);
  [[nodiscard]] Result<void> read_blob(const Descriptor& descriptor, const BlobSink& sink) const;
  [[nodiscard]] Result<Descriptor> only_image();

 private:
  using Listed = std::shared_ptr<const Catalogue>;

  // The entry of a tag that must be there.
  [[nodiscard]] Result<const Descriptor*> entry_of(const Catalogue& listed, std::string_view tag) const;
  [[nodiscard]] Result<void> expect_writable() const;
  [[nodiscard]] Result<Descriptor> publish(EditableCatalogue& catalogue, std::string_view media_type, BytesView bytes,
                                           const std::optional<std::string>& tag);
  [[nodiscard]] Result<void> drop_children(EditableCatalogue& catalogue, const oci::Index& index);

  const Place& place_;
  WritablePlace* writable_;
  const std::shared_ptr<ReadingTime> time_;
  Documents documents_;
  CatalogueCache catalogues_;
  ReferrerLookup referrers_;
};

}  // namespace hallmark::layout
