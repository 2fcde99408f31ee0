// Cause: why a key cannot be used, in one word that scripts can act on.
#pragma once

#include <cstdint>
#include <string_view>

namespace hallmark {

// Goes with errors of kind `key`; what JSON calls "cause". docs/outcomes.md says what to do about each.
enum class Cause : std::uint8_t {
  none,
  no_credentials,       // none were found; the message says where was looked
  expired_credentials,  // a token, a certificate or a session is past its end
  refused_credentials,  // the service does not know them, or they are wrongly signed
  access_denied,        // known, but not allowed; the message names the action and the key
  not_found,            // no such key, version, token, handle or secret, or the reference cannot name one
  disabled,             // the key is switched off, or not yet on
  pending_deletion,     // scheduled for deletion, or destroyed
  wrong_key,            // its algorithm or usage cannot sign
  wrong_answer,         // another key, algorithm or digest than asked for, or a signature that does not verify
  malformed_answer,     // too large, truncated, redirected, of another type
  throttled,            // too many requests, after waiting
  wrong_region,         // the key lives in another region
  clock_skew,           // this machine's clock and the service's differ too much
  unreachable,          // DNS, connect, TLS, proxy, time-out, 5xx
  wrong_pin,            // a PIN or password is wrong; the message says how many tries are left where that is known
  locked,               // too many wrong PINs: the token or TPM takes none for now
  token_full,           // no room for another key or session
  exists,               // a key of that name is there already: nothing was written
  unsupported,          // the provider, or this program, cannot do that
};

// "no-credentials", "access-denied", …; `exists` is "already-exists"; "" for none.
[[nodiscard]] std::string_view word(Cause cause);

}  // namespace hallmark
