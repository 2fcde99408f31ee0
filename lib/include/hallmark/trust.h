// TrustFile: public keys that are pinned to the references by which they were fetched, so that verifying asks nobody.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/key.h"
#include "hallmark/result.h"

namespace hallmark {

struct Pin {
  std::string reference;  // "awskms:///alias/release", as typed
  PublicKey key;
  Time pinned;  // when it was fetched
};

// JSON, read strictly:
//   {"version": 1, "pins": [{"key": REFERENCE, "id": HEX, "algorithm": "ecdsa-p256", "pem": …, "pinned": RFC 3339}]}
// A member that is missing or unknown, a reference that stands there twice, an id or algorithm that is not the key's:
// an error. At most limits::trust_pins in limits::trust_file_bytes.
class TrustFile {
 public:
  // `name` opens every message. Kind of errors: config.
  [[nodiscard]] static Result<TrustFile> parse(BytesView json, std::string_view name);
  // Without pins where there is no such file.
  [[nodiscard]] static Result<TrustFile> read(const std::filesystem::path& file);

  // Null: it is not pinned. A PIN in the reference (pin-value of a PKCS#11 URI) counts for nothing.
  [[nodiscard]] const Pin* find(std::string_view reference) const;
  [[nodiscard]] const std::vector<Pin>& pins() const { return pins_; }

  // Another key under a reference that is pinned is expect_pinned's error, and nothing changes; with `replace` it takes
  // the other's place. The same key again changes nothing. A PIN in the reference is left out. Kind of errors: key;
  // config where it is full.
  [[nodiscard]] Result<void> add(Pin pin, bool replace);
  // Whether it was there.
  bool remove(std::string_view reference);
  [[nodiscard]] std::string json() const;

 private:
  std::vector<Pin> pins_;  // in the order of their references
};

// The key that a service answers with is the one that was pinned. Kind of errors: key, cause wrong_answer; it names
// both keys.
[[nodiscard]] Result<void> expect_pinned(const Pin& pin, const PublicKey& answered);

// For who asks no key service: what to do about a key that is not pinned in this file. Cause: unsupported.
[[nodiscard]] Error not_pinned(std::string_view reference, const std::filesystem::path& file);

// Reads the file, has `change` change it and writes it anew, mode 0644, atomically: one process at a time, by a lock
// file beside it. Its folder is made where it is missing. An error of `change` leaves it as it was.
[[nodiscard]] Result<void> change_trust_file(const std::filesystem::path& file,
                                             const std::function<Result<void>(TrustFile&)>& change);

// The reference as it may be printed and kept: without the PIN that a PKCS#11 URI can carry (RFC 7512 section 2.4,
// pin-value).
[[nodiscard]] std::string without_pin(std::string_view reference);

}  // namespace hallmark
