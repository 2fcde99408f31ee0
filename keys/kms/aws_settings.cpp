#include "keys/kms/aws_settings.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/aws_reference.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// What a variable says, or else the profile.
class Finder {
 public:
  Finder(const Services& services, const Section& profile, const Section& of_services)
      : services_(services), profile_(profile), of_services_(of_services) {}

  [[nodiscard]] std::string text(std::initializer_list<const char*> variables, std::string_view key) const {
    if (const auto set = services_.first_setting(variables)) return *set;
    return value_of(profile_, key);
  }

  [[nodiscard]] Result<bool> flag(const char* variable, std::string_view key) const {
    const std::string set = lower(text({variable}, key));
    if (set.empty() || set == "false") return false;
    if (set == "true") return true;
    return fail(service_error("AWS",
                              std::string(variable) + ", or " + std::string(key) +
                                  " of the profile, is neither true nor false but " + base::printable(set, 40),
                              Cause::unsupported));
  }

  // AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, then the same two of the profile.
  [[nodiscard]] std::string endpoint(const char* variable, const std::string& service) const {
    if (const auto set = services_.first_setting({variable, "AWS_ENDPOINT_URL"})) return *set;
    std::string own = value_of(of_services_, service + ".endpoint_url");
    return own.empty() ? value_of(profile_, "endpoint_url") : own;
  }

 private:
  const Services& services_;
  const Section& profile_;
  const Section& of_services_;
};

Result<void> read_endpoints(Settings& settings, const Finder& find) {
  HM_TRY(settings.kms.fips, find.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
  HM_TRY(settings.kms.dual_stack, find.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
  settings.sts = settings.kms;
  HM_TRY(const bool ignored, find.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
  if (ignored) return {};
  settings.kms.override = find.endpoint("AWS_ENDPOINT_URL_KMS", "kms");
  settings.sts.override = find.endpoint("AWS_ENDPOINT_URL_STS", "sts");
  return {};
}

Result<void> read_metadata(MetadataSettings& settings, const Services& services, const Finder& find) {
  settings.disabled = lower(services.setting("AWS_EC2_METADATA_DISABLED").value_or("")) == "true";
  settings.endpoint = find.text({"AWS_EC2_METADATA_SERVICE_ENDPOINT"}, "ec2_metadata_service_endpoint");
  if (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  if (!settings.endpoint.empty()) return {};
  const bool v6 =
      lower(find.text({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}, "ec2_metadata_service_endpoint_mode")) == "ipv6";
  settings.endpoint = v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  return {};
}

fs::path shared_file(const Services& services, const char* variable, const char* name) {
  const auto set = services.setting(variable);
  if (!set) return services.home.empty() ? fs::path() : services.home / ".aws" / name;
  if (set->starts_with("~/") && !services.home.empty()) return services.home / set->substr(2);
  return *set;
}

// Nothing where there is no such file: it is optional, wherever it was said to be.
Result<std::optional<Secret>> read_if_there(const fs::path& file) {
  if (file.empty()) return std::nullopt;
  HM_TRY(const bool there, base::is_there(file, Outcome::key));
  if (!there) return std::nullopt;
  HM_TRY(Secret text, base::read_secret_file(file, limits::cloud_config_bytes, Outcome::key));
  return text;
}

Error as_ours(const Error& error) { return error.as(Outcome::key).because(Cause::no_credentials); }

}  // namespace

SharedFiles SharedFiles::of(const Services& services) {
  return {shared_file(services, "AWS_CONFIG_FILE", "config"),
          shared_file(services, "AWS_SHARED_CREDENTIALS_FILE", "credentials")};
}

Result<Profiles> SharedFiles::read() const {
  Profiles profiles;
  const auto config_text = read_if_there(config);
  if (!config_text) return fail(as_ours(config_text.error()));
  if (*config_text) HM_DO(profiles.add_config((*config_text)->text(), config));
  const auto credentials_text = read_if_there(credentials);
  if (!credentials_text) return fail(as_ours(credentials_text.error()));
  if (*credentials_text) HM_DO(profiles.add_credentials((*credentials_text)->text(), credentials));
  return profiles;
}

std::string SharedFiles::text() const {
  if (config.empty() && credentials.empty()) return "no shared files, as there is no home folder";
  return config.string() + " and " + credentials.string();
}

net::TlsOptions Settings::tls() const {
  net::TlsOptions out;
  if (!ca_bundle.empty()) out.ca_files = {ca_bundle};
  return out;
}

Result<Settings> Settings::load(const Services& services) {
  Settings settings;
  settings.files = SharedFiles::of(services);
  const auto named = services.first_setting({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  settings.profile = named.value_or("default");
  HM_TRY(const Profiles profiles, settings.files.read());
  const Section* profile = profiles.profile(settings.profile);
  if (named && profile == nullptr)
    return fail(
        service_error("AWS",
                      "the profile " + base::printable(settings.profile, 100) + " is not in " + settings.files.text(),
                      Cause::no_credentials)
            .with_hint("AWS_PROFILE names it; \"aws configure list-profiles\" shows those that are there"));
  static const Section kNothing;
  const Section& own = profile == nullptr ? kNothing : *profile;
  const Section* of_services = profiles.services(value_of(own, "services"));
  const Finder find(services, own, of_services == nullptr ? kNothing : *of_services);
  settings.region = find.text({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region");
  settings.ca_bundle = find.text({"AWS_CA_BUNDLE"}, "ca_bundle");
  HM_DO(read_endpoints(settings, find));
  HM_DO(read_metadata(settings.metadata, services, find));
  return settings;
}

}  // namespace hallmark::keys::aws
