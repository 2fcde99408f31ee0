#include "keys/pkcs11/objects.h"

#include <array>
#include <cstring>

#include "base/limits.h"
#include "base/try.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

Error malformed(const Token& token, const std::string& problem) {
  return service_error(token.name(), problem, Cause::malformed_answer);
}

// Between C_FindObjectsInit and C_FindObjectsFinal.
Result<std::vector<CK_OBJECT_HANDLE>> collect(const Token& token) {
  std::vector<CK_OBJECT_HANDLE> found;
  std::array<CK_OBJECT_HANDLE, 64> some{};
  for (;;) {
    CK_ULONG count = 0;
    const CK_RV code = token.module().C_FindObjects(token.session(), some.data(), some.size(), &count);
    if (code != CKR_OK) return fail(module_error(token.name(), "searching for the key", code));
    if (count > some.size()) return fail(malformed(token, "it answers with more objects than it was asked for"));
    if (count == 0) return found;
    found.insert(found.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
    if (found.size() > limits::token_objects)
      return fail(malformed(token, "more than " + std::to_string(limits::token_objects) + " objects match"));
  }
}

}  // namespace

Result<std::vector<CK_OBJECT_HANDLE>> find_objects(const Token& token, const Selection& selection) {
  CK_OBJECT_CLASS type = selection.type;
  std::string label = selection.label.value_or("");
  Bytes id = selection.id.value_or(Bytes());
  std::vector<CK_ATTRIBUTE> wanted{{CKA_CLASS, &type, sizeof type}};
  if (selection.label) wanted.push_back({CKA_LABEL, label.data(), label.size()});
  if (selection.id) wanted.push_back({CKA_ID, id.data(), id.size()});
  CK_RV code = token.module().C_FindObjectsInit(token.session(), wanted.data(), wanted.size());
  if (code != CKR_OK) return fail(module_error(token.name(), "searching for the key", code));
  auto found = collect(token);
  code = token.module().C_FindObjectsFinal(token.session());
  if (found && code != CKR_OK) return fail(module_error(token.name(), "searching for the key", code));
  return found;
}

Result<std::optional<Bytes>> attribute(const Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  // One call, with room for all that may come, instead of one for the length and another.
  Bytes value(limits::token_attribute_bytes);
  CK_ATTRIBUTE wanted{type, value.data(), value.size()};
  const CK_RV code = token.module().C_GetAttributeValue(token.session(), object, &wanted, 1);
  if (code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_ATTRIBUTE_SENSITIVE) return std::optional<Bytes>();
  if (code == CKR_BUFFER_TOO_SMALL ||
      (code == CKR_OK && wanted.ulValueLen != CK_UNAVAILABLE_INFORMATION && wanted.ulValueLen > value.size()))
    return fail(malformed(token, "an attribute of the key is larger than any can be"));
  if (code != CKR_OK) return fail(module_error(token.name(), "reading the key", code));
  if (wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION) return std::optional<Bytes>();
  value.resize(wanted.ulValueLen);
  return value;
}

Result<std::optional<bool>> flag(const Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  HM_TRY(const auto value, attribute(token, object, type));
  if (!value) return std::optional<bool>();
  if (value->size() != sizeof(CK_BBOOL)) return fail(malformed(token, "an attribute of the key has a wrong length"));
  return (*value)[0] != CK_FALSE;
}

Result<std::optional<CK_ULONG>> number(const Token& token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  HM_TRY(const auto value, attribute(token, object, type));
  if (!value) return std::optional<CK_ULONG>();
  CK_ULONG read = 0;
  if (value->size() != sizeof read) return fail(malformed(token, "an attribute of the key has a wrong length"));
  std::memcpy(&read, value->data(), sizeof read);
  return read;
}

Result<std::vector<CK_MECHANISM_TYPE>> allowed_mechanisms(const Token& token, CK_OBJECT_HANDLE object) {
  HM_TRY(const auto value, attribute(token, object, CKA_ALLOWED_MECHANISMS));
  std::vector<CK_MECHANISM_TYPE> mechanisms;
  if (!value) return mechanisms;
  if (value->size() % sizeof(CK_MECHANISM_TYPE) != 0)
    return fail(malformed(token, "an attribute of the key has a wrong length"));
  mechanisms.resize(value->size() / sizeof(CK_MECHANISM_TYPE));
  if (!mechanisms.empty()) std::memcpy(mechanisms.data(), value->data(), value->size());
  return mechanisms;
}

}  // namespace hallmark::keys::token
