#include "keys/pkcs11/key_pair.h"

#include <algorithm>

#include "base/try.h"
#include "keys/pkcs11/public_half.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

// CKA_ALLOWED_MECHANISMS that has ways of PSS and none of PKCS#1 v1.5 makes it a PSS key.
bool only_pss(const std::vector<CK_MECHANISM_TYPE>& allowed) {
  const auto pss = [](CK_MECHANISM_TYPE one) {
    return one == CKM_RSA_PKCS_PSS || one == CKM_SHA256_RSA_PKCS_PSS || one == CKM_SHA384_RSA_PKCS_PSS ||
           one == CKM_SHA512_RSA_PKCS_PSS;
  };
  const auto pkcs1 = [](CK_MECHANISM_TYPE one) {
    return one == CKM_RSA_PKCS || one == CKM_SHA256_RSA_PKCS || one == CKM_SHA384_RSA_PKCS ||
           one == CKM_SHA512_RSA_PKCS;
  };
  return std::ranges::any_of(allowed, pss) && std::ranges::none_of(allowed, pkcs1);
}

Padding padding_by(const std::vector<CK_MECHANISM_TYPE>& allowed, Padding asked) {
  return asked == Padding::unsaid && only_pss(allowed) ? Padding::pss : asked;
}

Result<PublicParts> public_parts(const Token& token, CK_OBJECT_HANDLE object) {
  PublicParts parts;
  HM_TRY(const auto type, number(token, object, CKA_KEY_TYPE));
  parts.type = type.value_or(CK_UNAVAILABLE_INFORMATION);
  const auto read = [&](CK_ATTRIBUTE_TYPE attribute_type, Bytes& into) -> Result<void> {
    HM_TRY(auto value, attribute(token, object, attribute_type));
    into = std::move(value).value_or(Bytes());
    return {};
  };
  if (parts.type == CKK_RSA) {
    HM_DO(read(CKA_MODULUS, parts.modulus));
    HM_DO(read(CKA_PUBLIC_EXPONENT, parts.public_exponent));
  } else if (parts.type == CKK_EC || parts.type == CKK_EC_EDWARDS) {
    HM_DO(read(CKA_EC_PARAMS, parts.curve));
    HM_DO(read(CKA_EC_POINT, parts.point));
  }
  if (parts.modulus.empty() && parts.point.empty()) HM_DO(read(CKA_PUBLIC_KEY_INFO, parts.spki));
  return parts;
}

Error of(const Token& token, const Error& error) { return error.within(token.name()); }

// Nothing: the object does not say enough of its key.
Result<std::optional<PublicKey>> key_of_object(const Token& token, CK_OBJECT_HANDLE object, Padding padding) {
  HM_TRY(const PublicParts parts, public_parts(token, object));
  auto key = public_key_of(parts);
  if (!key) return fail(of(token, key.error()));
  if (!*key) return std::optional<PublicKey>();
  HM_TRY(const auto allowed, allowed_mechanisms(token, object));
  HM_TRY(PublicKey padded, with_padding(**key, padding_by(allowed, padding)));
  return padded;
}

Result<std::optional<PublicKey>> key_of_certificate(const Token& token, CK_OBJECT_HANDLE object, Padding padding) {
  HM_TRY(const auto certificate, attribute(token, object, CKA_VALUE));
  if (!certificate) return std::optional<PublicKey>();
  const auto key = public_key_in(*certificate);
  if (!key) return fail(of(token, key.error()));
  HM_TRY(PublicKey padded, with_padding(*key, padding));
  return padded;
}

using ReadKey = Result<std::optional<PublicKey>> (*)(const Token&, CK_OBJECT_HANDLE, Padding);

Result<std::optional<PublicKey>> one_of(const Token& token, const Selection& selection, Padding padding, ReadKey read) {
  HM_TRY(const auto objects, find_objects(token, selection));
  std::optional<PublicKey> found;
  for (const CK_OBJECT_HANDLE object : objects) {
    HM_TRY(const auto key, read(token, object, padding));
    if (found && key && !(*found == *key))
      return fail(service_error(token.name(),
                                "several public keys are called " + key_words(selection.label, selection.id) + ": " +
                                    found->id().substr(0, 12) + " and " + key->id().substr(0, 12),
                                Cause::not_found)
                      .with_hint("name the key by its id, or by object and id together"));
    if (key) found = key;
  }
  return found;
}

// What to choose from; private keys are seen only after logging in.
Result<std::string> keys_there(const Token& token, const std::vector<CK_OBJECT_HANDLE>& objects) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < objects.size() && i < kMost; ++i) {
    HM_TRY(const auto label, attribute(token, objects[i], CKA_LABEL));
    HM_TRY(const auto id, attribute(token, objects[i], CKA_ID));
    text += (i == 0 ? "" : "; ") + key_words(std::string(as_text(label.value_or(Bytes()))), id.value_or(Bytes()));
  }
  return objects.size() > kMost ? text + " and " + std::to_string(objects.size() - kMost) + " more" : text;
}

Result<CK_OBJECT_HANDLE> one_private_key(const Token& token, const TokenUri& uri) {
  HM_TRY(const auto found, find_objects(token, {CKO_PRIVATE_KEY, uri.object, uri.id}));
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    HM_TRY(const std::string list, keys_there(token, found));
    return fail(service_error(token.name(),
                              std::to_string(found.size()) + " private keys are called " + uri.key_name() + ": " + list,
                              Cause::not_found)
                    .with_hint("name the key by object= and id= together"));
  }
  HM_TRY(const auto all, find_objects(token, {CKO_PRIVATE_KEY, {}, {}}));
  HM_TRY(const std::string list, keys_there(token, all));
  return fail(
      service_error(token.name(),
                    "there is no private key " + uri.key_name() +
                        (all.empty() ? std::string(", and no other that this login can see") : "; there is " + list),
                    Cause::not_found)
          .with_hint(R"(id= is percent-encoded bytes: "id=%01%ab" for 01ab)"));
}

}  // namespace

Result<PrivateObject> private_key(const Token& token, const TokenUri& uri) {
  PrivateObject key;
  HM_TRY(key.handle, one_private_key(token, uri));
  HM_TRY(const auto type, number(token, key.handle, CKA_KEY_TYPE));
  HM_TRY(const auto id, attribute(token, key.handle, CKA_ID));
  HM_TRY(const auto label, attribute(token, key.handle, CKA_LABEL));
  HM_TRY(key.may_sign, flag(token, key.handle, CKA_SIGN));
  HM_TRY(const auto always, flag(token, key.handle, CKA_ALWAYS_AUTHENTICATE));
  HM_TRY(key.allowed, allowed_mechanisms(token, key.handle));
  key.type = type.value_or(CK_UNAVAILABLE_INFORMATION);
  key.id = id.value_or(Bytes());
  key.label = as_text(label.value_or(Bytes()));
  key.always_authenticate = always.value_or(false);
  return key;
}

Result<std::optional<PublicKey>> public_object(const Token& token, const std::optional<std::string>& label,
                                               const std::optional<Bytes>& id, Padding padding) {
  HM_TRY(auto key, one_of(token, {CKO_PUBLIC_KEY, label, id}, padding, key_of_object));
  if (key) return key;
  return one_of(token, {CKO_CERTIFICATE, label, id}, padding, key_of_certificate);
}

Result<PublicKey> public_half(const Token& token, const PrivateObject& key, Padding padding) {
  const Padding by = padding_by(key.allowed, padding);
  std::optional<PublicKey> found;
  if (!key.id.empty()) {
    HM_TRY(found, public_object(token, {}, key.id, by));
  } else if (!key.label.empty()) {
    HM_TRY(found, public_object(token, key.label, {}, by));
  }
  if (!found) {
    HM_TRY(found, key_of_object(token, key.handle, by));
  }
  if (found) return *found;
  return fail(service_error(token.name(),
                            "the public half of " + key_words(key.label, key.id) +
                                " is not on the token: no public key and no certificate has its id",
                            Cause::wrong_key)
                  .with_hint("put it there, as with \"pkcs11-tool --write-object key.der --type pubkey --id ID\""));
}

}  // namespace hallmark::keys::token
