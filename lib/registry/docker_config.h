// DockerConfig: the credentials part of docker's config.json and podman's auth.json.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "registry/credential.h"

namespace hallmark::registry {

// "docker.io" for every name Docker Hub goes by, else the host in lower case. Source: docker's registry package.
[[nodiscard]] std::string credential_host(std::string_view registry);
// The key of `auths` without scheme and without docker's "/v1/" or "/v2/" behind the host; a path that is left is
// podman's: it narrows the key to repositories below it. Nothing for what is no key of a registry.
[[nodiscard]] std::optional<std::string> auth_key(std::string_view key);

// Sources: docker CLI, cli/config/configfile; containers/image docs/containers-auth.json.5.md.
class DockerConfig {
 public:
  // `what` names the file in errors. Kind of errors: config. An entry that cannot be read spoils only itself: it is an
  // error when its own registry is asked for.
  [[nodiscard]] static Result<DockerConfig> parse(BytesView bytes, const std::string& what);

  [[nodiscard]] const std::string& file() const { return what_; }
  // The helper that this file names for the host ("pass" for docker-credential-pass): of credHelpers, else credsStore.
  [[nodiscard]] std::optional<std::string> helper_for(std::string_view host) const;
  [[nodiscard]] std::set<std::string> helpers() const;  // all that it names
  // The most specific entry: host/a/b, host/a, host. Host and port must be the same; nothing matches by a part of a
  // name.
  [[nodiscard]] Result<std::optional<Credential>> find(std::string_view host, std::string_view repository) const;

 private:
  struct Entry {
    std::string key;  // as in the file
    base::Json value;
  };
  [[nodiscard]] Result<std::optional<Credential>> read(const Entry& entry) const;

  std::string what_;
  std::map<std::string, Entry> auths_;
  std::map<std::string, std::string> helpers_;
  std::string store_;
};

}  // namespace hallmark::registry
