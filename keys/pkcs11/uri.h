// TokenUri: a reference "pkcs11:…" (RFC 7512), taken apart by p11-kit, within rules that leave one meaning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hallmark/secret.h"
#include "keys/pkcs11/kit.h"

namespace hallmark::keys::token {

// How an RSA key signs where the token does not say.
enum class Padding : std::uint8_t { unsaid, pkcs1, pss };

struct FreeUri {
  const Kit* kit;
  void operator()(P11KitUri* uri) const noexcept { kit->uri_free(uri); }
};

// `object "release", id 01ab`; what is not there, or empty, is left out.
[[nodiscard]] std::string key_words(const std::optional<std::string>& object, const std::optional<Bytes>& id);

struct TokenUri {
  std::string text;  // as typed, without a PIN: for messages
  std::unique_ptr<P11KitUri, FreeUri> handle;
  std::optional<std::string> object;  // CKA_LABEL; this or `id` is there
  std::optional<Bytes> id;            // CKA_ID
  std::string module_path;            // absolute, or empty
  std::string module_name;            // "softhsm2"; or empty
  std::optional<Secret> pin;          // pin-value
  std::string pin_source;             // the path of a file; or empty
  Padding padding = Padding::unsaid;  // hallmark-padding=pss
  std::optional<CK_SLOT_ID> slot;

  // Attributes are those of RFC 7512 and "hallmark-padding"; each once, none empty; unknown ones are errors, because
  // ignored they would select more than was meant. type= may name either half of the pair. "pin-source=|command" is
  // refused. Kind of errors: key; the PIN stands in none.
  [[nodiscard]] static Result<TokenUri> parse(const Kit& kit, const std::string& reference);
  // What is looked for on the token.
  [[nodiscard]] std::string key_name() const { return key_words(object, id); }
};

}  // namespace hallmark::keys::token
