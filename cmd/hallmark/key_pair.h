// Key pairs that are written to NAME.key and NAME.pub: what `key generate` and `key import` share.
#pragma once

#include <string_view>

#include "cmd/hallmark/key.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

// --out, --format, --kdf, --password-file and --force. `excludes`: a flag with which no private key is written; empty:
// there is none, and --out is required.
void add_pair_flags(Command& command, KeyFlags& flags, const std::string& excludes);
// What --format and --kdf say; without a password.
[[nodiscard]] Result<keys::EncodeOptions> encode_options(const KeyFlags& flags);
// Writes the pair and says so: "made …".
[[nodiscard]] Result<void> write_pair(Context& context, const KeyFlags& flags, const keys::KeyPair& pair,
                                      std::string_view verb);

}  // namespace hallmark::cmd
