#include "base/encoding.h"
#include "base/shown_reference.h"
#include "hallmark/key_provider.h"

namespace hallmark::keys {

Result<PublicKey> KeyProvider::create(const std::string& reference, const KeyType& /*type*/) {
  return fail(Error(Outcome::key, "keys of \"" + base::printable(scheme()) + ":\" cannot be made by hallmark (" +
                                      base::shown_reference(reference) + ")")
                  .because(Cause::unsupported)
                  .with_hint("make the key with the tools of its service, then name it with --key"));
}

KeyProvider* KeyProviders::find(std::string_view reference) const {
  for (const auto& provider : providers_) {
    const auto scheme = provider->scheme();
    if (reference.size() > scheme.size() && reference.starts_with(scheme) && reference[scheme.size()] == ':')
      return provider.get();
  }
  return nullptr;
}

}  // namespace hallmark::keys
