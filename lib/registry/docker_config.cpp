#include "registry/docker_config.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/try.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

constexpr std::array<std::string_view, 3> kHubNames = {"docker.io", "index.docker.io", "registry-1.docker.io"};

std::string_view without_scheme(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) return key.substr(scheme.size());
  }
  return key;
}

Error as_config(const Error& error) { return error.as(Outcome::config); }

// "auth": base64 of user:password. The password may hold colons and, as docker pads it, end in NULs.
Result<void> read_auth(std::string_view text, Credential& credential) {
  auto decoded = base::base64_decode_any(text);
  if (!decoded) return fail(Outcome::config, "is not base64");
  std::string_view pair = as_text(*decoded);
  const auto colon = pair.find(':');
  Result<void> done;
  if (colon == std::string_view::npos || colon == 0) {
    done = fail(Outcome::config, "is not the base64 of user:password");
  } else {
    while (pair.ends_with('\0')) pair.remove_suffix(1);
    credential.user = std::string(pair.substr(0, colon));
    credential.password = Secret::copy_of(pair.substr(std::min(colon + 1, pair.size())));
  }
  wipe(*decoded);
  return done;
}

}  // namespace

std::string credential_host(std::string_view registry) {
  std::string host = lower(registry);
  return std::ranges::find(kHubNames, host) == kHubNames.end() ? host : "docker.io";
}

std::optional<std::string> auth_key(std::string_view key) {
  const std::string_view bare = without_scheme(key);
  const bool has_scheme = bare.size() != key.size();
  const auto slash = bare.find('/');
  const std::string host = credential_host(bare.substr(0, slash));
  std::string_view path = slash == std::string_view::npos ? std::string_view() : bare.substr(slash + 1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (host.empty()) return std::nullopt;
  if (path.empty() || path == "v1" || path == "v2") return host;
  if (has_scheme) return std::nullopt;  // an API of something else than a registry
  return host + "/" + std::string(path);
}

Result<DockerConfig> DockerConfig::parse(BytesView bytes, const std::string& what) {
  DockerConfig config;
  config.what_ = what;
  auto json = base::Json::parse(bytes, what);
  if (!json) return fail(as_config(json.error()));
  if (!json->is_object()) return fail(Outcome::config, what + ": expected an object");
  const base::JsonReader root(*json, what);
  auto store = root.string_or("credsStore", "");
  if (!store) return fail(as_config(store.error()));
  config.store_ = *std::move(store);
  auto helpers = root.string_map("credHelpers");
  if (!helpers) return fail(as_config(helpers.error()));
  for (auto& [host, helper] : *helpers) {
    if (auto key = auth_key(host)) config.helpers_.emplace(*std::move(key), std::move(helper));
  }
  const base::Json* auths = json->find("auths");
  if (auths == nullptr || auths->is_null()) return config;
  if (!auths->is_object()) return fail(Outcome::config, what + ".auths: expected an object");
  for (const auto& [key, value] : *auths->as_object()) {
    // Two spellings of one key: the plain one, which every peer writes today, counts.
    auto name = auth_key(key);
    if (!name) continue;
    if (key == *name) {
      config.auths_.insert_or_assign(*name, Entry{key, value});
    } else {
      config.auths_.emplace(*name, Entry{key, value});
    }
  }
  return config;
}

std::optional<std::string> DockerConfig::helper_for(std::string_view host) const {
  const auto found = helpers_.find(credential_host(host));
  if (found != helpers_.end() && !found->second.empty()) return found->second;
  if (!store_.empty()) return store_;
  return std::nullopt;
}

std::set<std::string> DockerConfig::helpers() const {
  std::set<std::string> all = {store_};
  for (const auto& [host, helper] : helpers_) all.insert(helper);
  all.erase("");
  return all;
}

Result<std::optional<Credential>> DockerConfig::read(const Entry& entry) const {
  const base::JsonReader reader(entry.value, what_ + ".auths[\"" + base::printable(entry.key, 100) + "\"]");
  const auto text = [&](std::string_view name) { return reader.string_or(name, ""); };
  HM_DO(reader.expect_object());
  HM_TRY(const std::string auth, text("auth"));
  HM_TRY(const std::string token, text("identitytoken"));
  HM_TRY(const std::string user, text("username"));
  HM_TRY(const std::string password, text("password"));
  Credential credential;
  credential.source = what_;
  if (!auth.empty()) {
    if (auto read = read_auth(auth, credential); !read && token.empty())
      return fail(Error(Outcome::config, reader.path() + ".auth " + read.error().message()));
  } else if (!user.empty()) {
    credential.user = user;
    credential.password = Secret::copy_of(password);
  }
  if (!token.empty()) credential.identity_token = Secret::copy_of(token);
  if (credential.user.empty() && credential.identity_token.empty()) return std::nullopt;  // docker's marker `{}`
  return credential;
}

Result<std::optional<Credential>> DockerConfig::find(std::string_view host, std::string_view repository) const {
  std::string key = credential_host(host);
  const std::size_t host_size = key.size();
  if (!repository.empty()) key += "/" + std::string(repository);
  while (true) {
    if (const auto found = auths_.find(key); found != auths_.end()) {
      auto credential = read(found->second);
      if (!credential) return fail(as_config(credential.error()));
      if (*credential) return credential;
    }
    const auto slash = key.rfind('/');
    if (slash == std::string::npos || slash < host_size) return std::nullopt;
    key.resize(slash);
  }
}

}  // namespace hallmark::registry
