#include "hallmark/copy.h"

#include <set>

#include "base/limits.h"
#include "base/try.h"
#include "hallmark/reference.h"
#include "oci/image_walk.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "transfer/blob_copier.h"
#include "transfer/signature_tag.h"

namespace hallmark {
namespace {

// An image, or an index with all below it: its documents, parents first, and the blobs they name.
struct Tree {
  std::vector<Content> documents;
  std::vector<Descriptor> blobs;
  std::optional<Descriptor> subject;  // of the root
};

Result<void> add_document(Tree& tree, const Content& document) {
  if (oci::media_type::is_manifest(document.descriptor.media_type)) {
    HM_TRY(const oci::Manifest manifest, oci::Manifest::parse(document));
    tree.blobs.push_back(manifest.config);
    tree.blobs.insert(tree.blobs.end(), manifest.layers.begin(), manifest.layers.end());
    if (tree.documents.empty()) tree.subject = manifest.subject;
  } else if (tree.documents.empty() && oci::media_type::is_index(document.descriptor.media_type)) {
    HM_TRY(const oci::Index index, oci::Index::parse(document));
    tree.subject = index.subject;
  }
  tree.documents.push_back(document);
  return {};
}

// A store that names manifests by SHA-256 alone would keep the image under a name that nobody signed.
Result<void> expect_same_name(const ContentStore& to, const Descriptor& written, const Descriptor& read) {
  if (written.digest == read.digest) return {};
  return fail(Error(Outcome::usage, to.name() + " keeps " + read.digest.text() + " as " + written.digest.text() +
                                        ": the digest would not stay")
                  .with_hint("push the image again under a sha256 digest, and sign that"));
}

class Copy {
 public:
  Copy(ContentStore& from, ContentStore& to, const CopyOptions& options)
      : from_(from),
        names_(from.upstream() != nullptr ? *from.upstream() : from),
        to_(to),
        options_(options),
        blobs_(from, to, options, result_) {}

  Result<CopyResult> run(const Digest& image) {
    HM_TRY(const Tree tree, read(image));
    HM_DO(put(tree, tree.documents.size()));
    result_.image = tree.documents.front().descriptor;
    if (options_.signatures) {
      for (const auto& document : tree.documents) {
        HM_DO(copy_referrers(document.descriptor, 1));
        HM_DO(copy_tags(document.descriptor.digest));
      }
    }
    if (options_.tag) {
      const auto& root = tree.documents.front();
      HM_TRY(const Descriptor tagged, to_.put_manifest(root.descriptor.media_type, root.bytes, options_.tag));
    }
    return std::move(result_);
  }

 private:
  Result<Tree> read(const Digest& root) {
    Tree tree;
    std::set<Digest> visited;
    std::size_t bytes = 0;
    const auto visit = [&](const Content& document) -> Result<void> {
      bytes += document.bytes.size();
      if (bytes > limits::copy_manifest_bytes) {
        return fail(Outcome::malformed, from_.name() + "@" + root.text() + " has more than 64 MiB of manifests");
      }
      visited.insert(document.descriptor.digest);
      return add_document(tree, document);
    };
    HM_TRY(const std::vector<Descriptor> all, oci::walk_image(from_, root, {.visit = visit}));
    // What an index lists under a type that is no manifest is a blob.
    for (const auto& entry : all) {
      if (!visited.contains(entry.digest)) tree.blobs.push_back(entry);
    }
    return tree;
  }

  // The blobs, then the last `count` documents, from the leaves up.
  Result<void> put(const Tree& tree, std::size_t count) {
    HM_DO(blobs_.copy(tree.blobs));
    const auto& documents = tree.documents;
    for (std::size_t i = documents.size(); i > documents.size() - count; --i) {
      const auto& document = documents[i - 1];
      HM_TRY(const Descriptor written, to_.put_manifest(document.descriptor.media_type, document.bytes, std::nullopt));
      HM_DO(expect_same_name(to_, written, document.descriptor));
      result_.manifests += 1;
    }
    return {};
  }

  Result<void> copy_referrers(const Descriptor& subject, std::size_t depth) {
    HM_TRY(const Referrers listed, names_.referrers(subject.digest, ""));
    if (listed.incomplete) {
      return fail(listed.incomplete->within("listing what refers to " + subject.digest.text()));
    }
    for (const auto& entry : listed.descriptors) {
      if (!referrers_.insert(entry.digest).second) continue;
      if (referrers_.size() > limits::index_manifests) {
        return fail(Outcome::malformed, from_.name() + ": more than " + std::to_string(limits::index_manifests) +
                                            " manifests refer to the image");
      }
      const auto tree = fetch_referrer(entry.digest, subject);
      if (!tree && !skip(entry.digest.text(), tree.error())) return fail(tree.error());
      if (!tree) continue;
      HM_DO(put(*tree, tree->documents.size() - 1));
      HM_TRY(const Descriptor attached, to_.attach(tree->documents.front(), subject));
      result_.manifests += 1;
      result_.referrers += 1;
      constexpr std::size_t kDeepest = 2;  // a signature of an SBOM; nobody publishes more
      if (depth < kDeepest) HM_DO(copy_referrers(tree->documents.front().descriptor, depth + 1));
    }
    return {};
  }

  Result<Tree> fetch_referrer(const Digest& digest, const Descriptor& subject) {
    HM_TRY(Tree tree, read(digest));
    if (!tree.subject || tree.subject->digest != subject.digest) {
      return fail(Outcome::malformed, "is listed as referring to " + subject.digest.text() + " but does not");
    }
    HM_DO(blobs_.copy(tree.blobs));
    return tree;
  }

  Result<void> copy_tags(const Digest& image) {
    for (const std::string suffix : {".sig", ".att", ".sbom"}) {
      const auto tag = image.tag() + suffix;
      if (!is_tag(tag)) return {};  // a SHA-512 digest does not fit into a tag
      const auto source = names_.manifest(tag);
      if (!source && source.error().kind() == Outcome::not_found) continue;
      const auto fetched = source ? fetch_tag(*source) : Result<void>(std::unexpect, source.error());
      if (!fetched && !skip(tag, fetched.error())) return fetched;
      if (!fetched) continue;
      HM_TRY(const Descriptor written, to_.edit_tag(tag, [&](const std::optional<Content>& current) {
        return transfer::merge_signatures(*source, current, to_);
      }));
      result_.manifests += 1;
      result_.signature_tags += 1;
    }
    return {};
  }

  Result<void> fetch_tag(const Content& source) {
    Tree tree;
    HM_DO(add_document(tree, source));
    return blobs_.copy(tree.blobs);
  }

  // Broken or missing at the source: there is nothing to keep, and the image's other signatures are worth having.
  bool skip(const std::string& what, const Error& error) {
    if (error.kind() != Outcome::malformed && error.kind() != Outcome::not_found) return false;
    result_.skipped.push_back(what + ": " + error.message());
    return true;
  }

  ContentStore& from_;
  ContentStore& names_;  // its tags and listings: a signature that a mirror has not heard of would be left behind
  ContentStore& to_;
  const CopyOptions& options_;
  CopyResult result_{.image = oci::empty_descriptor(), .skipped = {}};
  transfer::BlobCopier blobs_;
  std::set<Digest> referrers_;
};

}  // namespace

Result<CopyResult> copy(ContentStore& from, const Digest& image, ContentStore& to, const CopyOptions& options) {
  return Copy(from, to, options).run(image);
}

}  // namespace hallmark
