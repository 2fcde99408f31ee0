// StoreOn: the ContentStore face of an ImageLayout; nothing but forwarding.
#pragma once

#include "layout/image_layout.h"

namespace hallmark::layout {

template <class Base>  // LayoutStore or ArchiveStore
class StoreOn : public Base {
 public:
  [[nodiscard]] std::string name() const override { return layout_.name(); }
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest) override { return layout_.has_manifest(digest); }
  [[nodiscard]] Result<bool> has_blob(const Descriptor& blob) override { return layout_.has_blob(blob); }
  [[nodiscard]] Result<Referrers> referrers(const Digest& subject, std::string_view) override {
    return layout_.referrers(subject);
  }
  using ContentStore::put_blob;
  [[nodiscard]] Result<void> put_blob(const Descriptor& blob, BlobSource& source) override {
    return layout_.put_blob(blob, source);
  }
  [[nodiscard]] Result<Descriptor> put_manifest(std::string_view media_type, BytesView bytes,
                                                const std::optional<std::string>& tag) override {
    return layout_.put_manifest(media_type, bytes, tag);
  }
  [[nodiscard]] Result<Descriptor> attach(const Content& referrer, const Descriptor& subject) override {
    return layout_.attach(referrer, subject);
  }
  [[nodiscard]] Result<Descriptor> edit_tag(std::string_view tag, const TagEditor& editor) override {
    return layout_.edit_tag(tag, editor);
  }
  [[nodiscard]] Result<std::vector<std::string>> tags() override { return layout_.tags(); }
  [[nodiscard]] Result<Descriptor> only_image() override { return layout_.only_image(); }
  void renew() override { layout_.renew(); }
  [[nodiscard]] Result<void> expect_in_time() const override { return layout_.expect_in_time(); }

 protected:
  StoreOn(const std::string& name, const Opened& opened) : layout_(name, opened) {}
  [[nodiscard]] Result<Content> read_manifest(std::string_view tag_or_digest) override {
    return layout_.read_manifest(tag_or_digest);
  }
  [[nodiscard]] Result<Descriptor> read_descriptor(std::string_view tag) override {
    return layout_.read_descriptor(tag);
  }
  [[nodiscard]] Result<void> read_blob(const Descriptor& blob, const BlobSink& sink) override {
    return layout_.read_blob(blob, sink);
  }

 private:
  ImageLayout layout_;
};

}  // namespace hallmark::layout
