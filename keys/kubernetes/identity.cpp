#include "keys/kubernetes/identity.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/time.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/pem.h"

namespace hallmark::keys {
namespace {

std::optional<Time> end_of_token(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto claims = base::base64_decode_any(token.substr(first + 1, second - first - 1));
  if (!claims) return std::nullopt;
  const auto json = base::Json::parse(*claims, "token");
  const base::Json* end = json ? json->find("exp") : nullptr;
  constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
  if (end == nullptr || !end->as_integer() || *end->as_integer() < 0 || *end->as_integer() > kLastSecond)
    return std::nullopt;
  return Time(std::chrono::seconds(*end->as_integer()));
}

// RFC 5280 section 4.1.2.5: YYMMDDHHMMSSZ, where 50 and more are of the 1900s, or YYYYMMDDHHMMSSZ.
std::optional<Time> parse_der_time(bool short_year, std::string_view text) {
  std::string full(text);
  if (short_year && full.size() == 13) full.insert(0, full[0] >= '5' ? "19" : "20");
  if (full.size() != 15) return std::nullopt;
  const auto part = [&](std::size_t at) { return full.substr(at, 2); };
  const auto time = base::parse_time(full.substr(0, 4) + "-" + part(4) + "-" + part(6) + "T" + part(8) + ":" +
                                     part(10) + ":" + full.substr(12));
  return time ? std::optional(*time) : std::nullopt;
}

constexpr std::uint8_t kUtcTime = 0x17;
constexpr std::uint8_t kGeneralizedTime = 0x18;

Result<std::optional<Time>> read_end(BytesView der) {
  crypto::DerReader file(der, "client certificate");
  HM_TRY(crypto::DerReader certificate, file.enter(crypto::tag::sequence));
  HM_TRY(crypto::DerReader inside, certificate.enter(crypto::tag::sequence));
  if (inside.next_is(crypto::tag::context_0)) HM_DO(inside.take(crypto::tag::context_0));
  HM_DO(inside.take(crypto::tag::integer));
  HM_DO(inside.take(crypto::tag::sequence));  // algorithm
  HM_DO(inside.take(crypto::tag::sequence));  // issuer
  HM_TRY(crypto::DerReader validity, inside.enter(crypto::tag::sequence));
  HM_DO(validity.take(validity.next_is(kUtcTime) ? kUtcTime : kGeneralizedTime));
  const bool short_year = validity.next_is(kUtcTime);
  HM_TRY(const BytesView end, validity.take(short_year ? kUtcTime : kGeneralizedTime));
  return parse_der_time(short_year, as_text(end));
}

// Of the first certificate, which is the client's own.
std::optional<Time> end_of_certificate(std::string_view pem) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  const auto end = pem.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const auto block = crypto::read_pem(pem.substr(0, end + kEnd.size()));
  if (!block) return std::nullopt;
  const auto time = read_end(block->bytes.view());
  return time ? *time : std::nullopt;
}

}  // namespace

std::optional<Time> end_of(const Identity& identity) {
  return identity.token.empty() ? end_of_certificate(identity.certificate_pem) : end_of_token(identity.token);
}

}  // namespace hallmark::keys
