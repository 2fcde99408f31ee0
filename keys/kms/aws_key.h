// KmsKey: what KMS says of a key, and what is believed of it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "hallmark/keys.h"
#include "keys/kms/aws_reference.h"

namespace hallmark::keys::aws {

struct KmsKey {
  Arn arn;  // its text is the id alone where the service said no more
  PublicKey public_key;
  std::string signing_algorithm;  // "ECDSA_SHA_256"
};

// The answer of GetPublicKey. Another key than was asked for in the region that was asked is wrong_answer; a key that
// does not sign, or not with an algorithm of docs/keys.md, is wrong_key. RSA keys sign with PKCS#1 v1.5, as with
// cosign; one that offers only PSS is handed out as id-RSASSA-PSS. Kind of errors: key.
[[nodiscard]] Result<KmsKey> read_public_key(const base::Json& answer, const Reference& asked,
                                             const std::string& region);

// The answer of Sign: by this key, with its algorithm. The caller verifies the signature.
[[nodiscard]] Result<Bytes> read_signature(const base::Json& answer, const KmsKey& key);

// The answer of DescribeKey, and the one of CreateKey.
struct KeyDescription {
  Arn arn;
  std::string state;   // "Enabled"
  std::string origin;  // "AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"
  bool multi_region = false;
};
[[nodiscard]] Result<KeyDescription> read_description(const base::Json& answer);

// "ECC_NIST_P256" and the like; empty: KMS has no such keys.
[[nodiscard]] std::string key_spec(const KeyType& type);

}  // namespace hallmark::keys::aws
