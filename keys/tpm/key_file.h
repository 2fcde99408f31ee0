// TpmKeyFile: a key that only one TPM can load, kept outside of it: "TSS2 PRIVATE KEY" in PEM.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::keys {

inline constexpr std::string_view kTpmKeyLabel = "TSS2 PRIVATE KEY";

// TPMKey of draft-woodhouse-cert-best-practice, as tpm2-openssl, tpm2-tss-engine and tpm2_encodeobject write it:
//
//   TPMKey ::= SEQUENCE {
//     type        OBJECT IDENTIFIER,                -- 2.23.133.10.1.3: loadable
//     emptyAuth   [0] EXPLICIT BOOLEAN OPTIONAL,
//     policy      [1] EXPLICIT SEQUENCE OF TPMPolicy OPTIONAL,
//     secret      [2] EXPLICIT OCTET STRING OPTIONAL,
//     authPolicy  [3] EXPLICIT SEQUENCE OF TPMAuthPolicy OPTIONAL,
//     description [4] EXPLICIT UTF8String OPTIONAL,
//     rsaParent   [5] EXPLICIT BOOLEAN OPTIONAL,
//     parent      INTEGER,
//     pubkey      OCTET STRING,                     -- TPM2B_PUBLIC
//     privkey     OCTET STRING }                    -- TPM2B_PRIVATE
//
// Policies, importable and sealed keys and RSA primaries are refused (cause unsupported).
struct TpmKeyFile {
  bool empty_auth = false;  // the key has no password; absent: it has one
  std::uint32_t parent = 0;
  Bytes public_area;
  Bytes private_area;  // encrypted by the TPM that made it: no secret

  [[nodiscard]] static Result<TpmKeyFile> parse(BytesView der);
  [[nodiscard]] static Result<TpmKeyFile> from_pem(std::string_view text);
  // At most limits::tpm_blob_bytes. Kind of all errors: key.
  [[nodiscard]] static Result<TpmKeyFile> read(const std::filesystem::path& path);

  [[nodiscard]] Bytes der() const;
  [[nodiscard]] std::string pem() const;
};

// Parents that a file may name: a persistent object, or a hierarchy, which stands for its default primary: ECC P-256,
// of storage_primary() in templates.h.
[[nodiscard]] bool is_hierarchy(std::uint32_t parent);

}  // namespace hallmark::keys
