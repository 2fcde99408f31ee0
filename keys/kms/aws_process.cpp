#include "keys/kms/aws_process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "base/child_process.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "credential_process";

// What helpers are known to look at; the rest of our environment is not theirs.
constexpr const char* kVariables[] = {"PATH",
                                      "HOME",
                                      "USER",
                                      "LOGNAME",
                                      "LANG",
                                      "TMPDIR",
                                      "XDG_CONFIG_HOME",
                                      "XDG_CACHE_HOME",
                                      "XDG_RUNTIME_DIR",
                                      "DBUS_SESSION_BUS_ADDRESS",
                                      "SSH_AUTH_SOCK",
                                      "HTTP_PROXY",
                                      "HTTPS_PROXY",
                                      "NO_PROXY",
                                      "http_proxy",
                                      "https_proxy",
                                      "no_proxy",
                                      "SSL_CERT_FILE",
                                      "SSL_CERT_DIR",
                                      "AWS_CA_BUNDLE",
                                      "AWS_CONFIG_FILE",
                                      "AWS_SHARED_CREDENTIALS_FILE",
                                      "AWS_PROFILE",
                                      "AWS_REGION",
                                      "AWS_DEFAULT_REGION",
                                      "AWS_VAULT_BACKEND",
                                      "AWS_VAULT_FILE_PASSPHRASE"};

bool is_executable(const std::string& file) {
  struct ::stat info{};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(file.c_str(), X_OK) == 0;
}

// Relative folders in PATH are passed over: what lies in the current folder is not ours to run.
std::optional<std::string> find_program(const std::string& name, std::string_view path) {
  if (name.starts_with('/')) return is_executable(name) ? std::optional(name) : std::nullopt;
  if (name.find('/') != std::string::npos) return std::nullopt;
  while (!path.empty()) {
    const auto colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    std::string file = std::string(folder) + "/" + name;
    if (folder.starts_with('/') && is_executable(file)) return file;
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  return std::nullopt;
}

Error failed(std::string_view problem) {
  return service_error(kService, problem, Cause::no_credentials)
      .with_hint("run the profile's credential_process by hand: it must print JSON and end with 0");
}

}  // namespace

std::vector<std::string> split_command(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t at = 0; at < command.size(); ++at) {
    const char c = command[at];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && at + 1 < command.size()) {
      words.back() += command[++at];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return {};
  return words;
}

Result<Credentials> process_credentials(const Scene& scene, const std::string& command) {
  std::vector<std::string> words = split_command(command);
  if (words.empty() || words.front().empty()) return fail(failed("it names no program, or a quote in it does not end"));
  const auto file = find_program(words.front(), scene.services.setting("PATH").value_or(""));
  if (!file)
    return fail(failed(base::printable(words.front(), 100) + " is not there, or cannot be run; it is looked for in "
                                                             "PATH unless it begins with a slash"));
  base::ChildOptions options{{}, limits::exec_plugin_time, limits::login_answer_bytes, scene.deadline};
  for (const char* name : kVariables) {
    if (auto value = scene.services.setting(name)) options.environment.emplace(name, *std::move(value));
  }
  const auto run = base::run_child(*file, {words.begin() + 1, words.end()}, {}, options);
  if (!run) return fail(failed(run.error().message()));
  if (run->exit_code != 0)
    return fail(failed(base::printable(words.front(), 100) + " ended with " + std::to_string(run->exit_code)));
  return read_process_answer(run->output.view());
}

Result<Credentials> read_process_answer(BytesView output) {
  const auto json = base::Json::parse(output, "output");
  if (!json) return fail(malformed_answer(kService, json.error()));
  const auto version = base::JsonReader(*json, "output").size("Version");
  if (!version) return fail(malformed_answer(kService, version.error()));
  if (*version != 1)
    return fail(service_error(kService, "its answer is of version " + std::to_string(*version) + ", not 1",
                              Cause::malformed_answer));
  return read_credentials(*json, "SessionToken", kService);
}

}  // namespace hallmark::keys::aws
