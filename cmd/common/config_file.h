// ConfigFile: /etc/hallmark/config.yaml, what an administrator sets once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/common/environment.h"
#include "hallmark/result.h"

namespace hallmark::cmd {

inline constexpr const char* kConfigFile = "/etc/hallmark/config.yaml";

struct ConfigFile {
  std::vector<std::string> policy;  // `policy`: files or folders; empty: not set
  std::string policy_key;           // `policy-key`: policies must be signed by it; empty: they need not

  // The file that HALLMARK_CONFIG names, else /etc/hallmark/config.yaml, which need not exist. Paths in it are relative
  // to its folder. Kind of errors: config, with file, line, column and key.
  [[nodiscard]] static Result<ConfigFile> read(const Environment& environment);
};

}  // namespace hallmark::cmd
