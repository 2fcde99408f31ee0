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
  auto found = asked_->answers.find(key);
  if (found == asked_->answers.end()) {
    const auto program = CredentialHelper::find(helper, helper_options_);
    auto answer = program ? program->get(CredentialHelper::server_of(host)) : fail(program.error());
    found = asked_->answers.emplace(key, std::move(answer)).first;
  }
  const auto& answer = found->second;
  if (!answer) return fail(answer.error());
  if (!*answer) return std::nullopt;
  return (*answer)->copy();
}

// A lookup that could not answer is not asked the same again.
Result<std::optional<Credential>> CredentialSource::look_up(const std::string& host,
                                                            const std::string& repository) const {
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    const std::pair question(i, host + "/" + repository);
    {
      const std::lock_guard lock(asked_->problems_mutex);
      if (asked_->no_answers.contains(question)) continue;
    }
    auto login = lookups_[i](host, repository);
    if (!login) {
      const Outcome kind = login.error().kind();
      if (kind != Outcome::config && kind != Outcome::unauthorized) return fail(login.error());
      note(host, login.error());
      const std::lock_guard lock(asked_->problems_mutex);
      asked_->no_answers.insert(question);
      continue;
    }
    if (*login) {
      RegistryLogin& known = **login;
      return Credential{std::move(known.user), std::move(known.password), std::move(known.identity_token),
                        std::move(known.source)};
    }
  }
  return std::nullopt;
}

void CredentialSource::note(const std::string& host, const Error& problem) const {
  const std::lock_guard lock(asked_->problems_mutex);
  asked_->problems.emplace(host, problem);
}

std::optional<Error> CredentialSource::problem_of(const std::string& host) const {
  const std::lock_guard lock(asked_->problems_mutex);
  const auto found = asked_->problems.find(credential_host(host));
  return found == asked_->problems.end() ? std::nullopt : std::optional(found->second);
}

Error CredentialSource::explained(Error refusal, const std::string& host) const {
  const auto problem = refusal.kind() == Outcome::unauthorized ? problem_of(host) : std::nullopt;
  if (!problem) return refusal;
  return Error(refusal.kind(), refusal.message() + "; " + problem->message()).with_hint(problem->hint());
}

Result<std::optional<Credential>> CredentialSource::find(const std::string& host, const std::string& repository) const {
  const std::string name = credential_host(host);
  for (const DockerConfig& file : files_) {
    if (const auto helper = file.helper_for(name); helper && !helper_options_.path.empty()) {
      auto credential = ask(*helper, name);
      if (credential && *credential) return credential;
      if (!credential) note(name, credential.error().within(file.file()));
    }
    HM_TRY(auto credential, file.find(name, repository));
    if (credential) return credential;
  }
  return look_up(name, repository);
}

}  // namespace hallmark::registry
