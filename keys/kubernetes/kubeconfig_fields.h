// KubeconfigFields: the members of one mapping of a kubeconfig, read into types.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

// What is absent or null reads as empty. Errors begin "FILE:LINE:COLUMN: " and name the key; kind: key.
class KubeconfigFields {
 public:
  KubeconfigFields(const base::Yaml& mapping, const std::filesystem::path& file) : mapping_(&mapping), file_(&file) {}
  // An error where the value is neither a mapping nor nothing.
  [[nodiscard]] static Result<KubeconfigFields> of(const base::Yaml& value, const std::filesystem::path& file,
                                                   std::string_view what);

  [[nodiscard]] bool has(std::string_view key) const;  // present, and neither null nor an empty text
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key) const;
  [[nodiscard]] Result<Secret> base64(std::string_view key) const;
  // Relative to the folder of the kubeconfig.
  [[nodiscard]] Result<std::filesystem::path> path(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] Result<std::vector<KubeconfigFields>> mappings(std::string_view key) const;
  [[nodiscard]] Result<KubeconfigFields> mapping(std::string_view key) const;  // empty where it is absent
  // Any value, as JSON; numbers and other plain texts as YAML 1.2 understands them.
  [[nodiscard]] base::Json json(std::string_view key) const;

  [[nodiscard]] Error error(const base::Yaml& at, std::string_view problem) const;
  [[nodiscard]] const base::Yaml& value() const { return *mapping_; }

 private:
  const base::Yaml* mapping_;
  const std::filesystem::path* file_;
};

}  // namespace hallmark::keys
