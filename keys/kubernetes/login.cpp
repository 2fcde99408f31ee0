#include "keys/kubernetes/login.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kubernetes/private_file.h"

namespace hallmark::keys {
namespace {

Error no_credentials(const std::string& message) {
  return Error(Outcome::key, "Kubernetes: " + message).because(Cause::no_credentials);
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
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - services_.clock.steady());
    HM_TRY(given_, run_exec_plugin(*cluster_.user.exec, {plugin_environment_, cluster_.info, left}));
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
