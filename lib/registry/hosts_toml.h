// HostsToml: containerd's hosts.toml, which says where a registry is and by which mirrors it may be reached.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hallmark/result.h"
#include "net/http_client.h"

namespace hallmark::registry {

// One [host."…"] table, or the top level for the `server` itself.
struct HostEntry {
  std::string url;  // "https://mirror.example:5000/v2", as written; empty at the top level without `server`
  std::optional<std::vector<std::string>> capabilities;  // "pull", "resolve", "push"; nothing: the key is absent
  net::TlsOptions tls;                                   // paths made absolute against the file's folder
  net::Headers headers;
  bool override_path = false;  // the URL's path is the API's root as it stands; else "/v2" is appended

  [[nodiscard]] bool can(std::string_view capability, bool when_absent) const;
};

// Source: containerd docs/hosts.md. Unknown keys are passed over, as containerd does; known ones of another type are
// errors. Kind of errors: config, with file and line.
struct HostsToml {
  HostEntry server;
  std::vector<HostEntry> hosts;  // in the order of the file

  [[nodiscard]] static Result<HostsToml> parse(std::string_view text, const std::filesystem::path& file);
};

}  // namespace hallmark::registry
