// The private key on a token that a reference means, and its public half.
#pragma once

#include <optional>

#include "hallmark/key.h"
#include "keys/pkcs11/objects.h"
#include "keys/pkcs11/uri.h"

namespace hallmark::keys::token {

struct PrivateObject {
  CK_OBJECT_HANDLE handle = 0;
  CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
  Bytes id;
  std::string label;
  std::optional<bool> may_sign;
  bool always_authenticate = false;
  std::vector<CK_MECHANISM_TYPE> allowed;
};

// Exactly one; several are an error that lists their ids, none lists the keys there are (not_found). Private objects
// are seen only by who is logged in. Kind of errors: key.
[[nodiscard]] Result<PrivateObject> private_key(const Token& token, const TokenUri& uri);

// Of CKO_PUBLIC_KEY objects, else of certificates, that this label and id select; nothing: there is neither. Several
// that hold different keys are an error: who may write to the token could have put one there.
[[nodiscard]] Result<std::optional<PublicKey>> public_object(const Token& token,
                                                             const std::optional<std::string>& label,
                                                             const std::optional<Bytes>& id, Padding padding);
// The public half of a private key: its public object or certificate of the same id (of the same label where it has no
// id), else what the private object says of it. Cause: wrong_key where the token has none.
[[nodiscard]] Result<PublicKey> public_half(const Token& token, const PrivateObject& key, Padding padding);

}  // namespace hallmark::keys::token
