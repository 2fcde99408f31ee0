#include "crypto/scrub.h"

#include <openssl/crypto.h>

#include <array>
#include <cstdlib>

#include "base/wiped_memory.h"
#include "hallmark/secret.h"

namespace hallmark::crypto {
namespace {

// The deepest use seen in OpenSSL 3 is under 40 KiB (RSA-4096, fixed-window exponentiation included).
constexpr std::size_t kStackBytes = 128u << 10;

void* take(std::size_t size, const char*, int) { return std::malloc(size); }
void give_back(void* memory, const char*, int) { base::wiping_free(memory); }
void* resize(void* memory, std::size_t size, const char*, int) { return base::wiping_realloc(memory, size); }

}  // namespace

bool wipe_freed_memory() noexcept { return CRYPTO_set_mem_functions(&take, &resize, &give_back) == 1; }

[[gnu::noinline]] void wipe_stack() noexcept {
  std::array<std::uint8_t, kStackBytes> below;
  wipe(below);
}

}  // namespace hallmark::crypto
