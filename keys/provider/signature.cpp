#include "keys/provider/signature.h"

#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"

namespace hallmark::keys {

Hash hash_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p384:
      return Hash::sha384;
    case KeyAlgorithm::ecdsa_p521:
      return Hash::sha512;
    case KeyAlgorithm::ed25519:
      return Hash::none;
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      break;
  }
  return Hash::sha256;
}

Bytes hashed(Hash hash, BytesView message) {
  switch (hash) {
    case Hash::sha256:
      return crypto::sha256(message);
    case Hash::sha384:
      return crypto::sha384(message);
    case Hash::sha512:
      return crypto::sha512(message);
    case Hash::none:
      break;
  }
  return {message.begin(), message.end()};
}

Result<Bytes> checked_signature(const PublicKey& key, BytesView message, Bytes signature, std::string_view service) {
  if (key.verify(message, signature)) return signature;
  return fail(Error(Outcome::key, std::string(service) + " answered with a signature that the public key " +
                                      key.id().substr(0, 12) + " does not verify: nothing was published")
                  .because(Cause::wrong_answer)
                  .with_hint("another key, algorithm or digest was signed: the service, or what lies before it, is not "
                             "to be trusted until this is explained"));
}

Result<Bytes> ecdsa_der(KeyAlgorithm algorithm, BytesView r_and_s, std::string_view service) {
  const crypto::Curve* curve = crypto::curve_of(algorithm);
  if (curve == nullptr || r_and_s.size() != 2 * curve->field_bytes)
    return fail(Error(Outcome::key, std::string(service) + " answered with a signature of " +
                                        std::to_string(r_and_s.size()) + " bytes, which is none of this key's")
                    .because(Cause::wrong_answer));
  const Bytes r = crypto::der_integer(r_and_s.first(curve->field_bytes));
  const Bytes s = crypto::der_integer(r_and_s.subspan(curve->field_bytes));
  return crypto::der(crypto::tag::sequence, {r, s});
}

}  // namespace hallmark::keys
