#include "policy/key_file.h"

#include <algorithm>
#include <array>

namespace hallmark::policy {

namespace fs = std::filesystem;

std::optional<fs::path> key_file(const Policy& policy, const PolicyKey& key) {
  constexpr std::array<std::string_view, 3> kSchemes = {"fd:", "pkcs11:", "tpm:"};
  if (key.kind != PolicyKey::Kind::reference || key.text.find("://") != std::string::npos) return std::nullopt;
  if (std::ranges::any_of(kSchemes, [&](std::string_view scheme) { return key.text.starts_with(scheme); }))
    return std::nullopt;
  return fs::path(policy.files()[key.place.file]).parent_path() / key.text;
}

}  // namespace hallmark::policy
