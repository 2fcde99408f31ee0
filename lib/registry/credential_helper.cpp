#include "registry/credential_helper.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/child_process.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::registry {
namespace {

constexpr std::string_view kHubServer = "https://index.docker.io/v1/";

bool is_program_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

bool is_executable(const std::string& file) {
  struct ::stat info{};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(file.c_str(), X_OK) == 0;
}

// Relative folders in PATH (and the empty one, the current folder) are passed over: what lies there is not ours to run.
std::optional<std::string> find_in(std::string_view path, const std::string& program) {
  while (!path.empty()) {
    const auto colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    if (folder.starts_with('/')) {
      std::string file = std::string(folder) + "/" + program;
      if (is_executable(file)) return file;
    }
    if (colon == std::string_view::npos) break;
    path.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

// How helpers say "no": a fixed sentence on stdout and exit code 1. Source: docker-credential-helpers
// credentials/error.go.
bool says_not_found(std::string_view output) { return output.find("credentials not found") != std::string_view::npos; }

base::ChildOptions child_options(const HelperOptions& options) {
  base::ChildOptions out{options.environment, options.patience, limits::token_bytes, options.deadline};
  out.environment["PATH"] = options.path;
  return out;
}

}  // namespace

std::string CredentialHelper::server_of(std::string_view host) {
  return std::string(host == "docker.io" ? kHubServer : host);
}

Error CredentialHelper::failed(std::string_view verb, std::string_view why) const {
  return Error(Outcome::unauthorized, program_ + " " + std::string(verb) + ": " + std::string(why))
      .with_hint("try it by hand: echo HOST | " + program_ + " get");
}

Result<CredentialHelper> CredentialHelper::find(std::string_view name, const HelperOptions& options) {
  if (!is_program_name(name))
    return fail(Outcome::config, "credential helper \"" + base::printable(name, 64) + "\" cannot be a program's name");
  std::string program = "docker-credential-" + std::string(name);
  auto file = find_in(options.path, program);
  if (!file)
    return fail(Error(Outcome::config, "credential helper " + program + " is not in PATH")
                    .with_hint("install it, or take it out of credsStore and credHelpers"));
  return CredentialHelper(std::move(program), *std::move(file), options);
}

Result<std::optional<Credential>> CredentialHelper::get(std::string_view server) const {
  auto run = base::run_child(file_, {"get"}, as_bytes(server), child_options(options_));
  if (!run) return fail(failed("get", run.error().message()));
  if (run->exit_code != 0) {
    if (says_not_found(run->output.text())) return std::nullopt;
    return fail(failed("get", "exit code " + std::to_string(run->exit_code)));
  }
  auto json = base::Json::parse(run->output.view(), program_);
  if (!json || !json->is_object()) return fail(failed("get", "its answer is not a JSON object"));
  const base::Json* user = json->find("Username");
  const base::Json* secret = json->find("Secret");
  if (user == nullptr || secret == nullptr || !user->is_string() || !secret->is_string())
    return fail(failed("get", "its answer has no Username and Secret"));
  Credential credential;
  credential.source = program_;
  if (*user->as_string() == "<token>") {
    credential.identity_token = Secret::copy_of(*secret->as_string());
  } else {
    credential.user = *user->as_string();
    credential.password = Secret::copy_of(*secret->as_string());
  }
  if (credential.user.empty() && credential.identity_token.empty()) return std::nullopt;
  return credential;
}

Result<void> CredentialHelper::store(std::string_view server, std::string_view user, const Secret& password) const {
  std::string input =
      base::Json::object({{"ServerURL", server}, {"Username", user}, {"Secret", password.text()}}).dump();
  auto run = base::run_child(file_, {"store"}, as_bytes(input), child_options(options_));
  wipe({reinterpret_cast<std::uint8_t*>(input.data()), input.size()});
  if (!run) return fail(failed("store", run.error().message()));
  if (run->exit_code != 0) return fail(failed("store", "exit code " + std::to_string(run->exit_code)));
  return {};
}

Result<bool> CredentialHelper::erase(std::string_view server) const {
  HM_TRY(const auto known, get(server));
  if (!known) return false;
  auto run = base::run_child(file_, {"erase"}, as_bytes(server), child_options(options_));
  if (!run) return fail(failed("erase", run.error().message()));
  if (run->exit_code != 0) return fail(failed("erase", "exit code " + std::to_string(run->exit_code)));
  return true;
}

}  // namespace hallmark::registry
