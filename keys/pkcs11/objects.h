// Objects of a token and their attributes, read within bounds whatever the module answers.
#pragma once

#include <optional>
#include <vector>

#include "keys/pkcs11/token.h"

namespace hallmark::keys::token {

// What selects objects: all that is set has to match.
struct Selection {
  CK_OBJECT_CLASS type = CKO_PRIVATE_KEY;
  std::optional<std::string> label;
  std::optional<Bytes> id;
};

// All that match, in the token's order, at most limits::token_objects. Kind of errors: key.
[[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Token& token, const Selection& selection);

// Nothing: the object does not have it, or the token does not reveal it. Longer than limits::token_attribute_bytes, or
// of a length that its type cannot have, is an error (cause: malformed_answer).
[[nodiscard]] Result<std::optional<Bytes>> attribute(const Token& token, CK_OBJECT_HANDLE object,
                                                     CK_ATTRIBUTE_TYPE type);
[[nodiscard]] Result<std::optional<bool>> flag(const Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
[[nodiscard]] Result<std::optional<CK_ULONG>> number(const Token& token, CK_OBJECT_HANDLE object,
                                                     CK_ATTRIBUTE_TYPE type);
// CKA_ALLOWED_MECHANISMS; empty: the token does not say.
[[nodiscard]] Result<std::vector<CK_MECHANISM_TYPE>> allowed_mechanisms(const Token& token, CK_OBJECT_HANDLE object);

}  // namespace hallmark::keys::token
