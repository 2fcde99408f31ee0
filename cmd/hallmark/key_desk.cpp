#include "cmd/hallmark/key_desk.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"

namespace hallmark::cmd {
namespace {

// As kubectl hands it on, but for what is ours, and for secrets that none of the clouds' plugins logs in with.
std::map<std::string, std::string> plugin_environment(const Environment& environment) {
  std::map<std::string, std::string> all = helper_environment(environment);
  for (const auto& [name, value] : environment.variables()) {
    if (!name.starts_with("HALLMARK_") && !name.starts_with("COSIGN_")) all.emplace(name, value);
  }
  return all;
}

}  // namespace

void add_trust_flag(Command& command, std::string& trust_file) {
  command.option({.names = "--trust",
                  .value = "FILE",
                  .help = "pins of keys that live elsewhere, instead of ~/.config/hallmark/trust.json and "
                          "/etc/hallmark/trust.json",
                  .variable = "HALLMARK_TRUST"},
                 trust_file);
}

Result<void> KeyDesk::make_providers() {
  if (providers_) return {};
  const Environment& environment = context_.environment;
  keys::ProviderOptions options;
  HM_TRY(options.timeout, timeout_of(options_.network, options.timeout));
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  options.variable = variables_of(environment);
  options.password = [this](std::string_view what) { return passwords_.pin(what); };
  options.home = environment.get("HOME");
  options.proxy = proxies_of(options_.network, environment);
  options.system_ca_dir = environment.get("SSL_CERT_DIR");
  options.system_ca_file = environment.get("SSL_CERT_FILE");
  options.user_agent = "hallmark/" HALLMARK_VERSION;
  options.plugin_environment = plugin_environment(environment);
  HM_TRY(providers_, keys::every_provider(options, context_.clock));
  return {};
}

Result<keys::OpenOptions> KeyDesk::options_for(const std::string& reference) {
  keys::OpenOptions options = passwords_.options();
  if (!keys::is_elsewhere(reference)) return options;
  HM_DO(make_providers());
  options.providers = &*providers_;
  return options;
}

Result<const Pin*> KeyDesk::pin(const std::string& reference) {
  if (!keys::is_elsewhere(reference)) return nullptr;
  if (!pins_) {
    HM_TRY(const TrustPlaces places, trust_places(options_.trust_file, context_.environment));
    HM_TRY(pins_, Pins::read(places));
  }
  return pins_->find(reference);
}

Result<void> KeyDesk::expect_no_other(const std::string& reference, const PublicKey& answered) {
  HM_TRY(const Pin* known, pin(reference));
  return known == nullptr ? Result<void>() : expect_pinned(*known, answered);
}

Result<std::unique_ptr<Signer>> KeyDesk::signer(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  HM_TRY(auto signer, keys::open_signer(reference, options));
  HM_DO(expect_no_other(reference, signer->public_key()));
  return signer;
}

Result<PublicKey> KeyDesk::public_key(const std::string& reference) {
  HM_TRY(const Pin* known, pin(reference));
  if (known != nullptr) return known->key;
  if (options_.offline && keys::is_elsewhere(reference)) {
    HM_TRY(const TrustPlaces places, trust_places(options_.trust_file, context_.environment));
    return fail(not_pinned(reference, places.own.empty() ? places.read.back() : places.own));
  }
  HM_TRY(const auto options, options_for(reference));
  return keys::open_public_key(reference, options);
}

Result<PublicKey> KeyDesk::public_half(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  HM_TRY(PublicKey key, keys::public_half(reference, options));
  HM_DO(expect_no_other(reference, key));
  return key;
}

Result<PublicKey> KeyDesk::ask(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  return keys::open_public_key(reference, options);
}

Result<keys::KeyInfo> KeyDesk::inspect(const std::string& reference) {
  HM_TRY(auto options, options_for(reference));
  // Without a password at hand an encrypted key is shown as far as it goes; nobody is asked for one.
  if (options_.password_file.empty() && !context_.environment.password()) options.password = {};
  return keys::inspect(reference, options);
}

bool KeyDesk::has_secret_for(const std::string& reference) const {
  if (!options_.password_file.empty()) return true;
  const Environment& environment = context_.environment;
  if (keys::scheme_of(reference) == "tpm") return environment.secret("HALLMARK_TPM_PASSWORD").has_value();
  for (const char* name : {"HALLMARK_PIN", "COSIGN_PKCS11_PIN"}) {
    if (const auto pin = environment.secret(name); pin && !pin->empty()) return true;
  }
  return reference.find("pin-value=") != std::string::npos || reference.find("pin-source=") != std::string::npos;
}

Result<PublicKey> KeyDesk::create(const std::string& reference, const keys::KeyType& type) {
  HM_DO(make_providers());
  keys::KeyProvider* provider = providers_->find(reference);
  if (provider != nullptr) return provider->create(reference, type);
  return fail(
      Error(Outcome::usage, "\"" + base::shown_reference(reference) + "\" names no place where keys can be made")
          .with_hint(std::string("a key in a file is made with --out; --kms takes ") + kKeySchemes));
}

}  // namespace hallmark::cmd
