#include "node/credential_provider.h"

#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "base/yaml.h"

namespace hallmark::node {
namespace {

using base::Yaml;

constexpr std::array<std::string_view, 3> kPluginVersions = {"credentialprovider.kubelet.k8s.io/v1",
                                                             "credentialprovider.kubelet.k8s.io/v1beta1",
                                                             "credentialprovider.kubelet.k8s.io/v1alpha1"};
constexpr std::array<std::string_view, 3> kConfigVersions = {
    "kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1"};

// Reads one mapping with errors that say where.
class Fields {
 public:
  Fields(const Yaml& node, const std::string& file) : node_(node), file_(file) {}

  [[nodiscard]] std::unexpected<Error> wrong(const Yaml& at, std::string_view problem) const {
    return fail(Outcome::config, file_ + ":" + std::to_string(at.line()) + ":" + std::to_string(at.column()) + ": " +
                                     std::string(problem));
  }
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view problem) const { return wrong(node_, problem); }

  // nullptr where the key is missing or null.
  [[nodiscard]] const Yaml* find(std::string_view key) const {
    const Yaml* value = node_.find(key);
    return value != nullptr && value->kind() != Yaml::Kind::null ? value : nullptr;
  }
  [[nodiscard]] Result<std::string> string(std::string_view key) const {
    const Yaml* value = find(key);
    if (value == nullptr) return wrong("\"" + std::string(key) + "\" is missing");
    return text_of(*value, key);
  }
  [[nodiscard]] Result<std::string> text_of(const Yaml& value, std::string_view key) const {
    if (value.kind() == Yaml::Kind::text) return *value.as_scalar();
    return wrong(value, "\"" + std::string(key) + "\" must be text, not " + std::string(base::describe(value.kind())) +
                            "; quotes make it text");
  }
  [[nodiscard]] Result<const Yaml::Sequence*> list(std::string_view key) const {
    static const Yaml::Sequence kEmpty;
    const Yaml* value = find(key);
    if (value == nullptr) return &kEmpty;
    if (value->as_sequence() == nullptr) return wrong(*value, "\"" + std::string(key) + "\" must be a list");
    return value->as_sequence();
  }

 private:
  const Yaml& node_;
  const std::string& file_;
};

bool is_program_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find_first_of(std::string_view("/ \0", 3)) == std::string_view::npos;
}

Result<void> read_images(const Fields& fields, CredentialProvider& provider) {
  HM_TRY(const auto* patterns, fields.list("matchImages"));
  if (patterns->empty()) return fields.wrong("\"matchImages\" is missing or empty");
  for (const Yaml& entry : *patterns) {
    HM_TRY(const std::string text, fields.text_of(entry, "matchImages"));
    auto pattern = ImagePattern::parse(text);
    if (!pattern) return fields.wrong(entry, pattern.error().message());
    provider.match_images.push_back(*std::move(pattern));
  }
  return {};
}

Result<void> read_duration(const Fields& fields, CredentialProvider& provider) {
  const Yaml* value = fields.find("defaultCacheDuration");
  if (value == nullptr) return fields.wrong("\"defaultCacheDuration\" is missing");
  // A bare 0 is what Go reads, too.
  const std::string* text = value->as_scalar();
  const auto duration = base::parse_go_duration(text == nullptr ? "" : *text);
  if (!duration || duration->count() < 0)
    return fields.wrong(*value, "\"defaultCacheDuration\" must be a duration such as 12h");
  provider.default_cache_duration = *duration;
  return {};
}

Result<void> read_environment(const Fields& fields, const std::string& file, CredentialProvider& provider) {
  HM_TRY(const auto* variables, fields.list("env"));
  for (const Yaml& entry : *variables) {
    const Fields variable(entry, file);
    HM_TRY(const std::string name, variable.string("name"));
    HM_TRY(const std::string value, variable.string("value"));
    if (name.empty() || (name + value).find_first_of(std::string_view("\0", 1)) != std::string::npos ||
        name.find('=') != std::string::npos)
      return fields.wrong(entry, "\"env\" holds what no variable can be called");
    provider.environment.insert_or_assign(name, value);
  }
  return {};
}

Result<void> read_token(const Fields& fields, const std::string& file, CredentialProvider& provider) {
  const Yaml* attributes = fields.find("tokenAttributes");
  if (attributes == nullptr) return {};
  if (attributes->as_mapping() == nullptr) return fields.wrong(*attributes, "\"tokenAttributes\" must be a mapping");
  const Yaml* required = Fields(*attributes, file).find("requireServiceAccount");
  if (required == nullptr || required->kind() != Yaml::Kind::boolean)
    return fields.wrong(*attributes, "\"requireServiceAccount\" must be true or false");
  provider.needs_pod = *required->as_scalar() == "true";
  return {};
}

Result<CredentialProvider> read_provider(const Yaml& node, const std::string& file) {
  const Fields fields(node, file);
  if (node.as_mapping() == nullptr) return fields.wrong("expected a mapping with name, matchImages and so on");
  CredentialProvider provider;
  HM_TRY(provider.name, fields.string("name"));
  if (!is_program_name(provider.name)) return fields.wrong("\"name\" cannot be a program's name");
  HM_TRY(provider.api_version, fields.string("apiVersion"));
  if (std::ranges::find(kPluginVersions, provider.api_version) == kPluginVersions.end())
    return fields.wrong("\"apiVersion\" must be " + std::string(kPluginVersions.front()));
  HM_DO(read_images(fields, provider));
  HM_DO(read_duration(fields, provider));
  HM_TRY(const auto* arguments, fields.list("args"));
  for (const Yaml& entry : *arguments) {
    HM_TRY(std::string argument, fields.text_of(entry, "args"));
    if (argument.find('\0') != std::string::npos) return fields.wrong(entry, "an argument holds a NUL");
    provider.arguments.push_back(std::move(argument));
  }
  HM_DO(read_environment(fields, file, provider));
  HM_DO(read_token(fields, file, provider));
  return provider;
}

}  // namespace

bool CredentialProvider::wants(std::string_view image) const {
  return std::ranges::any_of(match_images, [&](const ImagePattern& pattern) { return pattern.matches(image); });
}

Result<std::vector<CredentialProvider>> parse_credential_providers(std::string_view text, const std::string& file) {
  const auto yaml = Yaml::parse(text, file);
  if (!yaml) return fail(yaml.error().as(Outcome::config));
  const Fields root(*yaml, file);
  if (yaml->as_mapping() == nullptr) return root.wrong("expected a CredentialProviderConfig");
  HM_TRY(const std::string kind, root.string("kind"));
  HM_TRY(const std::string version, root.string("apiVersion"));
  if (kind != "CredentialProviderConfig" || std::ranges::find(kConfigVersions, version) == kConfigVersions.end())
    return root.wrong("expected kind CredentialProviderConfig and apiVersion " + std::string(kConfigVersions.front()));
  HM_TRY(const auto* entries, root.list("providers"));
  if (entries->empty()) return root.wrong("\"providers\" is missing or empty");
  if (entries->size() > limits::credential_providers)
    return root.wrong("more than " + std::to_string(limits::credential_providers) + " providers");
  std::vector<CredentialProvider> providers;
  for (const Yaml& entry : *entries) {
    HM_TRY(CredentialProvider provider, read_provider(entry, file));
    if (std::ranges::find(providers, provider.name, &CredentialProvider::name) != providers.end())
      return root.wrong(entry, "provider \"" + base::printable(provider.name, 100) + "\" is there twice");
    providers.push_back(std::move(provider));
  }
  return providers;
}

}  // namespace hallmark::node
