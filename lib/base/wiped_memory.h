// What malloc gave, given back without leaving behind what was in it.
#pragma once

#include <cstddef>

namespace hallmark::base {

// All of the block that can have been written to is overwritten first.
void wiping_free(void* memory) noexcept;
// As realloc, but what the bytes move away from is overwritten. 0 bytes: it is given back.
[[nodiscard]] void* wiping_realloc(void* memory, std::size_t size) noexcept;

}  // namespace hallmark::base
