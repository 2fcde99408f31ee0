// What Cloud KMS answers: from JSON to what it says, and only if it speaks of what was asked for.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hallmark/key.h"
#include "keys/provider/signature.h"

namespace hallmark::keys {

// projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.getPublicKey
struct GcpPublicKey {
  std::string name;        // of the version
  std::string protection;  // "SOFTWARE", "HSM", "EXTERNAL" …; may be empty
  PublicKey key;  // with the SPKI of its algorithm: a key that signs RSA-PSS says so, though the service's does not
};
// `asked` is the version's resource name. Kind of errors: key, or malformed for what is not as documented; causes:
// wrong_key (its algorithm), wrong_answer (another key, or a PEM that its checksum or algorithm does not fit).
[[nodiscard]] Result<GcpPublicKey> parse_gcp_public_key(const base::Json& answer, std::string_view asked);

// …asymmetricSign. The service must say that the checksum of what it signed was right. The same kinds of errors.
[[nodiscard]] Result<Bytes> parse_gcp_signature(const base::Json& answer, std::string_view asked, Hash hash);

// …cryptoKeyVersions.list
struct GcpVersions {
  std::vector<std::uint64_t> enabled;  // their numbers
  std::string next_page;               // empty: this was the last
};
[[nodiscard]] Result<GcpVersions> parse_gcp_versions(const base::Json& answer, std::string_view key);

// …testIamPermissions: those of the permissions asked about that the caller has.
[[nodiscard]] Result<std::set<std::string>> parse_gcp_permissions(const base::Json& answer);

}  // namespace hallmark::keys
