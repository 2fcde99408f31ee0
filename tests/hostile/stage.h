// Stage: an image in a registry that lies, a key, and a user who signs and verifies with a fresh client each time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hallmark/registry.h"
#include "hallmark/sign.h"
#include "hallmark/verify.h"
#include "support/lying_registry.h"
#include "support/test_signer.h"

namespace hallmark::test {

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

[[nodiscard]] const Clock& system_clock();

struct StageOptions {
  RegistryFeatures features = {};
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

class Stage {
 public:
  explicit Stage(StageOptions options = {});

  LyingRegistry registry;
  TestSigner signer = TestSigner::generate();
  Descriptor image;  // of "shop/api:1.0", one layer

  [[nodiscard]] HonestRegistry& honest() { return registry.honest(); }
  [[nodiscard]] RegistryOptions options() const;
  [[nodiscard]] Repository repository(std::string_view path = "shop/api") const;
  // An image of one layer in a repository; another `word`, another digest.
  Descriptor add_image(const std::string& word, const std::string& tag, const std::string& repository = "shop/api");
  // An index of two such images for linux/amd64 and linux/arm64; the tag may be empty.
  Descriptor add_index(const std::string& word, const std::string& tag);

  Descriptor add_manifest(const std::string& repository, const std::string& tag, const Descriptor& config,
                          const std::vector<Descriptor>& layers);

  // Signs with our key, or another.
  Result<std::vector<Signed>> sign(Format format, const Digest& digest, SignOptions with = {});
  Result<std::vector<Signed>> sign_as(Signer& who, Format format, const Digest& digest, SignOptions with = {});
  // By our key, where `with` names none.
  Result<Verdict> verify(const Digest& digest, VerifyOptions with = {}, std::string_view path = "shop/api");
  Result<Verdict> verify() { return verify(image.digest); }
  // Any work on the repository with a client of its own.
  template <class T>
  Result<T> with_store(const std::function<Result<T>(ContentStore&)>& work, std::string_view path = "shop/api") {
    auto client = RegistryClient::create(options(), system_clock());
    if (!client) return fail(client.error());
    const auto store = (*client)->open(repository(path));
    return work(*store);
  }

  // A referrer of the image with this bundle as its layer, as an attacker or a peer would push it.
  Descriptor add_bundle(std::string_view bundle, const Descriptor& subject);

 private:
  std::chrono::milliseconds timeout_;
};

// A Verdict or an Error, told in the same words.
struct Told {
  bool admitted = false;
  Outcome outcome = Outcome::internal;
  std::string words;  // message or reason, and the reasons of all findings
};
[[nodiscard]] Told told(const Result<Verdict>& verdict);
template <class T>
[[nodiscard]] Told told(const Result<T>& result) {
  if (result) return {true, Outcome::verified, "done"};
  return {false, result.error().kind(), result.error().message()};
}

// Refused with this outcome, and because of this: `words` must stand in the reason or in a check's detail.
void check_refused(const Told& told, Outcome outcome, const std::string& words);
template <class T>
void check_refused(const Result<T>& result, Outcome outcome, const std::string& words) {
  check_refused(told(result), outcome, words);
}
void check_verified(const Result<Verdict>& verdict);

// What no answer may exceed: 10 seconds.
class Stopwatch {
 public:
  [[nodiscard]] std::chrono::milliseconds elapsed() const;
  void check_bounded(std::chrono::milliseconds most = std::chrono::seconds(10)) const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hallmark::test
