#include <map>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/pkcs11/create.h"
#include "keys/pkcs11/key_pair.h"
#include "keys/pkcs11/login.h"
#include "keys/pkcs11/pkcs11.h"
#include "keys/pkcs11/signer.h"
#include "keys/pkcs11/token_search.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace token {
namespace {

Known known(std::optional<bool> value) {
  if (!value) return Known::unknown;
  return *value ? Known::yes : Known::no;
}

struct Secrecy {
  std::optional<bool> sensitive;
  std::optional<bool> extractable;
  std::optional<bool> never_extractable;
  std::optional<bool> local;

  // CKA_SENSITIVE false: C_GetAttributeValue hands the key out; CKA_EXTRACTABLE true: it can be wrapped.
  [[nodiscard]] Known exportable() const {
    if (sensitive == false || extractable == true) return Known::yes;
    return extractable == false && sensitive == true ? Known::no : Known::unknown;
  }
  [[nodiscard]] std::string history() const {
    std::string text;
    if (local) text += *local ? ", made on the token" : ", brought to the token from elsewhere";
    if (never_extractable == false && extractable == false) text += ", could be exported once";
    return text;
  }
};

Result<Secrecy> secrecy_of(const Token& token, CK_OBJECT_HANDLE key) {
  Secrecy read;
  HM_TRY(read.sensitive, flag(token, key, CKA_SENSITIVE));
  HM_TRY(read.extractable, flag(token, key, CKA_EXTRACTABLE));
  HM_TRY(read.never_extractable, flag(token, key, CKA_NEVER_EXTRACTABLE));
  HM_TRY(read.local, flag(token, key, CKA_LOCAL));
  return read;
}

class TokenProvider final : public KeyProvider {
 public:
  explicit TokenProvider(const Services& services) : services_(services) {}

  [[nodiscard]] std::string_view scheme() const override { return "pkcs11"; }
  [[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(const std::string& reference) override;
  [[nodiscard]] Result<PublicKey> public_key(const std::string& reference) override;
  [[nodiscard]] Result<PublicKey> create(const std::string& reference, const KeyType& type) override;
  [[nodiscard]] Result<KeyInfo> inspect(const std::string& reference) override;

 private:
  struct Opened {
    std::shared_ptr<const TokenUri> uri;
    Token* token;  // with a session, nobody logged in yet
  };
  [[nodiscard]] Result<Opened> open(const std::string& reference);
  [[nodiscard]] Result<const Modules*> modules_for(const Kit& kit, const TokenUri& uri);

  const Services& services_;
  std::map<std::string, Modules> modules_;                            // by path; the configured ones by ""
  std::map<std::pair<CK_FUNCTION_LIST*, CK_SLOT_ID>, Token> tokens_;  // go before their modules
};

Result<const Modules*> TokenProvider::modules_for(const Kit& kit, const TokenUri& uri) {
  std::string path = uri.module_path;
  if (path.empty() && uri.module_name.empty()) {
    path = services_.setting("COSIGN_PKCS11_MODULE_PATH").value_or("");
    if (!path.empty() && !path.starts_with('/'))
      return fail(service_error("PKCS#11", "COSIGN_PKCS11_MODULE_PATH is no absolute path", Cause::not_found));
  }
  if (const auto found = modules_.find(path); found != modules_.end()) return &found->second;
  auto loaded = path.empty() ? Modules::configured(kit) : Modules::of_file(kit, path);
  if (!loaded) return fail(loaded.error());
  return &modules_.emplace(path, *std::move(loaded)).first->second;
}

Result<TokenProvider::Opened> TokenProvider::open(const std::string& reference) {
  HM_TRY(const Kit* kit, Kit::load());
  HM_TRY(TokenUri uri, TokenUri::parse(*kit, reference));
  HM_TRY(const Modules* loaded, modules_for(*kit, uri));
  std::vector<Module> modules = loaded->all();
  if (!uri.module_name.empty())
    std::erase_if(modules, [&](const Module& one) { return !has_name(one, uri.module_name); });
  if (modules.empty())
    return fail(
        service_error("PKCS#11",
                      uri.module_name.empty() ? std::string("p11-kit is configured with no module that starts")
                                              : "no module is called " + base::printable(uri.module_name),
                      Cause::not_found)
            .with_hint("name it by its file: module-path=/PATH/MODULE.so, or COSIGN_PKCS11_MODULE_PATH; \"p11-kit "
                       "list-modules\" shows what is configured"));
  HM_TRY(const Slot slot, find_token(*kit, modules, uri));
  const std::pair place(slot.module.functions, slot.id);
  auto known_token = tokens_.find(place);
  if (known_token != tokens_.end() && !known_token->second.slot().same_token(slot.token)) {
    return fail(service_error(slot.name(), "it took the place of another token that is in use", Cause::not_found));
  }
  if (known_token == tokens_.end()) known_token = tokens_.try_emplace(place, slot).first;
  HM_DO(known_token->second.refresh());
  return Opened{std::make_shared<const TokenUri>(std::move(uri)), &known_token->second};
}

Result<std::unique_ptr<Signer>> TokenProvider::open_signer(const std::string& reference) {
  HM_TRY(const Opened opened, open(reference));
  HM_DO(log_in(*opened.token, *opened.uri, services_));
  return open_token_signer(*opened.token, opened.uri);
}

Result<PublicKey> TokenProvider::public_key(const std::string& reference) {
  HM_TRY(const Opened opened, open(reference));
  const TokenUri& uri = *opened.uri;
  HM_TRY(const auto key, public_object(*opened.token, uri.object, uri.id, uri.padding));
  if (key) return *key;
  // The public half may be hidden, or have another label than the private key: only that tells its id.
  HM_DO(log_in(*opened.token, uri, services_));
  HM_TRY(const PrivateObject hidden, private_key(*opened.token, uri));
  return public_half(*opened.token, hidden, uri.padding);
}

Result<PublicKey> TokenProvider::create(const std::string& reference, const KeyType& type) {
  HM_TRY(const Opened opened, open(reference));
  HM_DO(log_in(*opened.token, *opened.uri, services_));
  return create_key(*opened.token, *opened.uri, type);
}

Result<KeyInfo> TokenProvider::inspect(const std::string& reference) {
  using Action = KeyRight::Action;
  HM_TRY(const Opened opened, open(reference));
  const TokenUri& uri = *opened.uri;
  Token& token = *opened.token;
  KeyInfo info;
  info.is_private = true;
  info.format = scheme();
  info.place = token.slot().place();
  info.exportable = Known::unknown;
  HM_TRY(bool inside, log_in_unasked(token, uri, services_));
  if (!inside) {
    HM_TRY(info.public_key, public_object(token, uri.object, uri.id, uri.padding));
    if (!info.public_key) {
      HM_DO(log_in(token, uri, services_));
      inside = true;
    }
  }
  KeyRight sign{Action::sign, Known::unknown, "C_Sign"};
  KeyRight destroy{Action::delete_key, Known::unknown, "C_DestroyObject"};
  info.name = uri.key_name();
  if (inside) {
    HM_TRY(const PrivateObject key, private_key(token, uri));
    HM_TRY(info.public_key, public_half(token, key, uri.padding));
    HM_TRY(const Secrecy secrecy, secrecy_of(token, key.handle));
    HM_TRY(const auto destroyable, flag(token, key.handle, CKA_DESTROYABLE));
    info.name = key_words(key.label, key.id) + secrecy.history();
    info.exportable = secrecy.exportable();
    sign.held = known(key.may_sign);
    if (destroyable == false) destroy.held = Known::no;
  }
  info.rights = {{Action::read_public_key, Known::yes, "C_GetAttributeValue"},
                 sign,
                 {Action::export_key, info.exportable, "C_WrapKey"},
                 destroy};
  return info;
}

}  // namespace
}  // namespace token

std::unique_ptr<KeyProvider> pkcs11(const Services& services) {
  return std::make_unique<token::TokenProvider>(services);
}

}  // namespace hallmark::keys
