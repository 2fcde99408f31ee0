#include "crypto/scrub.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "hallmark/secret.h"

namespace hallmark::crypto {
namespace {

// The deepest use seen in OpenSSL 3 is under 40 KiB (RSA-4096, fixed-window exponentiation included).
constexpr std::size_t kStackBytes = 128u << 10;

void* take(std::size_t size, const char*, int) { return std::malloc(size); }

void give_back(void* memory, const char*, int) {
  if (memory == nullptr) return;
  wipe({static_cast<std::uint8_t*>(memory), ::malloc_usable_size(memory)});
  std::free(memory);
}

// realloc would move the bytes and leave the old ones behind.
void* resize(void* memory, std::size_t size, const char* file, int line) {
  if (memory == nullptr) return take(size, file, line);
  if (size == 0) {
    give_back(memory, file, line);
    return nullptr;
  }
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(size, ::malloc_usable_size(memory)));
  give_back(memory, file, line);
  return moved;
}

}  // namespace

bool wipe_freed_memory() noexcept { return CRYPTO_set_mem_functions(&take, &resize, &give_back) == 1; }

[[gnu::noinline]] void wipe_stack() noexcept {
  std::array<std::uint8_t, kStackBytes> below;
  wipe(below);
}

}  // namespace hallmark::crypto
