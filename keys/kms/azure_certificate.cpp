#include "keys/kms/azure_certificate.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/key_algorithm.h"
#include "crypto/pem.h"
#include "keys/software/open_private_key.h"
#include "keys/software/software_signer.h"

namespace hallmark::keys::azure {
namespace {

using crypto::DerReader;
namespace tag = crypto::tag;

constexpr std::string_view kCertificate = "the client certificate";
constexpr std::size_t kBlocksMost = 16;
constexpr std::int64_t kAssertionLife = 600;  // as MSAL has it

std::unexpected<Error> unusable(std::string_view name, std::string_view problem, Cause cause = Cause::no_credentials) {
  return fail(service_error(kCertificate, std::string(name) + ": " + std::string(problem), cause));
}

// The next PEM block with its label lines; empty at the end. What stands between blocks ("Bag Attributes") is skipped.
std::string_view next_block(std::string_view& rest) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kEnd = "-----END ";
  const auto begin = rest.find(kBegin);
  if (begin == std::string_view::npos) return {};
  const auto end = rest.find(kEnd, begin);
  if (end == std::string_view::npos) return {};
  const auto stop = rest.find("-----", end + kEnd.size());
  if (stop == std::string_view::npos) return {};
  const std::string_view block = rest.substr(begin, stop + 5 - begin);
  rest.remove_prefix(stop + 5);
  return block;
}

// SubjectPublicKeyInfo of a certificate: RFC 5280 section 4.1.
Result<BytesView> spki_of(BytesView certificate) {
  DerReader outer(certificate, "certificate");
  HM_TRY(auto whole, outer.enter(tag::sequence));
  HM_TRY(auto fields, whole.enter(tag::sequence));
  if (fields.next_is(tag::context_0)) HM_DO(fields.take(tag::context_0));  // version
  HM_DO(fields.take(tag::integer));                                        // serial number
  for (int i = 0; i < 4; ++i) HM_DO(fields.take(tag::sequence));           // signature, issuer, validity, subject
  return fields.take_whole(tag::sequence);
}

// The same RSA key, as one that signs by PSS: PS256 is what Entra ID asks for.
Result<PublicKey> as_pss(const PublicKey& key) {
  DerReader outer(key.der(), "public key");
  HM_TRY(auto fields, outer.enter(tag::sequence));
  HM_DO(fields.take(tag::sequence));
  HM_TRY(const BytesView numbers, fields.bit_string());
  return PublicKey::from_der(crypto::write_spki(crypto::write_algorithm(KeyAlgorithm::rsa_pss), numbers));
}

struct Contents {
  std::optional<PrivateKey> key;
  std::vector<Bytes> certificates;
};

Result<Contents> contents_of(std::string_view text, std::string_view name, const PasswordSource& password) {
  Contents contents;
  for (std::size_t count = 0; count < kBlocksMost; ++count) {
    const std::string_view block = next_block(text);
    if (block.empty()) break;
    HM_TRY(const crypto::PemBlock pem, crypto::read_pem(block));
    if (pem.label == "CERTIFICATE") {
      contents.certificates.emplace_back(pem.bytes.view().begin(), pem.bytes.view().end());
    } else if (!contents.key) {
      HM_TRY(PrivateKey key, open_private_block(pem, name, password));
      contents.key.emplace(std::move(key));
    }
  }
  return contents;
}

}  // namespace

std::string base64url(BytesView bytes) {
  std::string text = base::base64_encode(bytes);
  text.resize(std::min(text.find('='), text.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

Result<ClientCertificate> ClientCertificate::parse(const Secret& file, std::string_view name,
                                                   const PasswordSource& password) {
  if (!file.empty() && file.view()[0] == tag::sequence)
    return fail(service_error(kCertificate, std::string(name) + ": is PKCS#12, which is not read", Cause::unsupported)
                    .with_hint("turn it into PEM: \"openssl pkcs12 -in FILE -out FILE.pem\""));
  auto contents = contents_of(file.text(), name, password);
  if (!contents) {
    const Error& error = contents.error();
    return fail(error.within(std::string(kCertificate) + ": " + std::string(name))
                    .as(Outcome::key)
                    .because(error.cause() == Cause::none ? Cause::no_credentials : error.cause()));
  }
  if (!contents->key) return unusable(name, "holds no private key");
  PrivateKey& key = *contents->key;
  if (key.public_key.algorithm() != KeyAlgorithm::rsa_pkcs1)
    return unusable(name, "holds no RSA key, and Entra ID takes no other", Cause::unsupported);
  const auto own = std::ranges::find_if(contents->certificates, [&](const Bytes& certificate) {
    const auto spki = spki_of(certificate);
    return spki && std::ranges::equal(*spki, key.public_key.der());
  });
  if (own == contents->certificates.end()) return unusable(name, "holds no certificate of its private key");
  std::rotate(contents->certificates.begin(), own, own + 1);
  HM_TRY(key.public_key, as_pss(key.public_key));
  return ClientCertificate(std::move(contents->certificates), std::make_unique<SoftwareSigner>(std::move(key)));
}

Result<Secret> ClientCertificate::assertion(const Application& application, Time now, bool with_chain) {
  base::Json header =
      base::Json::object({{"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", base64url(crypto::sha256(chain_.front()))}});
  if (with_chain) {
    base::Json::Array chain;
    for (const Bytes& certificate : chain_) chain.emplace_back(base::base64_encode(certificate));
    header.set("x5c", std::move(chain));
  }
  const std::int64_t begin = now.time_since_epoch().count();
  const base::Json claims = base::Json::object({
      {"aud", application.token_url()},
      {"exp", begin + kAssertionLife},
      {"iss", application.client},
      {"jti", base::hex_encode(crypto::random_bytes(16))},
      {"nbf", begin},
      {"sub", application.client},
  });
  const std::string head = base64url(as_bytes(header.dump())) + "." + base64url(as_bytes(claims.dump()));
  // A key whose parts do not fit is found out here, not when it is read.
  const auto signature = signer_->sign(as_bytes(head));
  if (!signature) return fail(signature.error().within(kCertificate).because(Cause::no_credentials));
  return Secret::copy_of(std::string_view(head + "." + base64url(*signature)));
}

}  // namespace hallmark::keys::azure
