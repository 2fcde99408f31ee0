#include "hallmark/digest.h"

#include <array>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace hallmark {
namespace {

struct AlgorithmRow {
  DigestAlgorithm algorithm;
  std::string_view name;
  std::size_t hex_digits;
};
constexpr std::array<AlgorithmRow, 3> kAlgorithms{{
    {DigestAlgorithm::sha256, "sha256", 64},
    {DigestAlgorithm::sha384, "sha384", 96},
    {DigestAlgorithm::sha512, "sha512", 128},
}};

const AlgorithmRow& row(DigestAlgorithm algorithm) { return kAlgorithms.at(static_cast<std::size_t>(algorithm)); }

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::unexpected<Error> bad_digest(std::string_view text, std::string_view why) {
  return fail(Outcome::malformed, "digest \"" + base::printable(text, 160) + "\": " + std::string(why));
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return bad_digest(text, "expected sha256: and 64 hex digits");
  const auto name = text.substr(0, colon);
  const auto hex = text.substr(colon + 1);
  for (const auto& known : kAlgorithms) {
    if (name != known.name) continue;
    if (hex.size() != known.hex_digits)
      return bad_digest(text, "expected " + std::to_string(known.hex_digits) + " hex digits after " +
                                  std::string(known.name) + ":, found " + std::to_string(hex.size()));
    for (const char c : hex)
      if (!is_lower_hex(c)) return bad_digest(text, "expected lower-case hex digits only");
    return Digest(known.algorithm, std::string(hex));
  }
  return bad_digest(text, "expected sha256:, sha384: or sha512:");
}

Digest Digest::of(BytesView bytes, DigestAlgorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

std::string_view Digest::algorithm_name() const { return row(algorithm_).name; }
std::string Digest::text() const { return std::string(algorithm_name()) + ":" + hex_; }
std::string Digest::tag() const { return std::string(algorithm_name()) + "-" + hex_; }
bool Digest::matches(BytesView bytes) const { return of(bytes, algorithm_) == *this; }

}  // namespace hallmark
