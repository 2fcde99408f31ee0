// What the tests of the registry room share: a client with quick figures, a clock, an auth file.
#pragma once

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

#include "cmd/common/system_clock.h"
#include "hallmark/registry.h"
#include "net/http_client.h"
#include "oci/media_type.h"
#include "registry/parts.h"
#include "support/lying_registry.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline const cmd::SystemClock kClock;

inline RegistryTuning quick() { return {std::chrono::milliseconds(10), std::chrono::milliseconds(5), 1024}; }

inline std::unique_ptr<RegistryClient> client_with(RegistryOptions options, RegistryTuning tuning = quick()) {
  auto http = net::HttpClient::create({}, kClock);
  REQUIRE(http);
  auto client = RegistryClient::Parts::assemble(std::move(options), kClock, *std::move(http), tuning);
  REQUIRE(client);
  return *std::move(client);
}

inline Repository repository(const std::string& registry, const std::string& path = "shop/api") {
  auto parsed = Repository::parse(registry + "/" + path);
  REQUIRE(parsed);
  return *std::move(parsed);
}

// A manifest with nothing in it but what makes it different from others.
inline std::string manifest_text(const std::string& note, const std::string& subject = {}) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
         R"("artifactType":"application/x-test",)"
         R"("config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
         R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],)" +
         (subject.empty() ? std::string()
                          : R"("subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                                subject + R"(","size":2},)") +
         R"("annotations":{"note":")" + note + R"("}})";
}

inline Content content_of(const std::string& text) {
  return {Descriptor{std::string(oci::media_type::kManifest), Digest::of(as_bytes(text)), text.size()}, to_bytes(text)};
}

}  // namespace hallmark::test
