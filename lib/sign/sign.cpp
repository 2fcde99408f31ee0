#include "hallmark/sign.h"

#include <algorithm>

#include "base/try.h"
#include "oci/image_walk.h"
#include "sign/prepare.h"
#include "sign/publish.h"

namespace hallmark {
namespace {

using signing::SubjectSignatures;

// Children before their index: once the index is signed, so is all that it names.
Result<std::vector<Descriptor>> subjects_of(ContentStore& image, const Digest& digest, const SignOptions& options) {
  if (options.recursive) {
    HM_TRY(auto nodes, oci::signable(image, digest));
    std::ranges::reverse(nodes);
    return nodes;
  }
  if (options.platform) {
    HM_TRY(auto chosen, oci::select_platform(image, digest, *options.platform));
    return std::vector{std::move(chosen)};
  }
  HM_TRY(const auto content, image.manifest(digest));
  return std::vector{content.descriptor};
}

// The same key given twice signs once.
Result<std::vector<Signer*>> distinct(const std::vector<Signer*>& signers) {
  if (signers.empty()) return fail(Outcome::usage, "no key to sign with");
  std::vector<Signer*> kept;
  for (Signer* signer : signers) {
    const auto same = [&](const Signer* other) { return other->public_key() == signer->public_key(); };
    if (std::ranges::none_of(kept, same)) kept.push_back(signer);
  }
  return kept;
}

// What is out cannot be taken back: the error names it.
Error partly_done(const Error& error, const std::vector<Signed>& done, std::size_t all) {
  if (done.empty()) return error;
  std::string list;
  for (const auto& one : done) list += (list.empty() ? "" : ", ") + one.digest.text() + " by key " + one.key;
  return error.within("published " + std::to_string(done.size()) + " of " + std::to_string(all) + " signatures (" +
                      list + "), then failed");
}

// One digest's signatures; what was published is in `done` even when it fails half-way.
Result<void> publish(ContentStore& store, const SubjectSignatures& one, const SignOptions& options, Time at,
                     std::vector<Signed>& done) {
  if (options.format == Format::simple) {
    HM_TRY(const auto manifest, signing::publish_simple(store, one));
    for (const auto& signature : one.signatures) {
      done.push_back({one.subject.digest, manifest, Format::simple, signature.key->id()});
    }
    return {};
  }
  for (const auto& signature : one.signatures) {
    HM_TRY(const auto manifest, signing::publish_bundle(store, one.subject, signature, at));
    done.push_back({one.subject.digest, manifest, Format::bundle, signature.key->id()});
  }
  return {};
}

}  // namespace

Result<std::vector<Signed>> sign(ContentStore& image, const Digest& digest, const std::vector<Signer*>& signers,
                                 const SignOptions& options, Time at) {
  if (options.recursive && options.platform) {
    return fail(Outcome::usage, "--recursive and --platform exclude each other");
  }
  HM_TRY(const auto keys, distinct(signers));
  HM_TRY(const auto subjects, subjects_of(image, digest, options));
  std::vector<SubjectSignatures> all;
  for (const auto& subject : subjects) {
    HM_TRY(auto prepared, signing::prepare(subject, keys, options));
    all.push_back({subject, std::move(prepared)});
  }
  ContentStore& store = options.signatures != nullptr ? *options.signatures : image;
  std::vector<Signed> done;
  for (const auto& one : all) {
    const auto published = publish(store, one, options, at, done);
    if (!published) {
      return fail(partly_done(published.error().within("signing " + one.subject.digest.text()), done,
                              all.size() * keys.size()));
    }
  }
  return done;
}

}  // namespace hallmark
