#include "hallmark/inspect.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/try.h"
#include "hallmark/reference.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "policy/precedence.h"
#include "verify/attached.h"

namespace hallmark {
namespace {

// What the store sent may be broken and is shown; what it did not send is missing.
bool was_not_sent(const Error& error) {
  return error.kind() == Outcome::unreachable || error.kind() == Outcome::throttled ||
         error.kind() == Outcome::unauthorized;
}

// One run over an image and what is below it. A failure of one part is noted where it happened and hides no other.
class Inspector {
 public:
  Inspector(ContentStore& image, ContentStore& signatures)
      : image_(image),
        signatures_(signatures),
        names_(signatures.upstream() != nullptr ? *signatures.upstream() : signatures) {}

  Result<Inspection> root(const Digest& digest) {
    HM_TRY(const auto content, image_.manifest(digest));
    seen_.insert(digest);
    return look_at(content, 1);
  }

 private:
  Inspection look_at(const Content& content, std::size_t depth) {
    Inspection found{image_.name() + "@" + content.descriptor.digest.text(), content.descriptor, {}, {}, {}};
    add_tagged(found);
    add_referrers(found);
    if (oci::media_type::is_index(content.descriptor.media_type)) add_children(content, depth, found);
    return found;
  }

  void add_tagged(Inspection& into) {
    constexpr std::array<std::string_view, 3> kSuffixes = {".sig", ".att", ".sbom"};
    std::array<std::vector<Attached>, kSuffixes.size()> read;
    std::array<std::optional<Error>, kSuffixes.size()> problems;
    base::for_each_parallel(kSuffixes.size(), kSuffixes.size(), [&](std::size_t i) {
      const std::string tag = into.image.digest.tag() + std::string(kSuffixes[i]);
      if (!is_tag(tag)) return;  // a SHA-512 digest does not fit into a tag
      auto content = names_.manifest(tag);
      if (!content && mirror_may_say(content.error())) {
        problems[i] = content.error().within("tag " + tag);
        content = signatures_.manifest(tag);
      }
      if (content) {
        read[i] = verification::read_tagged(signatures_, *content, kSuffixes[i], into.image.digest);
      } else if (content.error().kind() != Outcome::not_found) {
        problems[i] = content.error().within("tag " + tag);
      }
    });
    for (auto& list : read) std::ranges::move(list, std::back_inserter(into.attached));
    for (auto& problem : problems) {
      if (problem) into.problems.push_back(*std::move(problem));
    }
  }

  void add_referrers(Inspection& into) {
    auto listing = names_.referrers(into.image.digest, {});
    if (!listing && mirror_may_say(listing.error())) {
      into.problems.push_back(listing.error().within("referrers"));
      listing = signatures_.referrers(into.image.digest, {});
      if (!listing) return;
    }
    if (!listing) {
      into.problems.push_back(listing.error().within("referrers"));
      return;
    }
    if (listing->incomplete) into.problems.push_back(listing->incomplete->within("referrers"));
    auto& listed = listing->descriptors;
    if (listed.size() > limits::signature_candidates) {
      note_limit(into, "only " + std::to_string(limits::signature_candidates) + " of " + std::to_string(listed.size()) +
                           " referrers are shown");
      listed.erase(listed.begin() + limits::signature_candidates, listed.end());
    }
    std::vector<std::vector<Attached>> read(listed.size());
    base::for_each_parallel(listed.size(), limits::parallel_requests, [&](std::size_t i) {
      read[i] = verification::read_referrer(signatures_, listed[i], into.image.digest);
    });
    for (auto& list : read) std::ranges::move(list, std::back_inserter(into.attached));
  }

  void add_children(const Content& content, std::size_t depth, Inspection& into) {
    const auto index = oci::Index::parse(content);
    if (!index) {
      into.problems.push_back(index.error());
      return;
    }
    if (depth > limits::index_depth) {
      note_limit(into, "indexes are nested more than " + std::to_string(limits::index_depth) +
                           " deep: what is below is not shown");
      return;
    }
    for (const auto& child : index->manifests) {
      const bool is_document =
          oci::media_type::is_manifest(child.media_type) || oci::media_type::is_index(child.media_type);
      if (!is_document || !seen_.insert(child.digest).second) continue;
      if (seen_.size() > limits::index_manifests) {
        note_limit(into, "more than " + std::to_string(limits::index_manifests) + " manifests: the rest is not shown");
        return;
      }
      into.children.push_back(child_of(child, depth + 1));
    }
  }

  // Where the registry itself does not answer, what a mirror lists is shown, and may lack something.
  [[nodiscard]] bool mirror_may_say(const Error& error) const { return &names_ != &signatures_ && was_not_sent(error); }

  static void note_limit(Inspection& into, std::string text) {
    into.problems.emplace_back(Outcome::malformed, std::move(text));
  }

  Inspection child_of(const Descriptor& child, std::size_t depth) {
    const auto content = image_.manifest(child.digest);
    Inspection found{image_.name() + "@" + child.digest.text(), child, {}, {}, {}};
    if (content) {
      found = look_at(*content, depth);
    } else {
      found.problems.push_back(content.error());
    }
    found.image.platform = child.platform;
    return found;
  }

  ContentStore& image_;
  ContentStore& signatures_;
  ContentStore& names_;  // its tags and listings: the whole list, not the one that a mirror once saw
  std::set<Digest> seen_;
};

void keep_gravest(std::optional<Error>& gravest, const Error& error) {
  if (!gravest || policy::outranks(error.kind(), gravest->kind())) gravest = error;
}

}  // namespace

std::optional<Error> incompleteness(const Inspection& inspection) {
  std::optional<Error> gravest;
  for (const auto& problem : inspection.problems) {
    if (problem.kind() != Outcome::not_found) keep_gravest(gravest, problem);  // a platform may be left out
  }
  for (const auto& attached : inspection.attached) {
    if (attached.problem && was_not_sent(*attached.problem)) keep_gravest(gravest, *attached.problem);
  }
  for (const auto& child : inspection.children) {
    if (const auto below = incompleteness(child)) keep_gravest(gravest, *below);
  }
  return gravest;
}

Result<Inspection> inspect(ContentStore& image, const Digest& digest, ContentStore* signatures) {
  return Inspector(image, signatures != nullptr ? *signatures : image).root(digest);
}

}  // namespace hallmark
