#include "registry/credential_source.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::registry {

Result<CredentialSource> CredentialSource::open(const RegistryOptions& options) {
  CredentialSource source;
  source.helper_options_.path = options.helper_path;
  source.helper_options_.environment = options.helper_environment;
  source.helper_options_.patience = options.timeout;
  source.helper_options_.deadline = options.helper_deadline;
  source.lookups_ = options.login_lookups;
  for (const auto& file : options.auth_files) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    HM_TRY(const Secret bytes, base::read_secret_file(file, limits::config_file_bytes, Outcome::config));
    HM_TRY(DockerConfig config, DockerConfig::parse(bytes.view(), file.string()));
    source.files_.push_back(std::move(config));
  }
  return source;
}

Result<std::optional<Credential>> CredentialSource::ask(const std::string& helper, const std::string& host) const {
  const std::string key = helper + " " + host;
  const std::lock_guard lock(asked_->mutex);
  if (const auto found = asked_->answers.find(key); found != asked_->answers.end()) {
    if (!found->second) return std::nullopt;
    return found->second->copy();
  }
  HM_TRY(const CredentialHelper program, CredentialHelper::find(helper, helper_options_));
  HM_TRY(std::optional<Credential> answer, program.get(CredentialHelper::server_of(host)));
  std::optional<Credential> kept;
  if (answer) kept = answer->copy();
  asked_->answers.emplace(key, std::move(kept));
  return answer;
}

Result<std::optional<Credential>> CredentialSource::find(const std::string& host, const std::string& repository) const {
  const std::string name = credential_host(host);
  for (const DockerConfig& file : files_) {
    if (const auto helper = file.helper_for(name); helper && !helper_options_.path.empty()) {
      HM_TRY(auto credential, ask(*helper, name));
      if (credential) return credential;
    }
    HM_TRY(auto credential, file.find(name, repository));
    if (credential) return credential;
  }
  for (const LoginLookup& lookup : lookups_) {
    HM_TRY(auto login, lookup(name, repository));
    if (login)
      return Credential{std::move(login->user), std::move(login->password), std::move(login->identity_token),
                        std::move(login->source)};
  }
  return std::nullopt;
}

}  // namespace hallmark::registry
