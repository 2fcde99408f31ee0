// What OpenSSL and the stack would keep of secrets, overwritten.
#pragma once

namespace hallmark::crypto {

// From now on memory that OpenSSL gives back is wiped first. OpenSSL clears its keys, but not every buffer that a key
// went through. Must come before its first use in the process; false: it came too late.
[[nodiscard]] bool wipe_freed_memory() noexcept;

// Overwrites the part of the stack below the caller, where functions that have returned left their locals. OpenSSL's
// curve arithmetic leaves scalars there.
void wipe_stack() noexcept;

// Calls wipe_stack when the scope ends. The scope must be that of a function which calls what handles the secret.
class StackWiper {
 public:
  StackWiper() = default;
  StackWiper(const StackWiper&) = delete;
  StackWiper& operator=(const StackWiper&) = delete;
  ~StackWiper() { wipe_stack(); }
};

}  // namespace hallmark::crypto
