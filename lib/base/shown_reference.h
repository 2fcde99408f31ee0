// A reference of a key as a message may show it: what was typed, without the secrets that stand in it, in their place
// or by mistake.
#pragma once

#include <string>
#include <string_view>

namespace hallmark::base {

// Whatever looks like a secret is "…", in any text, well-formed or not, and rather too much of it than too little:
// - what follows "pin-value", in any case, percent-encoded or not, anywhere;
// - the value of what is named like a PIN, a password or a secret, anywhere; of a token, but in "pkcs11:…", where
//   token= is a label;
//   each up to the end, or to the next "module-path=" or the like behind one of "?&;";
// - user and password before an "@", behind "scheme://".
// The same again changes nothing.
[[nodiscard]] std::string without_secrets(std::string_view reference);

// The same, printable.
[[nodiscard]] std::string shown_reference(std::string_view reference, std::size_t most = 200);

}  // namespace hallmark::base
