// login: where a registry's credentials are kept for the next command, of ours and of the peers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark {

struct LoginOptions {
  std::filesystem::path auth_file;  // docker's config.json or podman's auth.json; made (0600) when missing
  std::string helper_path;          // PATH in which docker-credential-* are looked for; empty: no helpers
  std::map<std::string, std::string> helper_environment;  // what a helper may see (HOME, …)
};

// Where credentials went or came from: "~/.docker/config.json", "docker-credential-pass".
struct LoginPlace {
  std::string text;
  bool plain_text = false;  // a file that holds the password unencrypted: worth a word to the user
};

// The registry that is meant, as credentials are kept for it: "docker.io" for its aliases. Kind of errors: usage, for
// what is no host[:port].
[[nodiscard]] Result<std::string> login_host(std::string_view registry);

// Keeps user and password for a registry (host[:port]; docker.io and its aliases are one): with the credential helper
// that the file names for this host (credHelpers, credsStore), else in the file itself, which is replaced as a whole
// with mode 0600; everything else in it stays. Asks no registry: see RegistryClient::check_login. Kind of errors: usage
// for a host, user or password that no file can hold, config for the rest.
[[nodiscard]] Result<LoginPlace> store_login(std::string_view registry, std::string_view user, const Secret& password,
                                             const LoginOptions& options);

// Forgets them; false when there were none.
[[nodiscard]] Result<bool> erase_login(std::string_view registry, const LoginOptions& options);

}  // namespace hallmark
