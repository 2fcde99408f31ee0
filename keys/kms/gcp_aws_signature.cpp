// libcurl signs our own requests to AWS, but only while it sends them: this one is sent by Google.
#include "keys/kms/gcp_aws_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "crypto/hash.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kEnd = "aws4_request";

std::string hex_sha256(std::string_view text) { return base::hex_encode(crypto::sha256(as_bytes(text))); }

Result<Secret> hmac(const Secret& key, std::string_view text) {
  Secret out(32);
  const BytesView bytes = as_bytes(text);
  if (HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
           out.writable().data(), nullptr) == nullptr)
    return fail(Outcome::internal, "openssl failed: HMAC-SHA256");
  return out;
}

// "AWS4" and the secret, to a key of that day, region and service alone.
Result<Secret> signing_key(const GcpAwsRequest& request, const Secret& secret, std::string_view day) {
  static constexpr std::string_view kPrefix = "AWS4";
  Secret key(kPrefix.size() + secret.size());
  const auto rest = std::ranges::copy(as_bytes(kPrefix), key.writable().begin()).out;
  std::ranges::copy(secret.view(), rest);
  for (const std::string_view part : {day, std::string_view(request.region), std::string_view(request.service), kEnd}) {
    HM_TRY(key, hmac(key, part));
  }
  return key;
}

std::string signed_names(const GcpAwsRequest& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical(const GcpAwsRequest& request) {
  std::string text = request.method + "\n/\n" + request.query + "\n";
  for (const auto& [name, value] : request.headers) text += name + ":" + value + "\n";
  return text + "\n" + signed_names(request) + "\n" + hex_sha256("");
}

}  // namespace

std::string aws_date(Time at) {
  std::string text = base::format_time(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<std::string> aws_authorization(const GcpAwsRequest& request, const GcpAwsKey& key) {
  const std::string date = aws_date(request.at);
  const std::string day = date.substr(0, date.find('T'));
  const std::string scope = day + "/" + request.region + "/" + request.service + "/" + std::string(kEnd);
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + date + "\n" + scope + "\n" + hex_sha256(canonical(request));
  HM_TRY(const Secret signer, signing_key(request, key.secret, day));
  HM_TRY(const Secret signature, hmac(signer, to_sign));
  return std::string(kAlgorithm) + " Credential=" + key.id + "/" + scope + ", SignedHeaders=" + signed_names(request) +
         ", Signature=" + base::hex_encode(signature.view());
}

}  // namespace hallmark::keys
