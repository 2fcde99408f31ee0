// ReferrerLookup: which manifests of a layout refer to which.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "layout/catalogue.h"
#include "layout/documents.h"

namespace hallmark::layout {

// Thread-safe. What index.json lists is looked through once for each catalogue, and what a fallback tag lists, or
// `cosign save` left unlisted, once.
class ReferrerLookup {
 public:
  ReferrerLookup(const Place& place, Documents& documents) : place_(place), documents_(documents) {}

  // A manifest that cannot be read makes every listing incomplete that it could stand in.
  [[nodiscard]] Result<Referrers> of(const Digest& subject, const std::shared_ptr<const Catalogue>& catalogue);

 private:
  struct Group {
    std::map<Digest, std::vector<std::shared_ptr<const Card>>> by_subject;
    std::optional<Error> incomplete;

    void take(const Result<std::shared_ptr<const Card>>& card);
    // Whether there was time for all of it.
    [[nodiscard]] bool is_whole() const;
  };
  using SharedGroup = std::shared_ptr<const Group>;
  class Collected;

  [[nodiscard]] SharedGroup listed_in(const std::shared_ptr<const Catalogue>& catalogue);
  [[nodiscard]] Result<SharedGroup> listed_under(const Descriptor& fallback);
  [[nodiscard]] Result<SharedGroup> unlisted();
  [[nodiscard]] Result<SharedGroup> read_listing(const Descriptor& fallback);
  [[nodiscard]] Result<SharedGroup> read_unlisted();

  const Place& place_;
  Documents& documents_;
  std::mutex mutex_;  // guards what follows; who waits for it would read the same
  std::shared_ptr<const Catalogue> catalogue_;
  SharedGroup listed_;                                                       // in catalogue_
  std::map<std::pair<Digest, std::string>, Result<SharedGroup>> fallbacks_;  // by digest and media type
  std::optional<Result<SharedGroup>> unlisted_;
};

}  // namespace hallmark::layout
