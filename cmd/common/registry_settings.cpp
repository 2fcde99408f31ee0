#include "cmd/common/registry_settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::cmd {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

fs::path home_of(const Environment& environment) { return environment.get("HOME"); }

std::vector<fs::path> certs_dirs(const RegistryFlags& flags, const Environment& environment) {
  std::vector<fs::path> dirs(flags.certs_dirs.begin(), flags.certs_dirs.end());
  if (const fs::path config = config_home(environment); !config.empty()) {
    dirs.push_back(config / "hallmark/certs.d");
    dirs.push_back(config / "containers/certs.d");
  }
  if (const fs::path home = home_of(environment); !home.empty()) dirs.push_back(home / ".docker/certs.d");
  for (const char* dir :
       {"/etc/hallmark/certs.d", "/etc/containerd/certs.d", "/etc/docker/certs.d", "/etc/containers/certs.d"})
    dirs.emplace_back(dir);
  return dirs;
}

// One place per user, the same in every session: XDG_RUNTIME_DIR would part a cron job from a login shell.
fs::path lock_dir(const Environment& environment) {
  if (const std::string named = environment.get("HALLMARK_LOCK_DIR"); !named.empty()) return named;
  if (const fs::path cache = environment.get("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "hallmark/locks";
  if (const fs::path home = home_of(environment); home.is_absolute() && ::access(home.c_str(), W_OK) == 0)
    return home / ".cache/hallmark/locks";
  const fs::path temp = "/tmp/hallmark-" + std::to_string(::getuid());
  struct stat status{};
  // Somebody else's folder of this name would let them hold our locks for ever; no folder is better than theirs.
  if (::mkdir(temp.c_str(), 0700) != 0 &&
      (::lstat(temp.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::getuid()))
    return {};
  return temp / "locks";
}

Result<void> check_pairs(const RegistryFlags& flags) {
  if (flags.client_cert.empty() != flags.client_key.empty())
    return fail(Outcome::usage, "--registry-client-cert and --registry-client-key belong together: give both");
  if (flags.plain_http && flags.tls) return fail(Outcome::usage, "--plain-http and --tls exclude each other");
  return {};
}

}  // namespace

std::map<std::string, std::string> helper_environment(const Environment& environment) {
  static constexpr std::array<std::string_view, 22> kPrefixes = {
      "HOME=",    "PATH=",     "USER=",  "LOGNAME=", "LANG=", "LC_",      "TMPDIR=",         "XDG_",
      "DISPLAY=", "WAYLAND_",  "DBUS_",  "DOCKER_",  "GNUPG", "GPG_TTY=", "PASSWORD_STORE_", "AWS_",
      "GOOGLE_",  "CLOUDSDK_", "AZURE_", "AAD_",     "KUBE",  "SSL_CERT_"};
  const auto is_theirs = [](const std::string& name) {
    const std::string assigned = name + "=";
    return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return assigned.starts_with(prefix); });
  };
  std::map<std::string, std::string> allowed;
  for (const auto& [name, value] : environment.variables()) {
    if (is_theirs(name) || name.ends_with("_PROXY") || name.ends_with("_proxy")) allowed.emplace(name, value);
  }
  // AWS_SECRET_ACCESS_KEY is what docker-credential-ecr-login logs in with, too. A private key is nobody's but ours.
  for (const auto& [name, value] : environment.secrets()) {
    if (is_theirs(name) && value.text().find("PRIVATE KEY-----") == std::string_view::npos)
      allowed.emplace(name, value.text());
  }
  return allowed;
}

fs::path config_home(const Environment& environment) {
  if (const fs::path home = environment.get("XDG_CONFIG_HOME"); home.is_absolute()) return home;
  const fs::path home = home_of(environment);
  return home.empty() ? fs::path() : home / ".config";
}

Result<milliseconds> timeout_of(const RegistryFlags& flags, milliseconds usual) {
  if (flags.timeout.empty()) return usual;
  auto timeout = parse_duration(flags.timeout);
  if (!timeout) return fail(std::move(timeout).error().within("--timeout"));
  return timeout;
}

ProxyOptions proxies_of(const RegistryFlags& flags, const Environment& environment) {
  ProxyOptions proxy = proxies_of(environment);
  proxy.ca_file = flags.proxy_ca;
  if (!flags.proxy.empty()) proxy.http = proxy.https = flags.proxy;
  return proxy;
}

ProxyOptions proxies_of(const Environment& environment) {
  ProxyOptions proxy;
  proxy.none = environment.first_of({"NO_PROXY", "no_proxy"});
  proxy.https = environment.first_of({"HTTPS_PROXY", "https_proxy"});
  // A CGI server puts a client's "Proxy:" header into HTTP_PROXY (CVE-2016-5385); there, only the lower case counts.
  proxy.http = environment.find("REQUEST_METHOD") != nullptr ? environment.get("http_proxy")
                                                             : environment.first_of({"HTTP_PROXY", "http_proxy"});
  return proxy;
}

std::vector<fs::path> auth_files(const Environment& environment) {
  if (const std::string named = environment.get("REGISTRY_AUTH_FILE"); !named.empty()) return {named};
  std::vector<fs::path> files;
  const fs::path home = home_of(environment);
  if (const std::string docker = environment.get("DOCKER_CONFIG"); !docker.empty())
    files.push_back(fs::path(docker) / "config.json");
  else if (!home.empty())
    files.push_back(home / ".docker/config.json");
  if (const fs::path runtime = environment.get("XDG_RUNTIME_DIR"); runtime.is_absolute())
    files.push_back(runtime / "containers/auth.json");
  if (const fs::path config = config_home(environment); !config.empty())
    files.push_back(config / "containers/auth.json");
  return files;
}

Result<milliseconds> parse_duration(std::string_view text) {
  const bool bare = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const auto duration = base::parse_go_duration(bare ? std::string(text) + "s" : std::string(text));
  if (duration && *duration > milliseconds(0) && *duration <= std::chrono::hours(24)) return *duration;
  return fail(Error(Outcome::usage, "'" + base::printable(text) + "' is not a duration of up to a day")
                  .with_hint("write 30s, 2m or 500ms"));
}

Result<RegistryOptions> registry_options(const RegistryFlags& flags, const Environment& environment) {
  HM_DO(check_pairs(flags));
  RegistryOptions options;
  HM_TRY(options.timeout, timeout_of(flags, options.timeout));
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  options.auth_files = auth_files(environment);
  options.certs_dirs = certs_dirs(flags, environment);
  options.ca_file = flags.ca;
  options.client_certificate = flags.client_cert;
  options.client_key = flags.client_key;
  options.plain_http = flags.plain_http;
  options.tls = flags.tls;
  options.token_realms = flags.token_realms;
  options.helper_path = environment.get("PATH");
  options.helper_environment = helper_environment(environment);
  options.lock_dir = lock_dir(environment);
  options.proxy = proxies_of(flags, environment);
  options.system_ca_dir = environment.get("SSL_CERT_DIR");
  options.system_ca_file = environment.get("SSL_CERT_FILE");
  options.user_agent = "hallmark/" HALLMARK_VERSION;
  return options;
}

}  // namespace hallmark::cmd
