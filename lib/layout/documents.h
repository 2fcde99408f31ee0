// Documents: the manifests and indexes of a layout, and what each says of itself.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.h"
#include "layout/place.h"
#include "layout/reading_time.h"

namespace hallmark::layout {

// An image manifest or an index.
[[nodiscard]] bool is_document(std::string_view type);

// What a manifest says of itself, as a referrers listing shows it.
struct Card {
  Descriptor descriptor;
  std::optional<Digest> subject;
};

// Thread-safe. All that is looked through together has limits::listed_bytes at most: an archive packs thousands of
// manifests of 4 MiB into little. Kinds of errors: not_found, malformed, unreachable (out of time).
class Documents {
 public:
  Documents(std::string name, const Place& place, std::shared_ptr<const ReadingTime> time)
      : name_(std::move(name)), place_(place), time_(std::move(time)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  // The bytes under that name, whatever they are.
  [[nodiscard]] Result<Content> read(const Digest& digest, std::string_view media_type) const;
  // The same, held against the digest.
  [[nodiscard]] Result<Content> read_checked(const Digest& digest, std::string_view media_type) const;

  // Each of these looks through its document, once.
  [[nodiscard]] Result<std::shared_ptr<const Card>> card(const Digest& digest);
  // Null for a blob that is larger than what refers to something, or is no document with a subject.
  [[nodiscard]] Result<std::shared_ptr<const Card>> card_of_blob(const Digest& digest);
  // What the index under a fallback tag lists.
  [[nodiscard]] Result<std::vector<Descriptor>> listing(const Descriptor& index);

 private:
  using Shared = std::shared_ptr<const Card>;

  [[nodiscard]] std::string named(const Digest& digest) const { return name_ + "@" + digest.text(); }
  [[nodiscard]] Result<Region> region(const Digest& digest) const;
  [[nodiscard]] Result<Content> load(const Region& region, const Digest& digest, std::string_view media_type) const;
  [[nodiscard]] Result<void> expect_same(const Content& content) const;
  [[nodiscard]] Result<void> count(std::uint64_t bytes);
  [[nodiscard]] Result<Content> look_through(const Region& region, const Digest& digest, std::string_view media_type);
  [[nodiscard]] Shared known(const Digest& digest);
  [[nodiscard]] Result<void> count_values(const Content& content);
  [[nodiscard]] Result<base::Json> parse(const Content& content, const std::string& what);
  [[nodiscard]] Shared keep(Card card);

  const std::string name_;
  const Place& place_;
  const std::shared_ptr<const ReadingTime> time_;
  std::mutex mutex_;                  // guards what follows
  std::map<Digest, Shared> cards_;    // by digest, so they never age
  std::uint64_t looked_through_ = 0;  // bytes
};

}  // namespace hallmark::layout
