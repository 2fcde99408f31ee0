#include "cmd/hallmark/doctor_keys.h"

#include <algorithm>

#include "base/encoding.h"

namespace hallmark::cmd {

namespace {

using node::Severity;

node::Diagnosis failure(const Error& error, const std::string& key) {
  const std::string cause(word(error.cause()));
  const char* id = error.cause() == Cause::clock_skew ? "key-clock" : "key-unusable";
  return {id, Severity::error, error.message() + (cause.empty() ? "" : " (" + cause + ")"), key, error.hint(), cause};
}

const char* how_to_give(const keys::KeyInfo& info) {
  if (info.format == "pkcs11") return "set HALLMARK_PIN, or add pin-source=file:/PATH to the reference";
  if (info.format == "tpm")
    return "set HALLMARK_TPM_PASSWORD or give --password-file; for a key without a password set "
           "HALLMARK_TPM_PASSWORD to nothing";
  return "give --password-file FILE or set HALLMARK_PASSWORD";
}

// Nobody is asked for a secret here: what a prompt would be answered with when signing is not known.
bool lacks_secret(const KeyDesk& desk, const keys::KeyInfo& info, const std::string& reference) {
  if (info.place.empty()) return info.encrypted && !info.public_key;
  if (info.format != "pkcs11" && info.format != "tpm") return false;
  const bool unknown = std::ranges::any_of(info.rights, [](const keys::KeyRight& right) {
    return right.action == keys::KeyRight::Action::sign && right.held == keys::Known::unknown;
  });
  return unknown && !desk.has_secret_for(reference);
}

std::string told(const keys::KeyInfo& info) {
  std::string text = info.public_key ? describe(info.public_key->algorithm(), info.public_key->bits()) + " key " +
                                           info.public_key->id()
                                     : "an encrypted key; give --password-file to see which";
  if (!info.place.empty()) text += " in " + base::printable(info.place);
  return text;
}

void check_rights(const keys::KeyInfo& info, KeyRole role, const std::string& key, node::Diagnoses& out) {
  if (role == KeyRole::signer && !info.is_private)
    out.push_back({"key-unusable", Severity::error, "a public key signs nothing (wrong-key)", key,
                   "name the private key of the pair", std::string(word(Cause::wrong_key))});
  for (const keys::KeyRight& right : info.rights) {
    const bool needed = right.action == keys::KeyRight::Action::read_public_key ||
                        (right.action == keys::KeyRight::Action::sign && role == KeyRole::signer);
    if (needed && right.held == keys::Known::no)
      out.push_back({"key-unusable", Severity::error,
                     "the right to " + std::string(word(right.action)) + " (" + base::printable(right.name) +
                         ") is missing (access-denied)",
                     key, "docs/kms.md has the smallest policy for each role",
                     std::string(word(Cause::access_denied))});
  }
  for (Excess& one : least_privilege(info, role, key))
    out.push_back({"key-privilege", Severity::warning, std::move(one.what), key, std::move(one.remedy)});
}

}  // namespace

void check_key(KeyDesk& desk, const std::string& reference, KeyRole role, node::Diagnoses& out) {
  const std::string key = base::printable(without_pin(reference));
  const auto info = desk.inspect(reference);
  if (!info) return out.push_back(failure(info.error(), key));
  const std::size_t before = out.size();
  if (info->exposed)
    out.push_back({"key-exposed", Severity::error, "others can read this private key; hallmark will not sign with it",
                   key, "chmod 600 " + key});
  const auto pin = desk.pin(reference);
  if (!pin) out.push_back(failure(pin.error(), key));
  if (pin && *pin != nullptr && info->public_key) {
    if (const auto same = expect_pinned(**pin, *info->public_key); !same)
      out.push_back({"key-substituted", Severity::error, same.error().message(), key, same.error().hint(),
                     std::string(word(same.error().cause()))});
  }
  check_rights(*info, role, key, out);
  if (role != KeyRole::verifier && lacks_secret(desk, *info, reference))
    out.push_back({"key-untried", Severity::warning, "whether it can sign is not known: no PIN or password was at hand",
                   key, how_to_give(*info)});
  if (out.size() == before) out.push_back({"key", Severity::ok, told(*info), key, ""});
}

}  // namespace hallmark::cmd
