// KeyFile: a key that is text, from a file, a variable or a descriptor, read once.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "crypto/pem.h"
#include "hallmark/key_provider.h"
#include "hallmark/result.h"

namespace hallmark::keys {

struct KeyFile {
  std::string path;  // or "env://NAME", "fd:3"
  crypto::PemBlock pem;
  ::mode_t mode = 0;  // permission bits of a file; of what is none, as if nobody else could read it

  // The label says so, not the contents.
  [[nodiscard]] bool is_private() const;
  // Whether anyone but the owner can read or change it.
  [[nodiscard]] bool is_exposed() const { return (mode & 077) != 0; }
};

// A file, env://NAME, or fd:N, read to its end. A reference with another scheme ("awskms://…", "pkcs11:…") is not a
// file: an error that names the scheme, never "no such file". Kind of errors: key.
// `providers` are those that do not know it: the error lists what they know.
[[nodiscard]] Result<KeyFile> read_key_file(std::string_view reference, const VariableSource& variable,
                                            const KeyProviders* providers = nullptr);

// Null: the reference is of a file, env://NAME or fd:N, or of nothing that options.providers know.
[[nodiscard]] KeyProvider* provider_of(std::string_view reference, const OpenOptions& options);

}  // namespace hallmark::keys
