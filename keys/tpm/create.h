// How a key is made in a TPM.
#pragma once

#include "hallmark/keys.h"
#include "keys/tpm/line.h"
#include "keys/tpm/open_key.h"
#include "keys/tpm/reference.h"

namespace hallmark::keys {

// A signing key under the owner's storage primary, kept at a persistent handle of the owner's range or as a key file
// (mode 0600). A handle or a file that is taken stays as it was. Its password is empty where the user wants none.
// Kind of errors: key; usage, where the file exists.
[[nodiscard]] Result<PublicKey> create_key(const TpmReference& reference, const KeyType& type, TpmLine& line,
                                           const Services& services);

}  // namespace hallmark::keys
