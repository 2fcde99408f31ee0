#include "cmd/hallmark/key_desk.h"

#include <algorithm>

#include "base/limits.h"
#include "base/try.h"

namespace hallmark::cmd {

Result<void> KeyDesk::make_providers() {
  if (providers_) return {};
  const Environment& environment = context_.environment;
  keys::ProviderOptions options;
  HM_TRY(options.timeout, timeout_of(flags_, options.timeout));
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  options.variable = variables_of(environment);
  options.password = [this](std::string_view what) { return passwords_.pin(what); };
  options.home = environment.get("HOME");
  options.proxy = proxies_of(flags_, environment);
  options.system_ca_dir = environment.get("SSL_CERT_DIR");
  options.system_ca_file = environment.get("SSL_CERT_FILE");
  options.user_agent = "hallmark/" HALLMARK_VERSION;
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

Result<std::unique_ptr<Signer>> KeyDesk::signer(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  return keys::open_signer(reference, options);
}

Result<PublicKey> KeyDesk::public_key(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  return keys::open_public_key(reference, options);
}

Result<PublicKey> KeyDesk::public_half(const std::string& reference) {
  HM_TRY(const auto options, options_for(reference));
  return keys::public_half(reference, options);
}

}  // namespace hallmark::cmd
