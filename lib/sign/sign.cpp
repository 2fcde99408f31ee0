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

std::string named(const Signed& one, const SignOptions& options) {
  const auto name = options.key_names.find(one.key);
  return one.manifest.text() + " by key " + one.key + (name == options.key_names.end() ? "" : " of " + name->second);
}

std::string named(const std::vector<Signed>& all, Signed::State state, const SignOptions& options) {
  std::string list;
  for (const auto& one : all) {
    if (one.state == state) list += (list.empty() ? "" : ", ") + named(one, options);
  }
  return list;
}

// What is out cannot be taken back: the error names it.
Error partly_done(Error error, const std::vector<Signed>& done, std::size_t all, const SignOptions& options) {
  if (const auto list = named(done, Signed::State::stored, options); !list.empty())
    error = error.within("stored but not listed: " + list);
  if (const auto list = named(done, Signed::State::unknown, options); !list.empty())
    error = error.within("may be published: " + list);
  const auto published = std::ranges::count(done, Signed::State::published, &Signed::state);
  if (published == 0) return error;
  return error.within("published " + std::to_string(published) + " of " + std::to_string(all) + " signatures (" +
                      named(done, Signed::State::published, options) + "), then failed");
}

// One digest's signatures; what was published is in `done` even when it fails half-way.
Result<void> publish(ContentStore& store, const SubjectSignatures& one, const SignOptions& options, Time at,
                     std::vector<Signed>& done) {
  const auto note = [&](const signing::Upload& upload, const signing::Prepared& signature) {
    done.push_back({one.subject.digest, upload.manifest, options.format, signature.key->id(), upload.state});
    if (options.on_published) options.on_published(done.back());
  };
  if (options.format == Format::simple) {
    HM_TRY(const auto upload, signing::publish_simple(store, one));
    for (const auto& signature : one.signatures) note(upload, signature);
    return upload.failure ? fail(*upload.failure) : Result<void>();
  }
  for (const auto& signature : one.signatures) {
    HM_TRY(const auto upload, signing::publish_bundle(store, one.subject, signature, at));
    note(upload, signature);
    if (upload.failure) return fail(*upload.failure);
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
                              all.size() * keys.size(), options));
    }
  }
  return done;
}

}  // namespace hallmark
