// Keys from passwords, within bounds.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

struct Scrypt {  // RFC 7914
  std::uint64_t n = 65'536;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};

enum class Prf : std::uint8_t { hmac_sha1, hmac_sha256, hmac_sha384, hmac_sha512 };
struct Pbkdf2 {  // RFC 8018 section 5.2
  std::uint64_t iterations = 600'000;
  Prf prf = Prf::hmac_sha256;
};

using Kdf = std::variant<Scrypt, Pbkdf2>;

// "scrypt N=65536 r=8 p=1", "pbkdf2 hmac-sha256 iterations=600000"
[[nodiscard]] std::string describe(const Kdf& kdf);

// Refuses what no sound writer makes or what would take more than limits::scrypt_memory, limits::scrypt_work or
// limits::pbkdf2_iterations. Nothing is computed. Kind of errors: key.
[[nodiscard]] Result<void> check(const Kdf& kdf);

// `check`s first. `size` bytes.
[[nodiscard]] Result<Secret> derive(const Kdf& kdf, const Secret& password, BytesView salt, std::size_t size);

// What a decryption that fails says: a wrong password and an altered file cannot be told apart.
[[nodiscard]] Error wrong_password();

}  // namespace hallmark::keys
