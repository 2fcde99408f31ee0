// The module of odd_token.h. Also by itself, for live tests: ODD_TOKEN="short,final-try,C_Sign=0x30" says what it does.
#include "odd_token.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace {

using hallmark::test::OddToken;
using Bytes = std::vector<unsigned char>;

OddToken odd;

struct Pair {
  std::shared_ptr<EVP_PKEY> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  [[nodiscard]] Bytes point() const {
    Bytes bytes(65);
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, bytes.data(), bytes.size(), &size);
    return bytes;
  }
};

Pair& pair() {
  static Pair made;
  return made;
}
Pair& other_pair() {
  static Pair made;
  return made;
}

CK_SESSION_HANDLE session = 0;  // changes with each that is opened; objects' handles with it
int open_sessions = 0;
bool logged_in = false;
bool context_login = false;
std::vector<CK_OBJECT_HANDLE> found;
bool signing = false;

bool does(const char* what) { return odd.does.contains(what); }

// What a function is told to answer; CKR_OK: to go on.
CK_RV answer(const char* function) {
  ++odd.calls[function];
  if (const auto once = odd.fails_once.find(function); once != odd.fails_once.end()) {
    const CK_RV code = once->second;
    odd.fails_once.erase(once);
    if (code == CKR_SESSION_HANDLE_INVALID || code == CKR_USER_NOT_LOGGED_IN) logged_in = false;
    return code;
  }
  const auto always = odd.fails.find(function);
  return always == odd.fails.end() ? CKR_OK : always->second;
}

void read_environment() {
  const char* set = std::getenv("ODD_TOKEN");
  for (std::string_view rest = set == nullptr ? "" : set; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const std::string one(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (const auto equals = one.find('='); equals != std::string::npos)
      odd.fails[one.substr(0, equals)] = std::strtoul(one.c_str() + equals + 1, nullptr, 0);
    else
      odd.does[one] = true;
  }
}

template <std::size_t size>
void fill(CK_UTF8CHAR (&field)[size], std::string_view text) {
  std::fill(std::begin(field), std::end(field), ' ');
  std::copy_n(text.begin(), std::min(text.size(), size), std::begin(field));
}

CK_RV initialize(void*) {
  if (const CK_RV code = answer("C_Initialize"); code != CKR_OK) return code;
  read_environment();
  return CKR_OK;
}
CK_RV finalize(void*) {
  open_sessions = 0;
  logged_in = false;
  return CKR_OK;
}

CK_RV get_info(CK_INFO* info) {
  *info = {};
  info->cryptokiVersion = {2, 40};
  fill(info->manufacturerID, "odd makers");
  fill(info->libraryDescription, "odd module");
  info->libraryVersion = {1, 2};
  return CKR_OK;
}

CK_RV get_slot_list(CK_BBOOL, CK_SLOT_ID* slots, CK_ULONG* count) {
  if (const CK_RV code = answer("C_GetSlotList"); code != CKR_OK) return code;
  const CK_ULONG there = does("many-slots") ? 100'000 : does("twins") ? 2 : 1;
  const CK_ULONG room = *count;
  *count = there;
  if (slots == nullptr) return CKR_OK;
  if (does("many-slots")) return CKR_OK;  // says so, and writes nothing
  if (room < there) return CKR_BUFFER_TOO_SMALL;
  for (CK_ULONG i = 0; i < there; ++i) slots[i] = 7 + i;
  return CKR_OK;
}

CK_RV get_slot_info(CK_SLOT_ID, CK_SLOT_INFO* info) {
  *info = {};
  fill(info->slotDescription, "odd slot");
  fill(info->manufacturerID, "odd makers");
  info->flags = CKF_TOKEN_PRESENT;
  return CKR_OK;
}

CK_FLAGS token_flags() {
  CK_FLAGS flags = CKF_TOKEN_INITIALIZED;
  if (!does("no-login")) flags |= CKF_LOGIN_REQUIRED;
  if (!does("no-pin")) flags |= CKF_USER_PIN_INITIALIZED;
  if (does("keypad")) flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (odd.wrong_pins > 0) flags |= CKF_USER_PIN_COUNT_LOW;
  if (odd.wrong_pins == 2 || does("final-try")) flags |= CKF_USER_PIN_FINAL_TRY;
  if (odd.wrong_pins > 2 || does("locked")) flags |= CKF_USER_PIN_LOCKED;
  return flags;
}

CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  if (const CK_RV code = answer("C_GetTokenInfo"); code != CKR_OK) return code;
  *info = {};
  const bool another = does("another-token") && odd.calls["C_SignInit"] > 0;
  fill(info->label, "odd");
  fill(info->manufacturerID, "odd makers");
  fill(info->model, "mark 1");
  fill(info->serialNumber, another ? "999" : "42" + std::to_string(slot));
  info->firmwareVersion = {3, 1};
  info->flags = token_flags();
  return CKR_OK;
}

CK_RV open_session(CK_SLOT_ID, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE* opened) {
  if (const CK_RV code = answer("C_OpenSession"); code != CKR_OK) return code;
  session += 100;
  ++open_sessions;
  *opened = session;
  return CKR_OK;
}
// The login is of all sessions together.
CK_RV close_session(CK_SESSION_HANDLE) {
  if (--open_sessions <= 0) logged_in = false;
  return CKR_OK;
}
CK_RV close_all_sessions(CK_SLOT_ID) {
  open_sessions = 0;
  logged_in = false;
  return CKR_OK;
}
CK_RV get_session_info(CK_SESSION_HANDLE, CK_SESSION_INFO* info) {
  *info = {};
  return answer("C_GetSessionInfo");
}

CK_RV login(CK_SESSION_HANDLE, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  const bool context = user == CKU_CONTEXT_SPECIFIC;
  if (const CK_RV code = answer(context ? "C_Login for one" : "C_Login"); code != CKR_OK) return code;
  odd.last_pin = pin == nullptr ? "" : std::string(reinterpret_cast<char*>(pin), size);
  if (odd.wrong_pins > 2) return CKR_PIN_LOCKED;
  if (does("keypad") ? pin != nullptr : odd.last_pin != "1234") {
    ++odd.wrong_pins;
    return CKR_PIN_INCORRECT;
  }
  odd.wrong_pins = 0;
  (context ? context_login : logged_in) = true;
  return CKR_OK;
}
CK_RV logout(CK_SESSION_HANDLE) {
  logged_in = false;
  return CKR_OK;
}

// Objects: session + 1 the private key, + 2 the public one, + 3 and + 4 a second of each.
bool is_private(CK_OBJECT_HANDLE object) { return object % 2 == 1; }

std::vector<CK_OBJECT_HANDLE> objects() {
  std::vector<CK_OBJECT_HANDLE> all;
  if (logged_in || does("no-login")) all.push_back(session + 1);
  if (!does("no-public") && (!does("private-public") || logged_in)) all.push_back(session + 2);
  if (does("two-keys") && logged_in) all.push_back(session + 3);
  if (does("two-public")) all.push_back(session + 4);
  return all;
}

Bytes value_of(CK_ULONG number) {
  Bytes bytes(sizeof number);
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}
Bytes value_of(bool yes) { return {static_cast<unsigned char>(yes ? 1 : 0)}; }
Bytes value_of(const char* text) { return {text, text + std::strlen(text)}; }

// Nothing: the object has no such attribute.
bool attribute_of(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, Bytes& value) {
  const bool hidden = is_private(object);
  const bool second = object > session + 2;
  switch (type) {
    case CKA_CLASS:
      value = value_of(hidden ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY);
      return true;
    case CKA_KEY_TYPE:
      value = value_of(does("odd-type") ? CKK_DES3 : CKK_EC);
      return true;
    case CKA_LABEL:
      value = value_of("release");
      return true;
    case CKA_ID:
      value = {static_cast<unsigned char>(hidden && second ? 2 : 1)};
      return true;
    case CKA_SIGN:
      value = does("wrong-bool") ? value_of(1UL) : value_of(!does("cannot-sign"));
      return hidden;
    case CKA_ALWAYS_AUTHENTICATE:
      value = value_of(does("always-authenticate"));
      return hidden;
    case CKA_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE:
      value = value_of(!does("exportable"));
      return hidden;
    case CKA_EXTRACTABLE:
    case CKA_LOCAL:
      value = value_of((type == CKA_LOCAL) != does("exportable"));
      return hidden;
    case CKA_EC_PARAMS:
      value = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
      return !does("no-attributes");
    case CKA_EC_POINT:
      value = (second ? other_pair() : pair()).point();
      if (does("bad-point")) value.back() ^= 1;
      value.insert(value.begin(), {0x04, 65});
      return !hidden && !does("no-attributes");
    default:
      return false;
  }
}

CK_RV find_objects_init(CK_SESSION_HANDLE, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  if (const CK_RV code = answer("C_FindObjectsInit"); code != CKR_OK) return code;
  found.clear();
  for (const CK_OBJECT_HANDLE object : objects()) {
    const bool matches = std::all_of(wanted, wanted + count, [&](const CK_ATTRIBUTE& one) {
      Bytes value;
      const auto* bytes = static_cast<const unsigned char*>(one.pValue);
      return attribute_of(object, one.type, value) &&
             std::equal(value.begin(), value.end(), bytes, bytes + one.ulValueLen);
    });
    if (matches) found.push_back(object);
  }
  return CKR_OK;
}
CK_RV find_objects(CK_SESSION_HANDLE, CK_OBJECT_HANDLE* objects_found, CK_ULONG most, CK_ULONG* count) {
  if (const CK_RV code = answer("C_FindObjects"); code != CKR_OK) return code;
  if (does("endless")) {
    std::fill_n(objects_found, most, session + 2);
    *count = most;
    return CKR_OK;
  }
  *count = std::min<CK_ULONG>(most, found.size());
  std::copy_n(found.begin(), *count, objects_found);
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(*count));
  if (does("too-many")) *count = most + 1;
  return CKR_OK;
}
CK_RV find_objects_final(CK_SESSION_HANDLE) { return answer("C_FindObjectsFinal"); }

CK_RV get_attribute_value(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  if (const CK_RV code = answer("C_GetAttributeValue"); code != CKR_OK) return code;
  if (object < session) return CKR_OBJECT_HANDLE_INVALID;
  CK_RV code = CKR_OK;
  for (CK_ATTRIBUTE* one = wanted; one != wanted + count; ++one) {
    Bytes value;
    if (!attribute_of(object, one->type, value)) {
      one->ulValueLen = CK_UNAVAILABLE_INFORMATION;
      code = does("no-attributes") ? CKR_OK : CKR_ATTRIBUTE_TYPE_INVALID;
      continue;
    }
    if (one->pValue != nullptr && value.size() <= one->ulValueLen)
      std::copy(value.begin(), value.end(), static_cast<unsigned char*>(one->pValue));
    one->ulValueLen = does("huge-attribute") && one->type == CKA_EC_POINT ? 1UL << 40 : value.size();
  }
  return code;
}

CK_RV sign_init(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  if (const CK_RV code = answer("C_SignInit"); code != CKR_OK) return code;
  if (mechanism->mechanism != CKM_ECDSA) return CKR_MECHANISM_INVALID;
  if (key != session + 1) return CKR_KEY_HANDLE_INVALID;
  if (!logged_in && !does("no-login")) return CKR_USER_NOT_LOGGED_IN;
  signing = true;
  context_login = false;
  return CKR_OK;
}

Bytes raw_signature(const Pair& by, const unsigned char* digest, CK_ULONG size) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(by.key.get(), nullptr),
                                                                            &EVP_PKEY_CTX_free);
  std::array<unsigned char, 80> der{};
  std::size_t length = der.size();
  if (EVP_PKEY_sign_init(context.get()) != 1 || EVP_PKEY_sign(context.get(), der.data(), &length, digest, size) != 1)
    return {};
  const unsigned char* next = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> read(
      d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(length)), &ECDSA_SIG_free);
  Bytes raw(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(read.get()), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(read.get()), raw.data() + 32, 32);
  return raw;
}

CK_RV sign(CK_SESSION_HANDLE, unsigned char* data, CK_ULONG size, unsigned char* into, CK_ULONG* length) {
  if (const CK_RV code = answer("C_Sign"); code != CKR_OK) return code;
  if (!signing) return CKR_OPERATION_NOT_INITIALIZED;
  signing = false;
  if (does("always-authenticate") && !context_login) return CKR_USER_NOT_LOGGED_IN;
  Bytes digest(data, data + size);
  if (does("another-digest")) digest[0] ^= 1;
  Bytes made = raw_signature(does("another-key") ? other_pair() : pair(), digest.data(), digest.size());
  if (does("short")) made.pop_back();
  if (does("empty")) made.clear();
  std::copy(made.begin(), made.end(), into);
  *length = does("long") ? 5'000 : made.size();
  return CKR_OK;
}

CK_RV generate_key_pair(CK_SESSION_HANDLE, CK_MECHANISM*, CK_ATTRIBUTE*, CK_ULONG, CK_ATTRIBUTE*, CK_ULONG,
                        CK_OBJECT_HANDLE* open, CK_OBJECT_HANDLE* hidden) {
  if (const CK_RV code = answer("C_GenerateKeyPair"); code != CKR_OK) return code;
  *open = session + 2;
  *hidden = session + 1;
  return CKR_OK;
}

CK_RV get_function_list(CK_FUNCTION_LIST** list);

CK_FUNCTION_LIST make_functions() {
  CK_FUNCTION_LIST list{};
  list.version = {2, 40};
  list.C_Initialize = initialize;
  list.C_Finalize = finalize;
  list.C_GetInfo = get_info;
  list.C_GetFunctionList = get_function_list;
  list.C_GetSlotList = get_slot_list;
  list.C_GetSlotInfo = get_slot_info;
  list.C_GetTokenInfo = get_token_info;
  list.C_OpenSession = open_session;
  list.C_CloseSession = close_session;
  list.C_CloseAllSessions = close_all_sessions;
  list.C_GetSessionInfo = get_session_info;
  list.C_Login = login;
  list.C_Logout = logout;
  list.C_GetAttributeValue = get_attribute_value;
  list.C_FindObjectsInit = find_objects_init;
  list.C_FindObjects = find_objects;
  list.C_FindObjectsFinal = find_objects_final;
  list.C_SignInit = sign_init;
  list.C_Sign = sign;
  list.C_GenerateKeyPair = generate_key_pair;
  return list;
}

CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST functions = make_functions();
  *list = &functions;
  return CKR_OK;
}

}  // namespace

extern "C" {
// For the test that has loaded it.
__attribute__((visibility("default"))) OddToken* odd_token() { return &odd; }
__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return get_function_list(list);
}
}
