// What a TPM says of a key without anybody's password.
#pragma once

#include "hallmark/keys.h"
#include "keys/tpm/line.h"
#include "keys/tpm/open_key.h"

namespace hallmark::keys {

// A file's key is loaded and flushed: so it is known to be this TPM's. Kind of errors: key, with a cause.
[[nodiscard]] Result<KeyInfo> inspect_key(const TpmKeySource& source, TpmLine& line, TpmLine::Time time);

}  // namespace hallmark::keys
