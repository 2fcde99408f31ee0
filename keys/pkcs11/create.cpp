#include "keys/pkcs11/create.h"

#include <array>

#include "base/try.h"
#include "crypto/hash.h"
#include "keys/pkcs11/key_pair.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

constexpr std::size_t kIdBytes = 16;

// CKA_EC_PARAMS: DER of the curve's object identifier; of Ed25519 the name that PKCS#11 v3.0 has is the second choice.
constexpr std::string_view kP256("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
constexpr std::string_view kP384("\x06\x05\x2b\x81\x04\x00\x22", 7);
constexpr std::string_view kP521("\x06\x05\x2b\x81\x04\x00\x23", 7);
constexpr std::string_view kEd25519("\x06\x03\x2b\x65\x70", 5);
constexpr std::string_view kEdwards25519(
    "\x13\x0c"
    "edwards25519",
    14);

struct Curves {
  CK_MECHANISM_TYPE mechanism;
  std::vector<std::string_view> spellings;  // tried in order
};

Curves curves_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p384:
      return {CKM_EC_KEY_PAIR_GEN, {kP384}};
    case KeyAlgorithm::ecdsa_p521:
      return {CKM_EC_KEY_PAIR_GEN, {kP521}};
    case KeyAlgorithm::ed25519:
      return {CKM_EC_EDWARDS_KEY_PAIR_GEN, {kEd25519, kEdwards25519}};
    case KeyAlgorithm::ecdsa_p256:
      return {CKM_EC_KEY_PAIR_GEN, {kP256}};
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      break;
  }
  return {CKM_RSA_PKCS_KEY_PAIR_GEN, {{}}};
}

bool other_curve_spelling_may_help(CK_RV code) {
  return code == CKR_DOMAIN_PARAMS_INVALID || code == CKR_CURVE_NOT_SUPPORTED || code == CKR_ATTRIBUTE_VALUE_INVALID ||
         code == CKR_ARGUMENTS_BAD || code == CKR_GENERAL_ERROR || code == CKR_FUNCTION_FAILED;
}

// An attribute list over values that it holds.
class Template {
 public:
  void yes(CK_ATTRIBUTE_TYPE type) { list_.push_back({type, &yes_, sizeof yes_}); }
  void no(CK_ATTRIBUTE_TYPE type) { list_.push_back({type, &no_, sizeof no_}); }
  // The bytes must outlive this; the standard's type is not const, nothing is written to them.
  void bytes(CK_ATTRIBUTE_TYPE type, BytesView value) {
    list_.push_back({type, const_cast<std::uint8_t*>(value.data()), value.size()});
  }
  void number(CK_ATTRIBUTE_TYPE type, CK_ULONG& value) { list_.push_back({type, &value, sizeof value}); }
  [[nodiscard]] CK_ATTRIBUTE* data() { return list_.data(); }
  [[nodiscard]] CK_ULONG size() const { return list_.size(); }

 private:
  CK_BBOOL yes_ = CK_TRUE;
  CK_BBOOL no_ = CK_FALSE;
  std::vector<CK_ATTRIBUTE> list_;
};

struct Made {
  CK_RV code = CKR_OK;
  CK_OBJECT_HANDLE public_key = 0;
  CK_OBJECT_HANDLE private_key = 0;
};

Made generate(const Token& token, const KeyType& type, const std::string& label, const Bytes& id,
              CK_MECHANISM_TYPE mechanism, std::string_view curve) {
  CK_ULONG bits = type.bits;
  constexpr std::array<std::uint8_t, 3> kExponent{1, 0, 1};
  CK_ULONG pss = CKM_RSA_PKCS_PSS;
  Template open;
  Template hidden;
  for (Template* each : {&open, &hidden}) {
    each->yes(CKA_TOKEN);
    if (!label.empty()) each->bytes(CKA_LABEL, as_bytes(label));
    each->bytes(CKA_ID, id);
    if (type.algorithm == KeyAlgorithm::rsa_pss) each->number(CKA_ALLOWED_MECHANISMS, pss);
  }
  open.no(CKA_PRIVATE);
  open.yes(CKA_VERIFY);
  if (curve.empty()) {
    open.number(CKA_MODULUS_BITS, bits);
    open.bytes(CKA_PUBLIC_EXPONENT, kExponent);
  } else {
    open.bytes(CKA_EC_PARAMS, as_bytes(curve));
  }
  hidden.yes(CKA_PRIVATE);
  hidden.yes(CKA_SENSITIVE);
  hidden.no(CKA_EXTRACTABLE);
  hidden.yes(CKA_SIGN);
  CK_MECHANISM how{mechanism, nullptr, 0};
  Made made;
  made.code = token.module().C_GenerateKeyPair(token.session(), &how, open.data(), open.size(), hidden.data(),
                                               hidden.size(), &made.public_key, &made.private_key);
  return made;
}

Result<void> is_free(const Token& token, const std::optional<std::string>& label, const std::optional<Bytes>& id) {
  for (const CK_OBJECT_CLASS type : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    HM_TRY(const auto found, find_objects(token, {type, label, id}));
    if (found.empty()) continue;
    return fail(Error(Outcome::key, token.name() + ": there is " + key_words(label, id) + " already; nothing was made")
                    .because(Cause::exists)
                    .with_hint("take another name: keys are never overwritten"));
  }
  return {};
}

// What the token made has to be what was asked for, and must not be able to leave it.
Result<PublicKey> checked(const Token& token, const KeyType& type, const Made& made, const TokenUri& uri,
                          const Bytes& id) {
  const Padding padding = type.algorithm == KeyAlgorithm::rsa_pss ? Padding::pss : uri.padding;
  HM_TRY(const auto key, public_object(token, {}, id, padding));
  HM_TRY(const auto extractable, flag(token, made.private_key, CKA_EXTRACTABLE));
  if (!key || key->algorithm() != type.algorithm || key->bits() != type.bits || extractable == true)
    return fail(service_error(token.name(),
                              "it made another key than asked for: " +
                                  (key ? describe(key->algorithm(), key->bits()) : std::string("without public half")) +
                                  (extractable == true ? ", which can be exported" : ""),
                              Cause::wrong_answer)
                    .with_hint("delete it, as with \"pkcs11-tool --delete-object\""));
  return *key;
}

}  // namespace

Result<PublicKey> create_key(Token& token, const TokenUri& uri, const KeyType& type) {
  if (type.algorithm == KeyAlgorithm::rsa_pkcs1 && uri.padding == Padding::pss)
    return fail(Error(Outcome::key, uri.text + ": hallmark-padding=pss is of keys of type rsa-pss-2048 and the like"));
  HM_DO(token.open(true));
  if (uri.object) HM_DO(is_free(token, uri.object, {}));
  if (uri.id) HM_DO(is_free(token, {}, uri.id));
  const std::string label = uri.object.value_or("");
  const Bytes id = uri.id ? *uri.id : crypto::random_bytes(kIdBytes);
  const Curves curves = curves_of(type.algorithm);
  Made made;
  for (const std::string_view spelling : curves.spellings) {
    made = generate(token, type, label, id, curves.mechanism, spelling);
    if (!other_curve_spelling_may_help(made.code)) break;
  }
  if (made.code != CKR_OK)
    return fail(module_error(token.name(), "making a key of " + describe(type.algorithm, type.bits), made.code));
  return checked(token, type, made, uri, id);
}

}  // namespace hallmark::keys::token
