// Digest: "sha256:<64 hex>", the identity of everything hallmark speaks of.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark {

enum class DigestAlgorithm : std::uint8_t { sha256, sha384, sha512 };

// Source: image-spec descriptor.md, "Digests". Only registered algorithms, lower-case hex of the exact length.
class Digest {
 public:
  // Kind of errors: malformed.
  [[nodiscard]] static Result<Digest> parse(std::string_view text);
  [[nodiscard]] static Digest of(BytesView bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256);

  [[nodiscard]] DigestAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] std::string_view algorithm_name() const;  // "sha256"
  [[nodiscard]] const std::string& hex() const { return hex_; }
  [[nodiscard]] std::string text() const;  // "sha256:4f2a…"
  // "sha256-4f2a…": the stem of cosign's tags and of the referrers fallback tag.
  [[nodiscard]] std::string tag() const;
  [[nodiscard]] bool matches(BytesView bytes) const;

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  Digest(DigestAlgorithm algorithm, std::string hex) : algorithm_(algorithm), hex_(std::move(hex)) {}
  friend class Hasher;
  DigestAlgorithm algorithm_;
  std::string hex_;
};

}  // namespace hallmark
