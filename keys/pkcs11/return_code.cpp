#include "keys/pkcs11/return_code.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

struct Meaning {
  CK_RV code;
  const char* name;
  Cause cause;
  const char* words;
};

// PKCS#11 v2.40 section 11.1, what can be met when signing and making keys.
constexpr std::array<Meaning, 46> kMeanings{{
    {CKR_CANCEL, "CKR_CANCEL", Cause::access_denied, "it was cancelled at the token"},
    {CKR_HOST_MEMORY, "CKR_HOST_MEMORY", Cause::none, "this machine has no memory left"},
    {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID", Cause::not_found, "there is no such slot"},
    {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", Cause::unreachable, "the module does not say why"},
    {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", Cause::unreachable, "the module does not say why"},
    {CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", Cause::unsupported, "the module does not take what it was given"},
    {CKR_ATTRIBUTE_READ_ONLY, "CKR_ATTRIBUTE_READ_ONLY", Cause::unsupported, "the token sets an attribute itself"},
    {CKR_ATTRIBUTE_SENSITIVE, "CKR_ATTRIBUTE_SENSITIVE", Cause::access_denied, "the token does not reveal it"},
    {CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", Cause::unsupported,
     "the token does not know an attribute"},
    {CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", Cause::unsupported,
     "the token does not take the value of an attribute"},
    {CKR_ACTION_PROHIBITED, "CKR_ACTION_PROHIBITED", Cause::access_denied, "the token's policy forbids it"},
    {CKR_DATA_INVALID, "CKR_DATA_INVALID", Cause::wrong_key, "the key does not sign this"},
    {CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE", Cause::wrong_key, "the key does not sign a digest of this length"},
    {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", Cause::unreachable, "the token has trouble"},
    {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", Cause::token_full, "the token has no room left"},
    {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED", Cause::unreachable, "the token was taken away"},
    {CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED", Cause::access_denied, "it was cancelled at the token"},
    {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", Cause::unsupported, "the module cannot do that"},
    {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID", Cause::not_found, "the key is gone"},
    {CKR_KEY_SIZE_RANGE, "CKR_KEY_SIZE_RANGE", Cause::wrong_key, "the token does not sign with keys of this size"},
    {CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", Cause::wrong_key,
     "the key does not fit this way of signing"},
    {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED", Cause::wrong_key, "the key may not sign"},
    {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID", Cause::wrong_key,
     "the key, or the token, does not sign in this way"},
    {CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", Cause::wrong_key,
     "the token does not sign with these parameters"},
    {CKR_OBJECT_HANDLE_INVALID, "CKR_OBJECT_HANDLE_INVALID", Cause::not_found, "the key is gone"},
    {CKR_OPERATION_ACTIVE, "CKR_OPERATION_ACTIVE", Cause::unreachable, "the session is still busy with another"},
    {CKR_OPERATION_NOT_INITIALIZED, "CKR_OPERATION_NOT_INITIALIZED", Cause::unreachable,
     "the module lost track of what it was doing"},
    {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", Cause::wrong_pin, "the PIN is wrong"},
    {CKR_PIN_INVALID, "CKR_PIN_INVALID", Cause::wrong_pin, "the PIN has characters that the token does not take"},
    {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", Cause::wrong_pin, "the PIN is shorter or longer than the token takes"},
    {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED", Cause::expired_credentials, "the PIN has to be changed first"},
    {CKR_PIN_LOCKED, "CKR_PIN_LOCKED", Cause::locked, "the PIN is locked"},
    {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED", Cause::unreachable, "the session was closed"},
    {CKR_SESSION_COUNT, "CKR_SESSION_COUNT", Cause::token_full, "the token has no room for another session"},
    {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID", Cause::unreachable, "the session is gone"},
    {CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", Cause::unsupported,
     "the token does not take these attributes together"},
    {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT", Cause::unreachable, "the token was taken away"},
    {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED", Cause::unsupported, "the module does not know this token"},
    {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", Cause::access_denied, "the token is write-protected"},
    {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", Cause::access_denied, "a PIN is needed for that"},
    {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED", Cause::locked, "no PIN was set for users"},
    {CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", Cause::access_denied,
     "somebody else is logged in"},
    {CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID", Cause::unsupported, "the token does not have this curve"},
    {CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED", Cause::unsupported, "the token does not have this curve"},
    {CKR_BUFFER_TOO_SMALL, "CKR_BUFFER_TOO_SMALL", Cause::malformed_answer, "its answer is longer than any can be"},
    {CKR_FUNCTION_REJECTED, "CKR_FUNCTION_REJECTED", Cause::access_denied, "it was rejected at the token"},
}};

const Meaning* meaning_of(CK_RV code) {
  const auto found = std::ranges::find(kMeanings, code, &Meaning::code);
  return found == kMeanings.end() ? nullptr : &*found;
}

}  // namespace

std::string code_name(CK_RV code) {
  if (const Meaning* meaning = meaning_of(code)) return meaning->name;
  std::array<char, 2 * sizeof code> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), code, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

Cause cause_of(CK_RV code) {
  const Meaning* meaning = meaning_of(code);
  return meaning == nullptr ? Cause::unreachable : meaning->cause;
}

Error module_error(std::string_view token, std::string_view action, CK_RV code) {
  const Meaning* meaning = meaning_of(code);
  return service_error(token,
                       std::string(action) + " failed: " +
                           (meaning == nullptr ? "" : meaning->words + std::string(" ")) + "(" + code_name(code) + ")",
                       cause_of(code));
}

bool lost(CK_RV code) {
  switch (code) {
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
      return true;
    default:
      return false;
  }
}

}  // namespace hallmark::keys::token
