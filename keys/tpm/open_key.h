// OpenTpmKey: a key that the TPM has at hand, and what its public area says of it.
#pragma once

#include <memory>
#include <optional>

#include "keys/tpm/key_file.h"
#include "keys/tpm/line.h"
#include "keys/tpm/reference.h"

namespace hallmark::keys {

// Where a key comes from: a persistent handle, or a file that is loaded.
struct TpmKeySource {
  std::string name;  // opens messages: "TPM key 0x81000010"
  std::optional<std::uint32_t> handle;
  std::optional<TpmKeyFile> file;
  std::shared_ptr<const Secret> owner_password;  // of the owner's hierarchy, for its primary; may be empty

  // Reads the file, if the reference names one.
  [[nodiscard]] static Result<TpmKeySource> of(const TpmReference& reference, const Services& services);
};

struct OpenTpmKey {
  TpmObject object;
  TPM2B_PUBLIC area;
  PublicKey public_key;
};

// Blocks: to be asked on a TpmLine. A file's key is loaded under its parent, which is flushed again; what the TPM then
// says of the key must be what the file says. Kind of errors: key, with a cause.
[[nodiscard]] Result<OpenTpmKey> open_key(TpmDevice& device, const TpmKeySource& source);

}  // namespace hallmark::keys
