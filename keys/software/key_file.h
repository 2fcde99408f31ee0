// KeyFile: what a key reference names on disk, read once.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "crypto/pem.h"
#include "hallmark/result.h"

namespace hallmark::keys {

struct KeyFile {
  std::string path;
  crypto::PemBlock pem;
  ::mode_t mode = 0;  // permission bits

  // The label says so, not the contents.
  [[nodiscard]] bool is_private() const;
  // Whether anyone but the owner can read or change it.
  [[nodiscard]] bool is_exposed() const { return (mode & 077) != 0; }
};

// A reference with a scheme ("awskms://…", "env://…", "pkcs11:…") is not a file: an error that names the scheme, never
// "no such file". Kind of errors: key.
[[nodiscard]] Result<KeyFile> read_key_file(std::string_view reference);

}  // namespace hallmark::keys
