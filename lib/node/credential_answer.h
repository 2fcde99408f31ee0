// CredentialAnswer: what a credential plugin of kubelet says: a CredentialProviderResponse.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"
#include "node/image_pattern.h"

namespace hallmark::node {

// Source: Kubernetes reference, credentialprovider.kubelet.k8s.io/v1.
struct CredentialAnswer {
  enum class CacheKey : std::uint8_t { image, registry, global };
  struct Login {
    std::string key;  // as written
    ImagePattern images;
    std::string user;
    Secret password;
  };
  CacheKey cache_key = CacheKey::image;
  std::optional<std::chrono::milliseconds> cache_duration;  // nothing: the provider's default; zero: not kept
  std::vector<Login> logins;  // in the order kubelet tries them: longer keys before shorter ones of the same beginning,
                              // names before stars

  // Kind of errors: unauthorized. A key that is no pattern spoils only itself.
  [[nodiscard]] static Result<CredentialAnswer> parse(BytesView bytes, std::string_view api_version);
  // The first that is for this image; nullptr: none.
  [[nodiscard]] const Login* find(std::string_view image) const;
};

}  // namespace hallmark::node
