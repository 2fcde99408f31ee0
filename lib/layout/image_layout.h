// ImageLayout: the operations of a ContentStore on a layout, wherever its files lie.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "hallmark/layout.h"
#include "layout/catalogue.h"
#include "layout/place.h"
#include "oci/manifest.h"

namespace hallmark::layout {

// Thread-safe. `writable` is null for reading; else it is (or overlays) `place`.
class ImageLayout {
 public:
  ImageLayout(std::string name, const Place& place, WritablePlace* writable)
      : name_(std::move(name)), place_(place), writable_(writable) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest) const;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& descriptor) const;
  [[nodiscard]] Result<Referrers> referrers(const Digest& subject);
  [[nodiscard]] Result<void> put_blob(const Descriptor& descriptor, BlobSource& source);
  [[nodiscard]] Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                const std::optional<std::string>& tag);
  [[nodiscard]] Result<Descriptor> attach(const Content& referrer, const Descriptor& subject);
  [[nodiscard]] Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor);
  [[nodiscard]] Result<std::vector<std::string>> tags() const;
  [[nodiscard]] Result<Content> read_manifest(std::string_view tag_or_digest) const;
  [[nodiscard]] Result<Descriptor> read_descriptor(std::string_view tag) const;
  [[nodiscard]] Result<void> read_blob(const Descriptor& descriptor, const BlobSink& sink) const;
  [[nodiscard]] Result<Descriptor> only_image();

 private:
  // What a listed manifest says of itself, as a referrers listing shows it.
  struct Card {
    Descriptor descriptor;
    std::optional<Digest> subject;
  };

  [[nodiscard]] Result<Catalogue> catalogue() const;
  [[nodiscard]] Result<Content> read(const Digest& digest, std::string_view media_type) const;
  [[nodiscard]] Result<void> count(std::uint64_t bytes);
  [[nodiscard]] Result<std::shared_ptr<const Card>> card(const Digest& digest);
  [[nodiscard]] Result<std::vector<Digest>> candidates(const Catalogue& catalogue, const Digest& subject);
  [[nodiscard]] Result<void> add_unlisted(std::vector<Digest>& found) const;
  [[nodiscard]] Result<void> expect_writable() const;
  [[nodiscard]] Result<Descriptor> publish(Catalogue& catalogue, std::string_view media_type, BytesView bytes,
                                           const std::optional<std::string>& tag);
  [[nodiscard]] Result<void> drop_children(Catalogue& catalogue, const oci::Index& index);

  std::string name_;
  const Place& place_;
  WritablePlace* writable_;
  std::mutex mutex_;
  std::map<Digest, std::shared_ptr<const Card>> cards_;  // by digest, so they never age
  std::uint64_t cards_bytes_ = 0;                        // of the documents behind them
};

}  // namespace hallmark::layout
