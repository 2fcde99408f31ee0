#include "base/time.h"
#include "base/try.h"
#include "keys/kubernetes/exec_plugin.h"

namespace hallmark::keys {
namespace {

using base::Json;
using base::JsonReader;

Result<ExecCredential> read_status(const JsonReader& status) {
  ExecCredential credential;
  HM_TRY(std::string token, status.string_or("token", ""));
  HM_TRY(credential.certificate_pem, status.string_or("clientCertificateData", ""));
  HM_TRY(std::string key, status.string_or("clientKeyData", ""));
  credential.token = Secret::copy_of(std::string_view(token));
  credential.key_pem = Secret::copy_of(std::string_view(key));
  if (credential.certificate_pem.empty() != key.empty())
    return fail(status.error("has only one of clientCertificateData and clientKeyData"));
  if (token.empty() && key.empty()) return fail(status.error("has neither a token nor a client certificate"));
  HM_TRY(const std::string end, status.string_or("expirationTimestamp", ""));
  if (end.empty()) return credential;
  const auto time = base::parse_time(end);
  if (!time) return fail(status.error("expirationTimestamp: is no time"));
  credential.expires = *time;
  return credential;
}

Result<ExecCredential> read_credential(const JsonReader& answer, std::string_view api_version) {
  HM_TRY(const std::string kind, answer.string("kind"));
  HM_TRY(const std::string version, answer.string("apiVersion"));
  if (kind != "ExecCredential" || version != api_version)
    return fail(answer.error("expected an ExecCredential of " + std::string(api_version)));
  HM_TRY(const JsonReader status, answer.at("status"));
  return read_status(status);
}

}  // namespace

Result<ExecCredential> parse_exec_credential(BytesView bytes, std::string_view api_version) {
  const auto json = Json::parse(bytes, "answer");
  if (!json) return fail(json.error().as(Outcome::key).because(Cause::malformed_answer));
  auto credential = read_credential(JsonReader(*json, "answer"), api_version);
  if (!credential) return fail(credential.error().as(Outcome::key).because(Cause::malformed_answer));
  return credential;
}

}  // namespace hallmark::keys
