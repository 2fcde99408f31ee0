#include "keys/provider/services.h"

namespace hallmark::keys {

std::optional<Secret> Services::secret(const std::string& name) const {
  if (!variable) return std::nullopt;
  auto value = variable(name);
  if (!value || value->empty()) return std::nullopt;
  return value;
}

std::optional<std::string> Services::setting(const std::string& name) const {
  const auto value = secret(name);
  if (!value) return std::nullopt;
  return std::string(value->text());
}

std::optional<std::string> Services::first_setting(std::initializer_list<const char*> names) const {
  for (const char* name : names)
    if (auto value = setting(name)) return value;
  return std::nullopt;
}

}  // namespace hallmark::keys
