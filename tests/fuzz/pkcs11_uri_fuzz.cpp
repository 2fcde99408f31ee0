// References to keys on tokens: what is taken names a key and a file at most, and says so in text that a terminal can
// show.
#include <cstdlib>

#include "base/encoding.h"
#include "keys/pkcs11/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  const auto kit = keys::token::Kit::load();
  if (!kit) std::abort();
  const auto uri = keys::token::TokenUri::parse(**kit, std::string(as_text({data, size})));
  if (!uri) {
    const auto& message = uri.error().message();
    if (uri.error().kind() != Outcome::key || message.empty() || base::printable(message, message.size()) != message)
      std::abort();
    return 0;
  }
  if (!uri->object && !uri->id) std::abort();
  if (!uri->module_path.empty() && uri->module_path[0] != '/') std::abort();
  if (!uri->pin_source.empty() && uri->pin_source[0] != '/') std::abort();
  if (uri->pin && !uri->pin_source.empty()) std::abort();
  if (base::printable(uri->text, uri->text.size()) != uri->text || uri->key_name().empty()) std::abort();
  return 0;
}
