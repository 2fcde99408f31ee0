// encode_key: a private key as the text of its file.
#pragma once

#include <string_view>

#include "hallmark/keys.h"
#include "keys/software/private_key.h"

namespace hallmark::keys {

// PEM under options.format; `label` in place of that format's own, for a key that keeps the one it has. `name` is what
// the password is asked for. Kind of errors: key.
[[nodiscard]] Result<Secret> encode_key(const PrivateKey& key, std::string_view name, const EncodeOptions& options,
                                        std::string_view label = {});

}  // namespace hallmark::keys
