#include "keys/kubernetes/login.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "keys/kubernetes/private_file.h"

namespace hallmark::keys {
namespace {

Error no_credentials(const std::string& message) {
  return Error(Outcome::key, "Kubernetes: " + message).because(Cause::no_credentials);
}

std::optional<Time> end_of_token(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto claims = base::base64_decode_any(token.substr(first + 1, second - first - 1));
  if (!claims) return std::nullopt;
  const auto json = base::Json::parse(*claims, "token");
  const base::Json* end = json ? json->find("exp") : nullptr;
  if (end == nullptr || !end->as_integer()) return std::nullopt;
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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// What would end a header line, or is none of the characters of a token (RFC 6750 section 2.1: b64token).
bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> read_token(const std::filesystem::path& path) {
  auto bytes = base::read_secret_file(path, limits::login_answer_bytes, Outcome::key);
  if (!bytes) return fail(no_credentials("the token file " + bytes.error().message()));
  const std::string_view token = trimmed(bytes->text());
  if (token.empty()) return fail(no_credentials("the token file " + base::printable(path.string(), 400) + " is empty"));
  return std::string(token);
}

Result<std::string> read_client_key(const std::filesystem::path& path) {
  const std::string name = base::printable(path.string(), 400);
  auto file = PrivateFile::read(path, limits::key_file_bytes);
  if (!file) return fail(no_credentials("the client key " + file.error().message()));
  if (!*file) return fail(no_credentials("the client key " + name + ": no such file"));
  if ((*file)->others_can_read() || (*file)->others_can_write())
    return fail(no_credentials("the client key " + name + ": others can read or change it")
                    .with_hint("run \"chmod 600 " + name + "\""));
  return std::string((*file)->text.text());
}

}  // namespace

std::optional<Time> end_of(const Identity& identity) {
  return identity.token.empty() ? end_of_certificate(identity.certificate_pem) : end_of_token(identity.token);
}

// The file counts where both are given, as long as it can be read (client-go, AuthInfo.TokenFile).
Result<std::string> Login::token() const {
  const KubeUser& user = cluster_.user;
  if (user.token_file.empty()) return std::string(trimmed(user.token.text()));
  auto token = read_token(user.token_file);
  if (!token && !user.token.empty()) return std::string(trimmed(user.token.text()));
  return token;
}

Result<void> Login::add_certificate(Identity& identity) const {
  const KubeUser& user = cluster_.user;
  identity.certificate_pem = user.client_certificate_pem;
  identity.key_pem = user.client_key_pem.text();
  if (!user.client_certificate.empty()) {
    auto pem = base::read_file(user.client_certificate, limits::ca_file_bytes, Outcome::key);
    if (!pem) return fail(no_credentials("the client certificate " + pem.error().message()));
    identity.certificate_pem = as_text(*pem);
  }
  if (!user.client_key.empty()) {
    HM_TRY(identity.key_pem, read_client_key(user.client_key));
  }
  if (identity.certificate_pem.empty() == identity.key_pem.empty()) return {};
  return fail(no_credentials("user \"" + base::printable(user.name, 80) + "\" has a client " +
                             (identity.key_pem.empty() ? "certificate without its key" : "key without a certificate")));
}

Result<void> Login::add_given(Identity& identity, net::Deadline deadline) {
  if (given_ && given_->expires && *given_->expires <= services_.clock.now() + limits::login_margin) given_.reset();
  if (!given_) {
    HM_TRY(given_, run_exec_plugin(*cluster_.user.exec, {plugin_environment_, cluster_.info, deadline}));
  }
  identity.token = given_->token.text();
  identity.certificate_pem = given_->certificate_pem;
  identity.key_pem = given_->key_pem.text();
  return {};
}

Result<Identity> Login::identity(net::Deadline deadline) {
  Identity identity;
  if (!cluster_.tls) return identity;  // client-go, too, sends nothing of this over plain HTTP
  HM_TRY(identity.token, token());
  HM_DO(add_certificate(identity));
  if (identity.empty() && cluster_.user.exec) HM_DO(add_given(identity, deadline));
  if (!is_token(identity.token))
    return fail(no_credentials("the token of user \"" + base::printable(cluster_.user.name, 80) +
                               "\" has characters that no token has"));
  return identity;
}

}  // namespace hallmark::keys
