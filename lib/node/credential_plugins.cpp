#include "node/credential_plugins.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/child_process.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "base/try.h"

namespace hallmark::node {
namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> config_files(const fs::path& config) {
  std::error_code error;
  if (!fs::is_directory(config, error)) return std::vector<fs::path>{config};
  std::vector<fs::path> files;
  for (fs::directory_iterator at(config, error), end; !error && at != end; at.increment(error)) {
    const std::string extension = at->path().extension().string();
    const bool wanted = extension == ".json" || extension == ".yaml" || extension == ".yml";
    std::error_code ignored;
    if (wanted && !at->is_directory(ignored)) files.push_back(at->path());
  }
  if (error) return fail(Outcome::config, config.string() + ": cannot be read: " + error.message());
  if (files.empty()) return fail(Outcome::config, config.string() + ": holds no *.json, *.yaml or *.yml");
  if (files.size() > limits::credential_providers)
    return fail(Outcome::config,
                config.string() + ": holds more than " + std::to_string(limits::credential_providers) + " files");
  std::ranges::sort(files);
  return files;
}

bool is_executable(const fs::path& file) {
  struct ::stat info{};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(file.c_str(), X_OK) == 0;
}

std::string describe(const CredentialProvider& provider) {
  return "credential provider " + base::printable(provider.name, 100);
}

}  // namespace

struct CredentialPlugins::Shared {
  std::mutex mutex;
  std::map<std::string, Kept> kept;  // by provider, kind of key and key
};

CredentialPlugins::CredentialPlugins(CredentialPluginOptions options, std::vector<CredentialProvider> providers,
                                     const Clock& clock)
    : options_(std::move(options)),
      providers_(std::move(providers)),
      clock_(&clock),
      shared_(std::make_shared<Shared>()) {}

Result<CredentialPlugins> CredentialPlugins::open(CredentialPluginOptions options, const Clock& clock) {
  HM_TRY(const auto files, config_files(options.config));
  std::vector<CredentialProvider> providers;
  for (const fs::path& file : files) {
    HM_TRY(const Bytes bytes, base::read_file(file, limits::config_file_bytes, Outcome::config));
    HM_TRY(auto more, parse_credential_providers(as_text(bytes), file.string()));
    for (CredentialProvider& provider : more) {
      if (std::ranges::find(providers, provider.name, &CredentialProvider::name) != providers.end())
        return fail(Outcome::config, file.string() + ": provider \"" + base::printable(provider.name, 100) +
                                         "\" is in another file, too");
      providers.push_back(std::move(provider));
    }
  }
  return CredentialPlugins(std::move(options), std::move(providers), clock);
}

Result<CredentialAnswer> CredentialPlugins::run(const CredentialProvider& provider, const std::string& image) const {
  const fs::path file = program(provider);
  if (!is_executable(file))
    return fail(Error(Outcome::config, describe(provider) + ": " + file.string() + " is not there or cannot be run")
                    .with_hint("kubelet finds it by --image-credential-provider-bin-dir; name the same folder"));
  base::ChildOptions child{options_.environment, options_.patience, limits::token_bytes, options_.deadline};
  for (const auto& [name, value] : provider.environment) child.environment.insert_or_assign(name, value);
  const std::string question =
      base::Json::object(
          {{"kind", "CredentialProviderRequest"}, {"apiVersion", provider.api_version}, {"image", image}})
          .dump() +
      "\n";
  auto ran = base::run_child(file.string(), provider.arguments, as_bytes(question), child);
  if (!ran) return fail(ran.error().within(describe(provider)));
  if (ran->exit_code != 0)
    return fail(Error(Outcome::unauthorized, describe(provider) + ": exit code " + std::to_string(ran->exit_code))
                    .with_hint("its own words are in kubelet's log, which asks it the same"));
  auto answer = CredentialAnswer::parse(ran->output.view(), provider.api_version);
  if (!answer) return fail(answer.error().within(describe(provider)));
  return answer;
}

// Kept under one of three keys, so all three are looked up: before the answer, nobody knows which it will be.
Result<std::shared_ptr<const CredentialAnswer>> CredentialPlugins::ask(const CredentialProvider& provider,
                                                                       const std::string& registry,
                                                                       const std::string& image) {
  const auto now = clock_->steady();
  for (const std::string& key : {"image " + image, "registry " + registry, std::string("global")}) {
    const auto found = shared_->kept.find(provider.name + " " + key);
    if (found != shared_->kept.end() && now < found->second.until) return found->second.answer;
  }
  HM_TRY(CredentialAnswer answer, run(provider, image));
  auto shared = std::make_shared<const CredentialAnswer>(std::move(answer));
  keep(provider, registry, image, shared);
  return shared;
}

void CredentialPlugins::keep(const CredentialProvider& provider, const std::string& registry, const std::string& image,
                             const std::shared_ptr<const CredentialAnswer>& answer) {
  const auto duration = answer->cache_duration.value_or(provider.default_cache_duration);
  if (duration.count() == 0) return;
  std::string key = provider.name + " ";
  switch (answer->cache_key) {
    case CredentialAnswer::CacheKey::image:
      key += "image " + image;
      break;
    case CredentialAnswer::CacheKey::registry:
      key += "registry " + registry;
      break;
    case CredentialAnswer::CacheKey::global:
      key += "global";
      break;
  }
  if (shared_->kept.size() >= limits::credential_answers) shared_->kept.clear();
  shared_->kept.insert_or_assign(std::move(key), Kept{answer, clock_->steady() + duration});
}

Result<std::optional<RegistryLogin>> CredentialPlugins::find(const std::string& registry,
                                                             const std::string& repository) {
  const std::string image = registry + "/" + repository;
  std::optional<Error> problem;
  const std::lock_guard lock(shared_->mutex);
  for (const CredentialProvider& provider : providers_) {
    if (provider.needs_pod || !provider.wants(image)) continue;
    const auto answer = ask(provider, registry, image);
    if (!answer) {
      if (!problem) problem = answer.error();
      continue;
    }
    if (const auto* login = (*answer)->find(image);
        login != nullptr && !(login->user.empty() && login->password.empty()))
      return RegistryLogin{login->user, Secret::copy_of(login->password.view()), describe(provider)};
  }
  if (problem) return fail(*std::move(problem));
  return std::nullopt;
}

LoginLookup lookup_in(CredentialPlugins plugins) {
  return [shared = std::make_shared<CredentialPlugins>(std::move(plugins))](
             const std::string& registry, const std::string& repository) { return shared->find(registry, repository); };
}

}  // namespace hallmark::node
