#include "hallmark/trust.h"

namespace hallmark {

std::string without_pin(std::string_view reference) {
  constexpr std::string_view kName = "pin-value=";
  const std::size_t query = reference.find('?');
  if (!reference.starts_with("pkcs11:") || query == std::string_view::npos) return std::string(reference);
  std::string kept(reference.substr(0, query));
  char separator = '?';
  for (std::size_t at = query + 1; at <= reference.size();) {
    const std::size_t end = std::min(reference.find('&', at), reference.size());
    const std::string_view attribute = reference.substr(at, end - at);
    at = end + 1;
    if (attribute.empty() || attribute.starts_with(kName)) continue;
    kept += separator;
    kept += attribute;
    separator = '&';
  }
  return kept;
}

}  // namespace hallmark
