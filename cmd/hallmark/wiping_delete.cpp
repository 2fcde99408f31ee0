// Every `delete` of this program overwrites what it gives back: keys, PINs and tokens pass through strings, containers
// and JSON before they come to rest in a Secret. Sanitizers have an operator delete of their own, which keeps the
// memory.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HALLMARK_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HALLMARK_SANITIZED
#endif

#ifndef HALLMARK_SANITIZED

#include <cstdlib>
#include <new>

#include "base/wiped_memory.h"

namespace {

void* aligned(std::size_t size, std::align_val_t alignment) noexcept {
  const auto step = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(step, (size + step - 1) / step * step);  // size must be a multiple of it
}

// As the standard says: the handler may make room, or throw.
template <class Allocate>
void* allocate_or_throw(Allocate allocate) {
  for (;;) {
    if (void* memory = allocate()) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace

// All other forms of new and delete, for arrays, with a size and without exceptions, come down to these.
void* operator new(std::size_t size) {
  return allocate_or_throw([size] { return std::malloc(size == 0 ? 1 : size); });
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw([=] { return aligned(size == 0 ? 1 : size, alignment); });
}
void operator delete(void* memory) noexcept { hallmark::base::wiping_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { hallmark::base::wiping_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { hallmark::base::wiping_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { hallmark::base::wiping_free(memory); }

#endif
