#include "keys/software/private_key.h"

#include <algorithm>
#include <optional>

#include "base/try.h"
#include "crypto/scrub.h"
#include "keys/software/private_parts.h"

namespace hallmark::keys {
namespace {

namespace tag = crypto::tag;
using crypto::DerReader;

constexpr std::string_view kWhat = "private key";

// What a form of key says: the parts, and the contents of PKCS#8's OCTET STRING in the form that we write.
struct Inner {
  PrivateParts parts;
  Secret written;
};

std::unexpected<Error> mismatch() {
  return fail(Outcome::malformed, "private key: the public key in it is not that of the private one");
}

bool same(BytesView a, BytesView b) { return std::ranges::equal(a, b); }

Secret write_sec1(const crypto::Curve& curve, BytesView scalar, BytesView point) {
  static constexpr std::uint8_t kVersion = 1;
  static constexpr std::uint8_t kNoUnusedBits = 0;
  Secret padded(curve.field_bytes);  // RFC 5915: as long as the order
  std::ranges::copy(scalar, padded.writable().last(scalar.size()).begin());
  const auto version = crypto::der(tag::integer, {{&kVersion, 1}});
  const auto octets = crypto::der_secret(tag::octet_string, {padded.view()});
  const auto bits = crypto::der(tag::bit_string, {{&kNoUnusedBits, 1}, point});
  return crypto::der_secret(tag::sequence, {version, octets.view(), crypto::der(tag::context_1, {bits})});
}

struct Sec1 {
  BytesView scalar;
  std::optional<KeyAlgorithm> curve;
  std::optional<BytesView> point;
};

// ECPrivateKey, RFC 5915 section 3.
Result<Sec1> parse_sec1(BytesView der) {
  DerReader outer(der, kWhat);
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(const auto version, reader.small_integer());
  if (version != 1) return reader.error("the version of the EC key is not 1");
  Sec1 key;
  HM_TRY(key.scalar, reader.take(tag::octet_string));
  if (reader.next_is(tag::context_0)) {
    HM_TRY(auto parameters, reader.enter(tag::context_0));
    HM_TRY(key.curve, crypto::read_curve(parameters));
    HM_DO(parameters.end());
  }
  if (reader.next_is(tag::context_1)) {
    HM_TRY(auto bits, reader.enter(tag::context_1));
    HM_TRY(key.point, bits.bit_string());
    HM_DO(bits.end());
  }
  HM_DO(reader.end());
  return key;
}

Result<Inner> open_sec1(const Sec1& key, KeyAlgorithm algorithm) {
  const auto& curve = *crypto::curve_of(algorithm);
  auto scalar = key.scalar;  // padded to the order by RFC 5915, and not by some writers
  while (!scalar.empty() && scalar[0] == 0) scalar = scalar.subspan(1);
  HM_TRY(auto parts, make_ecdsa(curve, scalar));
  if (key.point && !same(*key.point, parts.public_contents)) return mismatch();
  auto written = write_sec1(curve, scalar, parts.public_contents);
  return Inner{std::move(parts), std::move(written)};
}

// RSAPrivateKey, RFC 8017 appendix A.1.2.
Result<Inner> open_pkcs1(BytesView der) {
  DerReader outer(der, kWhat);
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(const auto version, reader.small_integer());
  if (version != 0) return reader.error("RSA keys of more than two primes are not accepted");
  RsaNumbers numbers;
  for (auto* number :
       {&numbers.n, &numbers.e, &numbers.d, &numbers.p, &numbers.q, &numbers.dp, &numbers.dq, &numbers.qi}) {
    HM_TRY(*number, reader.unsigned_integer());
  }
  HM_DO(reader.end());
  HM_TRY(auto parts, make_rsa(numbers));
  return Inner{std::move(parts), Secret::copy_of(der)};
}

// CurvePrivateKey, RFC 8410 section 7.
Result<Inner> open_ed25519(BytesView der) {
  DerReader reader(der, kWhat);
  HM_TRY(const auto seed, reader.take(tag::octet_string));
  HM_DO(reader.end());
  HM_TRY(auto parts, make_ed25519(seed));
  return Inner{std::move(parts), Secret::copy_of(der)};
}

Result<Inner> open_inner(KeyAlgorithm algorithm, BytesView contents) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      return open_pkcs1(contents);
    case KeyAlgorithm::ed25519:
      return open_ed25519(contents);
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::ecdsa_p384:
    case KeyAlgorithm::ecdsa_p521:
      break;
  }
  HM_TRY(const auto key, parse_sec1(contents));
  if (key.curve && *key.curve != algorithm)
    return fail(Outcome::malformed, "private key: it names two different curves");
  return open_sec1(key, algorithm);
}

Result<PrivateKey> assemble(const Bytes& algorithm, Inner inner) {
  HM_TRY(auto public_key, PublicKey::from_der(crypto::write_spki(algorithm, inner.parts.public_contents)));
  static constexpr std::uint8_t kVersion = 0;
  const auto version = crypto::der(tag::integer, {{&kVersion, 1}});
  const auto octets = crypto::der_secret(tag::octet_string, {inner.written.view()});
  auto pkcs8 = crypto::der_secret(tag::sequence, {version, algorithm, octets.view()});
  return PrivateKey{std::move(inner.parts.handle), std::move(public_key), std::move(pkcs8)};
}

// OneAsymmetricKey, RFC 5958 section 2: PKCS#8 and its second version, which may hold the public key.
Result<PrivateKey> parse_pkcs8(BytesView der) {
  DerReader outer(der, kWhat);
  HM_TRY(auto reader, outer.enter(tag::sequence));
  HM_DO(outer.end());
  HM_TRY(const auto version, reader.small_integer());
  if (version > 1) return reader.error("the version of the PKCS#8 is neither 1 nor 2");
  HM_TRY(const auto identifier, crypto::read_algorithm(reader));
  HM_TRY(const auto contents, reader.take(tag::octet_string));
  if (reader.next_is(tag::context_0)) HM_DO(reader.take(tag::context_0));  // attributes: nothing we know
  HM_TRY(auto inner, open_inner(identifier.algorithm, contents));
  if (version == 1 && reader.next_is(tag::primitive_1)) {
    HM_TRY(const auto told, reader.take(tag::primitive_1));
    if (told.empty() || told[0] != 0 || !same(told.subspan(1), inner.parts.public_contents)) return mismatch();
  }
  HM_DO(reader.end());
  return assemble(identifier.der, std::move(inner));
}

Result<PrivateKey> parse_bare_sec1(BytesView der) {
  HM_TRY(const auto key, parse_sec1(der));
  if (!key.curve) return fail(Outcome::malformed, "private key: the EC key does not name its curve");
  HM_TRY(auto inner, open_sec1(key, *key.curve));
  return assemble(crypto::write_algorithm(*key.curve), std::move(inner));
}

Result<PrivateKey> parse_bare_pkcs1(BytesView der) {
  HM_TRY(auto inner, open_pkcs1(der));
  return assemble(crypto::write_algorithm(KeyAlgorithm::rsa_pkcs1), std::move(inner));
}

Result<PrivateKey> as_key_error(Result<PrivateKey> read) {
  if (!read) return fail(read.error().as(Outcome::key));
  return read;
}

}  // namespace

Result<PrivateKey> read_pkcs8(BytesView der) {
  const crypto::StackWiper wiper;
  return as_key_error(parse_pkcs8(der));
}

Result<PrivateKey> read_sec1(BytesView der) {
  const crypto::StackWiper wiper;
  return as_key_error(parse_bare_sec1(der));
}

Result<PrivateKey> read_pkcs1(BytesView der) {
  const crypto::StackWiper wiper;
  return as_key_error(parse_bare_pkcs1(der));
}

}  // namespace hallmark::keys
