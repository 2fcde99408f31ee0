// GcpKeyName: which key of Cloud KMS a reference names.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys {

// "gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K", then nothing, or "/versions/N" or "/cryptoKeyVersions/N":
// as cosign spells it.
struct GcpKeyName {
  std::string project;  // its id or its number
  std::string location;
  std::string ring;
  std::string key;
  std::string version;  // decimal; empty: the newest that is enabled

  // Kind of errors: key; they say the right form.
  [[nodiscard]] static Result<GcpKeyName> parse(std::string_view reference);

  // Resource names as the API has them, without a leading slash.
  [[nodiscard]] std::string ring_path() const;
  [[nodiscard]] std::string key_path() const;
  [[nodiscard]] std::string version_path() const;  // of `version`, which is not empty
};

// Whether an answer speaks of the resource that was asked for. A project has an id and a number, and the service may
// answer with the other one; all else must be the same to the letter.
[[nodiscard]] bool same_gcp_resource(std::string_view asked, std::string_view answered);

}  // namespace hallmark::keys
