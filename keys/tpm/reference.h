// TpmReference: "tpm:handle=0x81000010?tcti=device:/dev/tpmrm0" taken apart, and which TPM it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hallmark/result.h"
#include "keys/provider/services.h"

namespace hallmark::keys {

// TPM 2.0 Library, Part 2, section 7.4: handles of persistent objects; the upper half is the platform's.
inline constexpr std::uint32_t kFirstPersistent = 0x81000000;
inline constexpr std::uint32_t kFirstOfPlatform = 0x81800000;
inline constexpr std::uint32_t kLastPersistent = 0x81ffffff;

[[nodiscard]] inline bool is_persistent(std::uint64_t handle) {
  return handle >= kFirstPersistent && handle <= kLastPersistent;
}
[[nodiscard]] std::string handle_text(std::uint32_t handle);  // "0x81000010"

struct TpmReference {
  std::string text;                     // as typed, made printable
  std::optional<std::uint32_t> handle;  // of a persistent object, else:
  std::string file;                     // path of a key file
  std::optional<std::string> tcti;      // as typed, where it says one

  // "tpm:handle=0x" and up to eight hexadecimal digits, or "tpm:file=PATH", either with "?tcti=NAME[:CONFIGURATION]".
  // %XX stands for a byte, so that a path can have '?' and '%'. Kind of errors: key; they say the right form.
  [[nodiscard]] static Result<TpmReference> parse(const std::string& reference);
  // How messages name the key: "TPM key 0x81000010", "TPM key release.pem".
  [[nodiscard]] std::string name() const;
};

// How to reach a TPM: a driver of tpm2-tss (TPM Command Transmission Interface) and what it is told.
struct Tcti {
  std::string driver;         // "device", "swtpm", "mssim" or "tabrmd"
  std::string configuration;  // "/dev/tpmrm0", "host=127.0.0.1,port=2321"

  // NAME[:CONFIGURATION]. Only these names: the loader of tpm2-tss loads any library whose path it is given, and the
  // driver "cmd" runs a program. `source` is where it comes from: "TPM2TOOLS_TCTI". Kind of errors: key.
  [[nodiscard]] static Result<Tcti> parse(std::string_view text, std::string_view source);
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const Tcti&, const Tcti&) = default;
};

// The reference's own, else HALLMARK_TPM_TCTI, else TPM2TOOLS_TCTI, else device:/dev/tpmrm0.
[[nodiscard]] Result<Tcti> tcti_for(const TpmReference& reference, const Services& services);

}  // namespace hallmark::keys
