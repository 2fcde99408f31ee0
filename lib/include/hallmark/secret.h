// Secret: bytes that leave no trace: wiped when dropped, kept out of core dumps, locked where the limits allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hallmark/bytes.h"

namespace hallmark {

// Move-only owner of a wiped buffer of fixed size. There is no conversion to std::string, on purpose.
class Secret {
 public:
  Secret() = default;
  // Zero-filled, to be written into through `writable`.
  explicit Secret(std::size_t size);
  // Copies; the caller wipes the source if it is one.
  static Secret copy_of(BytesView bytes);
  static Secret copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] BytesView view() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const { return as_text(view()); }
  [[nodiscard]] std::span<std::uint8_t> writable() { return {data_, size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Drops the tail, wiping it: for "read up to N bytes".
  void shrink(std::size_t size);

 private:
  void release() noexcept;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Overwrites memory in a way the compiler may not remove.
void wipe(std::span<std::uint8_t> memory) noexcept;

}  // namespace hallmark
