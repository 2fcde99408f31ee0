// Message bundle: a Sigstore bundle over a file, as "cosign sign-blob" writes it.
#pragma once

#include <string>

#include "hallmark/key.h"

namespace hallmark::formats {

// Source: protobuf-specs sigstore_bundle.proto and sigstore_common.proto (MessageSignature), as proto3-JSON.
[[nodiscard]] std::string write_message_bundle(BytesView message, BytesView signature, const PublicKey& key);

// Whether the bundle holds this key's signature over these bytes. Errors: malformed (no such bundle), invalid (another
// digest, or not by this key over these bytes).
[[nodiscard]] Result<void> check_message_bundle(BytesView bundle, BytesView message, const PublicKey& key);

}  // namespace hallmark::formats
