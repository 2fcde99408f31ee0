// Format: the signature formats hallmark speaks. It has none of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hallmark {

enum class Format : std::uint8_t {
  simple,  // cosign's `.sig` tag with simple-signing payloads
  bundle,  // Sigstore bundle v0.3 as OCI referrer: cosign 3's default and ours
  dsse,    // a DSSE envelope in cosign's `.att` tag: attestations only, and none to choose for signing
};

[[nodiscard]] std::string_view name(Format format);                       // "simple", "bundle", "dsse"
[[nodiscard]] std::optional<Format> format_named(std::string_view name);  // of a signature: not "dsse"

// The predicate type that makes an in-toto statement a signature of an image.
inline constexpr std::string_view kCosignSignPredicate = "https://sigstore.dev/cosign/sign/v1";

}  // namespace hallmark
