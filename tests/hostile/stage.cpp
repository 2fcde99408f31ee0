#include "hostile/stage.h"

#include <catch2/catch.hpp>

#include "cmd/common/system_clock.h"
#include "formats/bundle.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace hallmark::test {

const Clock& system_clock() {
  static const cmd::SystemClock clock;
  return clock;
}

Stage::Stage(StageOptions options)
    : registry(options.features), image(add_image("hello", "1.0")), timeout_(options.timeout) {}

RegistryOptions Stage::options() const {
  RegistryOptions options;
  options.timeout = timeout_;
  return options;
}

Repository Stage::repository(std::string_view path) const {
  return Repository::parse(registry.authority() + "/" + std::string(path)).value();
}

Descriptor Stage::add_image(const std::string& word, const std::string& tag, const std::string& repository) {
  const Descriptor config =
      honest().add_blob(repository, "application/vnd.oci.image.config.v1+json",
                        R"({"architecture":"amd64","os":"linux","config":{"Labels":{"word":")" + word + R"("}}})");
  const Descriptor layer = honest().add_blob(repository, "application/vnd.oci.image.layer.v1.tar", "layer " + word);
  return add_manifest(repository, tag, config, {layer});
}

Descriptor Stage::add_manifest(const std::string& repository, const std::string& tag, const Descriptor& config,
                               const std::vector<Descriptor>& layers) {
  const oci::Manifest manifest{.media_type = std::string(kManifestType),
                               .artifact_type = {},
                               .config = config,
                               .layers = layers,
                               .subject = {},
                               .annotations = {}};
  return honest().add_manifest(repository, kManifestType, manifest.to_json(), tag);
}

Descriptor Stage::add_index(const std::string& word, const std::string& tag) {
  oci::Index index;
  index.media_type = kIndexType;
  for (const auto* platform : {"linux/amd64", "linux/arm64"}) {
    index.manifests.push_back(add_image(word + platform, ""));
    index.manifests.back().platform = Platform::parse(platform).value();
  }
  return honest().add_manifest("shop/api", kIndexType, index.to_json(), tag);
}

Result<std::vector<Signed>> Stage::sign(Format format, const Digest& digest, SignOptions with) {
  return sign_as(signer, format, digest, std::move(with));
}

Result<std::vector<Signed>> Stage::sign_as(Signer& who, Format format, const Digest& digest, SignOptions with) {
  with.format = format;
  if (with.docker_reference.empty()) with.docker_reference = repository().text();
  return with_store<std::vector<Signed>>([&](ContentStore& store) {
    const std::vector<Signer*> signers{&who};
    return hallmark::sign(store, digest, signers, with, system_clock().now());
  });
}

Result<Verdict> Stage::verify(const Digest& digest, VerifyOptions with, std::string_view path) {
  if (with.keys.empty()) with.keys = {signer.public_key()};
  return with_store<Verdict>([&](ContentStore& store) { return hallmark::verify(store, digest, with); }, path);
}

Descriptor Stage::add_bundle(std::string_view bundle, const Descriptor& subject) {
  honest().add_blob("shop/api", oci::media_type::kEmpty, oci::kEmptyBlob);
  const Descriptor layer = honest().add_blob("shop/api", formats::kBundleType, bundle);
  const oci::Manifest manifest = formats::bundle_manifest(subject, layer, kCosignSignPredicate, "2026-11-22T08:00:00Z");
  return honest().add_manifest("shop/api", kManifestType, manifest.to_json());
}

Told told(const Result<Verdict>& verdict) {
  if (!verdict) return {false, verdict.error().kind(), verdict.error().message()};
  std::string words = verdict->reason;
  for (const auto& finding : verdict->findings) {
    words += " | " + std::string(word(finding.outcome)) + ": " + finding.reason;
    for (const auto& check : finding.checks) {
      if (check.state == Check::State::failed) words += " [" + check.name + ": " + check.detail + "]";
    }
  }
  return {verdict->admitted, verdict->outcome, words};
}

void check_refused(const Told& told, Outcome outcome, const std::string& words) {
  CHECK_FALSE(told.admitted);
  CHECK(word(told.outcome) == word(outcome));
  CHECK_THAT(told.words, Catch::Contains(words));
}

void check_verified(const Result<Verdict>& verdict) {
  const Told answer = told(verdict);
  INFO(answer.words);
  CHECK(answer.admitted);
  CHECK(word(answer.outcome) == "verified");
}

std::chrono::milliseconds Stopwatch::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
}

void Stopwatch::check_bounded(std::chrono::milliseconds most) const { CHECK(elapsed().count() < most.count()); }

}  // namespace hallmark::test
