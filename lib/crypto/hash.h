// Hasher: SHA-2 over a stream.
#pragma once

#include <memory>
#include <span>

#include "hallmark/bytes.h"
#include "hallmark/digest.h"

namespace hallmark {

class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(BytesView bytes);
  [[nodiscard]] Digest finish();  // once
  struct State;

 private:
  std::unique_ptr<State> state_;
  DigestAlgorithm algorithm_;
};

namespace crypto {
[[nodiscard]] Bytes sha256(BytesView bytes);
[[nodiscard]] Bytes sha384(BytesView bytes);
[[nodiscard]] Bytes sha512(BytesView bytes);
// From OpenSSL's generator; a failure ends the process (nothing sound can follow).
void random_bytes(std::span<std::uint8_t> into);
[[nodiscard]] Bytes random_bytes(std::size_t count);
}  // namespace crypto

}  // namespace hallmark
