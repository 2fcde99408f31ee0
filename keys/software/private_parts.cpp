#include "keys/software/private_parts.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>

#include "base/try.h"
#include "hallmark/secret.h"

namespace hallmark::keys {
namespace {

namespace tag = crypto::tag;
using crypto::BigNumber;

constexpr std::size_t kEd25519SeedBytes = 32;

std::unexpected<Error> unusable(std::string_view problem) {
  ERR_clear_error();
  return fail(Outcome::malformed, "private key: " + std::string(problem));
}

// OSSL_PARAM numbers are in native order, which is little-endian on every machine we build for.
static_assert(std::endian::native == std::endian::little);
Secret reversed(BytesView number) {
  Secret copy(number.size());
  std::ranges::reverse_copy(number, copy.writable().begin());
  return copy;
}

BigNumber number_of(BytesView magnitude) {
  BigNumber number(BN_secure_new());
  if (!number || BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), number.get()) == nullptr) return {};
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

Result<crypto::EvpKey> make_handle(const char* type, OSSL_PARAM* parameters) {
  crypto::EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters) != 1)
    return unusable("its numbers are not usable");
  return crypto::EvpKey(made);
}

int curve_number(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::ecdsa_p384) return NID_secp384r1;
  return algorithm == KeyAlgorithm::ecdsa_p521 ? NID_secp521r1 : NID_X9_62_prime256v1;
}

// scalar · generator, uncompressed.
Result<Bytes> public_point(const crypto::Curve& curve, BytesView scalar) {
  const crypto::CurveGroup group(EC_GROUP_new_by_curve_name(curve_number(curve.algorithm)));
  const auto number = number_of(scalar);
  const crypto::BigNumberContext context(BN_CTX_secure_new());
  if (!group || !number || !context) return unusable("there is no memory for it");
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
    return unusable("its scalar is out of range");
  const crypto::CurvePoint point(EC_POINT_new(group.get()));
  Bytes encoded(1 + 2 * curve.field_bytes);
  if (!point || EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, context.get()) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                         context.get()) != encoded.size())
    return unusable("its public key cannot be computed");
  return encoded;
}

bool product_is(BytesView p, BytesView q, BytesView n) {
  const auto first = number_of(p);
  const auto second = number_of(q);
  const auto wanted = number_of(n);
  const BigNumber product(BN_secure_new());
  const crypto::BigNumberContext context(BN_CTX_secure_new());
  return first && second && wanted && product && context &&
         BN_mul(product.get(), first.get(), second.get(), context.get()) == 1 &&
         BN_cmp(product.get(), wanted.get()) == 0;
}

}  // namespace

Result<PrivateParts> make_ecdsa(const crypto::Curve& curve, BytesView scalar) {
  if (scalar.size() > curve.field_bytes) return unusable("its scalar is out of range");
  HM_TRY(auto point, public_point(curve, scalar));
  auto native = reversed(scalar);
  std::string group(curve.name);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.writable().data(), native.size()),
      OSSL_PARAM_construct_end(),
  };
  HM_TRY(auto handle, make_handle("EC", parameters));
  return PrivateParts{std::move(handle), std::move(point)};
}

Result<PrivateParts> make_rsa(const RsaNumbers& numbers) {
  static constexpr std::array<const char*, 8> kNames{
      OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
      OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
      OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
  };
  const std::array<BytesView, 8> values{numbers.n, numbers.e,  numbers.d,  numbers.p,
                                        numbers.q, numbers.dp, numbers.dq, numbers.qi};
  for (const auto value : values)
    if (value.empty() || value.size() > numbers.n.size()) return unusable("its RSA numbers do not belong together");
  if (!product_is(numbers.p, numbers.q, numbers.n)) return unusable("its RSA numbers do not belong together");

  std::array<Secret, 8> native;
  std::array<OSSL_PARAM, 9> parameters;
  for (std::size_t i = 0; i < values.size(); ++i) {
    native[i] = reversed(values[i]);
    parameters[i] = OSSL_PARAM_construct_BN(kNames[i], native[i].writable().data(), native[i].size());
  }
  parameters.back() = OSSL_PARAM_construct_end();
  HM_TRY(auto handle, make_handle("RSA", parameters.data()));
  auto contents = crypto::der(tag::sequence, {crypto::der_integer(numbers.n), crypto::der_integer(numbers.e)});
  return PrivateParts{std::move(handle), std::move(contents)};
}

Result<PrivateParts> make_ed25519(BytesView seed) {
  if (seed.size() != kEd25519SeedBytes) return unusable("an Ed25519 key has 32 bytes");
  crypto::EvpKey handle(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  Bytes point(kEd25519SeedBytes);
  std::size_t size = point.size();
  if (!handle || EVP_PKEY_get_raw_public_key(handle.get(), point.data(), &size) != 1 || size != point.size())
    return unusable("its public key cannot be computed");
  return PrivateParts{std::move(handle), std::move(point)};
}

}  // namespace hallmark::keys
