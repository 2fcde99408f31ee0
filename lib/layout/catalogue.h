// Catalogue: what index.json of a layout lists: tags, images and what refers to them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hallmark/descriptor.h"

namespace hallmark::layout {

// A tag is `org.opencontainers.image.ref.name`, as a bare tag or at the end of a full reference, or what containerd
// puts beside it in `io.containerd.image.name`. What others wrote into index.json is kept when it is changed.
class Catalogue {
 public:
  // `what` names the file in errors. Kind of errors: malformed; more than limits::index_manifests entries too.
  [[nodiscard]] static Result<Catalogue> parse(BytesView bytes, const std::string& what);

  [[nodiscard]] const std::vector<Descriptor>& entries() const { return entries_; }
  // The entry a tag names. Two entries of different digests are malformed.
  [[nodiscard]] Result<std::optional<Descriptor>> find(std::string_view tag) const;
  [[nodiscard]] std::vector<std::string> tags() const;  // sorted, each once
  [[nodiscard]] bool lists(const Digest& digest) const;
  // Whether `cosign save` made this layout: it leaves what refers to an image out of index.json.
  [[nodiscard]] bool made_by_cosign() const;

  // The tag names this from now on, and nothing else any more.
  void set_tag(const Descriptor& descriptor, std::string_view tag);
  // Lists it without a tag, unless it is listed.
  void add(const Descriptor& descriptor);
  // Drops entries without a name that an index which is listed now covers.
  void drop_unnamed(const std::set<Digest>& digests);

  // The new index.json. Kind of errors: usage, when it has become larger than readers take.
  [[nodiscard]] Result<std::string> dump() const;

 private:
  [[nodiscard]] std::optional<Descriptor> cosign_entry(std::string_view tag) const;
  void erase(std::size_t position);

  std::string what_;
  base::Json document_;
  base::Json::Array raw_;  // the entries as they were written, in step with entries_
  std::vector<Descriptor> entries_;
};

}  // namespace hallmark::layout
