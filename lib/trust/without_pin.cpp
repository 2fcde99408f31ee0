#include "base/shown_reference.h"
#include "hallmark/trust.h"

namespace hallmark {

std::string without_pin(std::string_view typed) {
  // A PIN in a place where none is read, or with a raw "&" in it: such a reference names no key, and is shown.
  const std::string blotted = base::without_secrets(typed);
  const std::string_view reference = blotted;
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
