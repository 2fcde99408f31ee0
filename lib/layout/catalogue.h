// Catalogue: what index.json of a layout lists: tags, images and what refers to them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "hallmark/descriptor.h"

namespace hallmark::layout {

// Tags of signatures and of referrers are no images: sha256-<hex>, sha256-<hex>.sig.
[[nodiscard]] bool is_companion_tag(std::string_view tag);

// A tag is `org.opencontainers.image.ref.name`, as a bare tag or at the end of a full reference, or what containerd
// puts beside it in `io.containerd.image.name`.
class Catalogue {
 public:
  // `what` names the file in errors. Kind of errors: malformed; more than limits::index_manifests entries too.
  [[nodiscard]] static Result<Catalogue> parse(BytesView bytes, const std::string& what);

  [[nodiscard]] const std::vector<Descriptor>& entries() const { return entries_; }
  // The entry a tag names, or null. Two entries of different digests are malformed.
  [[nodiscard]] Result<const Descriptor*> find(std::string_view tag) const;
  [[nodiscard]] const std::vector<std::string>& tags() const { return tags_; }  // sorted, each once
  // Those of images, for messages: "1.4, latest", "none".
  [[nodiscard]] const std::string& image_tags() const { return image_tags_; }
  [[nodiscard]] bool lists(const Digest& digest) const { return by_digest_.contains(digest); }
  // Whether `cosign save` made this layout: it leaves what refers to an image out of index.json.
  [[nodiscard]] bool made_by_cosign() const { return !by_kind_.empty(); }

 protected:
  [[nodiscard]] static Result<Catalogue> of(const base::Json& document, const std::string& what);
  [[nodiscard]] const std::string& what() const { return what_; }
  // After entries_ has changed.
  void look_up();

  std::vector<Descriptor> entries_;

 private:
  // The entry that fits a tag best, or the first of several that fit alike.
  struct Named {
    std::size_t entry;
    int fit;
    bool tie = false;
  };

  void name(std::string_view tag, std::size_t entry, int fit);
  [[nodiscard]] const Descriptor* cosign_entry(std::string_view tag) const;

  std::string what_;
  std::map<std::string, Named, std::less<>> by_tag_;
  std::map<Digest, std::vector<std::size_t>> by_digest_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_kind_;  // cosign's kind, and the name: the first such
  std::vector<std::string> tags_;
  std::string image_tags_;
};

// What others wrote into index.json is kept when it is changed.
class EditableCatalogue : public Catalogue {
 public:
  [[nodiscard]] static Result<EditableCatalogue> parse(BytesView bytes, const std::string& what);

  // The tag names this from now on, and nothing else any more.
  void set_tag(const Descriptor& descriptor, std::string_view tag);
  // Lists it without a tag, unless it is listed.
  void add(const Descriptor& descriptor);
  // Drops entries without a name that an index which is listed now covers.
  void drop_unnamed(const std::set<Digest>& digests);

  // The new index.json. Kind of errors: usage, when it has become larger than readers take.
  [[nodiscard]] Result<std::string> dump() const;

 private:
  explicit EditableCatalogue(Catalogue catalogue) : Catalogue(std::move(catalogue)) {}
  void erase(std::size_t position);

  base::Json document_;
  base::Json::Array raw_;  // the entries as they were written, in step with entries_
};

}  // namespace hallmark::layout
