#include "hallmark/login.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"
#include "net/url.h"
#include "registry/basic.h"
#include "registry/credential_helper.h"
#include "registry/docker_config.h"

namespace hallmark {
namespace {

namespace fs = std::filesystem;
using base::Json;
using registry::CredentialHelper;

// The file as it is: nothing when it is not there yet.
struct AuthFile {
  fs::path path;  // where a link leads, so that replacing the file keeps the link
  Json json;
  registry::DockerConfig config;
};

Result<AuthFile> open_file(const fs::path& path) {
  if (path.empty()) return fail(Outcome::config, "no file is configured to keep credentials in");
  std::error_code error;
  AuthFile file;
  file.path = fs::weakly_canonical(path, error);
  if (error) file.path = path;
  Secret bytes = Secret::copy_of("{}");
  if (fs::exists(file.path, error)) {
    HM_TRY(bytes, base::read_secret_file(file.path, limits::config_file_bytes, Outcome::config));
    if (bytes.text().find_first_not_of(" \t\r\n") == std::string_view::npos) bytes = Secret::copy_of("{}");
  }
  HM_TRY(file.config, registry::DockerConfig::parse(bytes.view(), path.string()));
  HM_TRY(file.json, Json::parse(bytes.view(), path.string()));
  return file;
}

Result<void> save(const AuthFile& file) {
  std::error_code error;
  const fs::path folder = file.path.parent_path();
  if (!folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
    if (error) return fail(Outcome::config, "cannot make " + folder.string() + ": " + error.message());
  }
  std::string text = file.json.dump(2) + "\n";
  auto written = base::write_file(file.path, as_bytes(text), {.mode = 0600});
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!written) return fail(written.error().as(Outcome::config));
  return {};
}

std::string file_key(const std::string& host) { return CredentialHelper::server_of(host); }

registry::HelperOptions helper_options(const LoginOptions& options) {
  registry::HelperOptions out;
  out.path = options.helper_path;
  out.environment = options.helper_environment;
  return out;
}

std::optional<std::string> helper_of(const AuthFile& file, const std::string& host, const LoginOptions& options) {
  return options.helper_path.empty() ? std::nullopt : file.config.helper_for(host);
}

// Every key of `auths` that is this host, however it is spelled; podman's narrower ones stay.
bool drop_entries(Json& json, const std::string& host) {
  const Json* auths = json.find("auths");
  if (auths == nullptr || !auths->is_object()) return false;
  Json::Object kept = *auths->as_object();
  const auto removed = std::erase_if(kept, [&](const Json::Member& m) { return registry::auth_key(m.first) == host; });
  if (removed > 0) json.set("auths", std::move(kept));
  return removed > 0;
}

void add_entry(Json& json, const std::string& host, Json entry) {
  const Json* found = json.find("auths");
  Json auths = found != nullptr && found->is_object() ? *found : Json(Json::Object());
  auths.set(file_key(host), std::move(entry));
  json.set("auths", std::move(auths));
}

Result<void> expect_user(std::string_view user) {
  const bool bad = user.empty() || std::ranges::any_of(user, [](char c) {
                     return c == ':' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
                   });
  if (!bad) return {};
  return fail(Outcome::usage, "\"" + base::printable(user, 100) + "\" cannot be a user: no colon, no control bytes");
}

}  // namespace

Result<std::string> login_host(std::string_view registry) {
  const auto url = net::Url::parse("https://" + std::string(registry));
  if (!url || registry.find_first_of("/?#@") != std::string_view::npos)
    return fail(Error(Outcome::usage, "\"" + base::printable(registry, 100) + "\" is not a registry")
                    .with_hint("name it as host or host:port, without https:// and without a repository"));
  return registry::credential_host(registry);
}

Result<LoginPlace> store_login(std::string_view registry, std::string_view user, const Secret& password,
                               const LoginOptions& options) {
  HM_TRY(const std::string host, login_host(registry));
  HM_DO(expect_user(user));
  if (password.empty()) return fail(Outcome::usage, "the password is empty");
  if (password.text().find('\0') != std::string_view::npos) return fail(Outcome::usage, "the password holds a NUL");
  HM_TRY(AuthFile file, open_file(options.auth_file));
  if (const auto helper = helper_of(file, host, options)) {
    HM_TRY(const CredentialHelper program, CredentialHelper::find(*helper, helper_options(options)));
    HM_DO(program.store(file_key(host), user, password));
    drop_entries(file.json, host);
    add_entry(file.json, host, Json(Json::Object()));  // docker's marker: there is something to ask for
    HM_DO(save(file));
    return LoginPlace{program.program(), false};
  }
  const registry::Credential credential{std::string(user), Secret::copy_of(password.view()), {}, {}};
  std::string auth = registry::basic_authorization(credential).substr(sizeof("Basic ") - 1);
  drop_entries(file.json, host);
  add_entry(file.json, host, Json::object({{"auth", std::move(auth)}}));
  HM_DO(save(file));
  return LoginPlace{options.auth_file.string(), true};
}

Result<bool> erase_login(std::string_view registry, const LoginOptions& options) {
  HM_TRY(const std::string host, login_host(registry));
  HM_TRY(AuthFile file, open_file(options.auth_file));
  bool erased = false;
  if (const auto helper = helper_of(file, host, options)) {
    HM_TRY(const CredentialHelper program, CredentialHelper::find(*helper, helper_options(options)));
    HM_TRY(erased, program.erase(file_key(host)));
  }
  if (drop_entries(file.json, host)) {
    erased = true;
    HM_DO(save(file));
  }
  return erased;
}

}  // namespace hallmark
