#include "oci/image_walk.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/try.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::oci {
namespace {

bool is_document(std::string_view type) { return media_type::is_manifest(type) || media_type::is_index(type); }

// Reads a child and holds it against what its parent says of it.
Result<Content> read_child(ContentStore& store, const Descriptor& child) {
  HM_TRY(Content content, store.manifest(child.digest));
  const auto what = store.name() + "@" + child.digest.text();
  if (content.descriptor.size != child.size) {
    return fail(Outcome::malformed, what + " has " + std::to_string(content.descriptor.size) +
                                        " bytes, its index says " + std::to_string(child.size));
  }
  if (content.descriptor.media_type != child.media_type) {
    return fail(Outcome::malformed,
                what + " is " + content.descriptor.media_type + ", its index says " + child.media_type);
  }
  return content;
}

Error too_many(const ContentStore& store) {
  return {Outcome::malformed,
          store.name() + ": the image has more than " + std::to_string(limits::index_manifests) + " manifests"};
}

// Bounds what the documents of one image have together, before they are read: by what their indexes say, which is held
// against what comes.
class Budget {
 public:
  [[nodiscard]] Result<void> take(const ContentStore& store, std::uint64_t bytes) {
    if (bytes > left_)
      return fail(Outcome::malformed, store.name() + ": the manifests of the image have more than " +
                                          std::to_string(limits::copy_manifest_bytes >> 20) + " MiB together");
    left_ -= bytes;
    return {};
  }

 private:
  std::uint64_t left_ = limits::copy_manifest_bytes;
};

// One level after the other, so that each level is read in parallel and parents come first.
class Walk {
 public:
  Walk(ContentStore& store, const WalkOptions& options) : store_(store), options_(options) {}

  Result<std::vector<Descriptor>> run(const Digest& root) {
    HM_TRY(const Content content, store_.manifest(root));
    seen_.insert(root);
    found_.push_back(content.descriptor);
    HM_TRY(std::vector<Descriptor> level, visit(content));
    for (std::size_t depth = 2; !level.empty(); ++depth) {
      HM_TRY(level, descend(level, depth));
    }
    return std::move(found_);
  }

 private:
  // Hands the document out and answers its children.
  Result<std::vector<Descriptor>> visit(const Content& content) {
    if (options_.visit) HM_DO(options_.visit(content));
    if (!media_type::is_index(content.descriptor.media_type)) return std::vector<Descriptor>{};
    HM_TRY(Index index, Index::parse(content));
    return std::move(index.manifests);
  }

  Result<std::vector<Descriptor>> descend(const std::vector<Descriptor>& level, std::size_t depth) {
    std::vector<Descriptor> fresh;
    for (const auto& child : level) {
      if (media_type::is_schema1(child.media_type)) {
        return fail(Error(Outcome::malformed,
                          store_.name() + "@" + child.digest.text() + ": " + std::string(media_type::kSchema1Refused))
                        .with_hint(std::string(media_type::kSchema1Hint)));
      }
      if (media_type::is_index(child.media_type) && depth > limits::index_depth) {
        return fail(Outcome::malformed, store_.name() + "@" + child.digest.text() + ": indexes are nested more than " +
                                            std::to_string(limits::index_depth) + " deep");
      }
      if (!seen_.insert(child.digest).second) continue;
      if (is_document(child.media_type)) HM_DO(budget_.take(store_, child.size));
      fresh.push_back(child);
    }
    if (seen_.size() > limits::index_manifests) return fail(too_many(store_));
    std::vector<std::optional<Result<Content>>> read(fresh.size());
    base::for_each_parallel(fresh.size(), limits::parallel_requests, [&](std::size_t i) {
      if (is_document(fresh[i].media_type)) read[i] = read_child(store_, fresh[i]);
    });
    return gather(fresh, read);
  }

  Result<std::vector<Descriptor>> gather(const std::vector<Descriptor>& level,
                                         std::vector<std::optional<Result<Content>>>& read) {
    std::vector<Descriptor> children;
    std::set<Digest> queued;
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (read[i] && !*read[i]) {
        const auto& error = read[i]->error();
        if (options_.sparse && error.kind() == Outcome::not_found) continue;
        return fail(error);
      }
      found_.push_back(level[i]);
      if (!read[i]) continue;  // an artifact of another type: covered by its digest, nothing below it to walk
      HM_TRY(std::vector<Descriptor> below, visit(**read[i]));
      for (Descriptor& child : below) {
        if (!seen_.contains(child.digest) && queued.insert(child.digest).second) children.push_back(std::move(child));
      }
      if (seen_.size() + queued.size() > limits::index_manifests) return fail(too_many(store_));
    }
    return children;
  }

  ContentStore& store_;
  const WalkOptions& options_;
  Budget budget_;
  std::set<Digest> seen_;
  std::vector<Descriptor> found_;
};

// Every manifest with a platform that an index and the indexes below it list; only indexes are read, each once.
class PlatformEntries {
 public:
  explicit PlatformEntries(ContentStore& store) : store_(store) {}

  Result<std::vector<Descriptor>> of(const Index& root) {
    HM_DO(add(root, 1));
    return std::move(entries_);
  }

 private:
  Result<void> add(const Index& index, std::size_t depth) {
    for (const auto& child : index.manifests) {
      if (media_type::is_index(child.media_type)) {
        HM_DO(add_nested(child, depth));
      } else if (child.platform && media_type::is_manifest(child.media_type)) {
        entries_.push_back(child);
      }
      if (entries_.size() + read_.size() > limits::index_manifests) return fail(too_many(store_));
    }
    return {};
  }

  Result<void> add_nested(const Descriptor& child, std::size_t depth) {
    if (depth >= limits::index_depth) {
      return fail(Outcome::malformed, store_.name() + "@" + child.digest.text() + ": indexes are nested more than " +
                                          std::to_string(limits::index_depth) + " deep");
    }
    if (!read_.insert(child.digest).second) return {};
    HM_DO(budget_.take(store_, child.size));
    HM_TRY(const Content content, read_child(store_, child));
    HM_TRY(const Index nested, Index::parse(content));
    return add(nested, depth + 1);
  }

  ContentStore& store_;
  Budget budget_;
  std::set<Digest> read_;
  std::vector<Descriptor> entries_;
};

std::string listed(const std::vector<Descriptor>& entries) {
  std::string text;
  for (const auto& entry : entries) {
    if (text.size() > 1000) return text + ", …";
    text += (text.empty() ? "" : ", ") + base::printable(entry.platform->text(), 100) + " (" +
            entry.digest.text().substr(0, 19) + "…)";
  }
  return text.empty() ? "no platforms" : text;
}

// An entry that names the very variant stands before one that merely serves.
Result<Descriptor> best_of(const std::vector<Descriptor>& entries, const Platform& wanted, const std::string& what) {
  std::vector<Descriptor> serving;
  std::vector<Descriptor> exact;
  for (const auto& entry : entries) {
    if (!entry.platform->serves(wanted)) continue;
    const auto same = [&](const Descriptor& other) { return other.digest == entry.digest; };
    if (std::any_of(serving.begin(), serving.end(), same)) continue;
    serving.push_back(entry);
    if (*entry.platform == wanted) exact.push_back(entry);
  }
  const auto& best = exact.empty() ? serving : exact;
  if (best.size() == 1) return best.front();
  if (best.empty()) {
    return fail(Error(Outcome::not_found, what + " has nothing for " + wanted.text() + "; it has " + listed(entries)));
  }
  return fail(Error(Outcome::malformed, what + " has several manifests for " + wanted.text() + ": " + listed(best))
                  .with_hint("name the variant, or the manifest by its digest"));
}

// A single image says its platform in its configuration.
Result<Descriptor> single_image(ContentStore& store, const Content& content, const Platform& wanted) {
  HM_TRY(const Manifest manifest, Manifest::parse(content));
  HM_TRY(const Bytes bytes, store.blob(manifest.config, limits::manifest_bytes));
  HM_TRY(const base::Json document, base::Json::parse(bytes, "image configuration"));
  const base::JsonReader json(document, "image configuration");
  HM_DO(json.expect_object());
  Platform platform;
  HM_TRY(platform.os, json.string_or("os", ""));
  HM_TRY(platform.architecture, json.string_or("architecture", ""));
  HM_TRY(platform.variant, json.string_or("variant", ""));
  Descriptor entry = content.descriptor;
  entry.platform = std::move(platform);
  return best_of({entry}, wanted, store.name() + "@" + entry.digest.text());
}

Result<void> check_blob(ContentStore& store, const Descriptor& descriptor) {
  auto checked = store.blob(descriptor, [](BytesView) -> Result<void> { return {}; });
  if (!checked && checked.error().kind() == Outcome::not_found && media_type::is_foreign_layer(descriptor.media_type))
    return {};
  return checked;
}

}  // namespace

Result<std::vector<Descriptor>> walk_image(ContentStore& store, const Digest& root, const WalkOptions& options) {
  return Walk(store, options).run(root);
}

Result<std::vector<Descriptor>> signable(ContentStore& store, const Digest& root) {
  HM_TRY(auto found, walk_image(store, root));
  const auto beside = [](const Descriptor& one) { return !is_document(one.media_type); };
  found.erase(std::remove_if(found.begin() + 1, found.end(), beside), found.end());
  return found;
}

Result<Descriptor> select_platform(ContentStore& store, const Digest& root, const Platform& wanted) {
  HM_TRY(const Content content, store.manifest(root));
  if (!media_type::is_index(content.descriptor.media_type)) return single_image(store, content, wanted);
  HM_TRY(const Index index, Index::parse(content));
  HM_TRY(const std::vector<Descriptor> entries, PlatformEntries(store).of(index));
  HM_TRY(Descriptor chosen, best_of(entries, wanted, store.name() + "@" + root.text()));
  HM_TRY(const Content child, read_child(store, chosen));  // there, and what its index says
  return chosen;
}

Result<void> check_content(ContentStore& store, const Digest& root) {
  std::set<Digest> seen;
  std::vector<Descriptor> blobs;
  const auto collect = [&](const Content& content) -> Result<void> {
    if (!media_type::is_manifest(content.descriptor.media_type)) return {};
    HM_TRY(const Manifest manifest, Manifest::parse(content));
    if (seen.insert(manifest.config.digest).second) blobs.push_back(manifest.config);
    for (const auto& layer : manifest.layers) {
      if (seen.insert(layer.digest).second) blobs.push_back(layer);
    }
    return {};
  };
  HM_TRY(const std::vector<Descriptor> manifests, walk_image(store, root, {.visit = collect, .sparse = true}));
  std::vector<Result<void>> checked(blobs.size());
  base::for_each_parallel(blobs.size(), limits::parallel_requests,
                          [&](std::size_t i) { checked[i] = check_blob(store, blobs[i]); });
  for (auto& result : checked) HM_DO(std::move(result));
  return {};
}

}  // namespace hallmark::oci
