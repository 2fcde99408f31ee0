// From a key reference to the private key in it.
#pragma once

#include "hallmark/keys.h"
#include "keys/software/key_file.h"
#include "keys/software/private_key.h"

namespace hallmark::keys {

// Refuses what others can read; asks for the password where there is need. Kind of errors: key; they begin with the
// file.
[[nodiscard]] Result<PrivateKey> open_private_key(const KeyFile& file, const OpenOptions& options);
[[nodiscard]] Result<PrivateKey> open_private_key(std::string_view reference, const OpenOptions& options);

// A file that others can read or change is an error.
[[nodiscard]] Result<void> expect_own_file(const KeyFile& file);

// The block alone, whoever can read its file. `name` is what the password is asked for.
[[nodiscard]] Result<PrivateKey> open_private_block(const crypto::PemBlock& block, std::string_view name,
                                                    const PasswordSource& password);

}  // namespace hallmark::keys
