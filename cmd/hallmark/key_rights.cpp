#include "cmd/hallmark/key_rights.h"

#include "base/encoding.h"

namespace hallmark::cmd {
namespace {

using Action = keys::KeyRight::Action;

std::string named(const keys::KeyRight& right) {
  return right.name.empty() ? "" : " (" + base::printable(right.name) + ")";
}

bool may_sign(const keys::KeyInfo& info) {
  for (const auto& right : info.rights)
    if (right.action == Action::sign && right.held == keys::Known::yes) return true;
  return false;
}

}  // namespace

KeyRole key_role(std::string_view name) {
  if (name == "verifier") return KeyRole::verifier;
  return name == "signer" ? KeyRole::signer : KeyRole::unsaid;
}

std::vector<Excess> least_privilege(const keys::KeyInfo& info, KeyRole role, const std::string& key) {
  std::vector<Excess> found;
  const bool verifies = role == KeyRole::verifier;
  if (info.place.empty()) {
    if (verifies && info.is_private)
      found.push_back({"who only verifies holds the private key " + key + " and could sign",
                       "give away the public half alone, as \"hallmark key public\" prints it"});
    return found;
  }
  if (!verifies && role == KeyRole::unsaid && !may_sign(info)) return found;
  const std::string who = verifies ? "who only verifies" : "who signs";
  const std::string remedy = "take the right away: docs/kms.md has the smallest policy for each role";
  for (const auto& right : info.rights) {
    if (right.held != keys::Known::yes) continue;
    if (right.action == Action::sign && verifies)
      found.push_back({who + " with " + key + " could sign" + named(right), remedy});
    if (right.action == Action::export_key)
      found.push_back({who + " with " + key + " could take the private key away" + named(right), remedy});
    if (right.action == Action::delete_key)
      found.push_back({who + " with " + key + " could delete it" + named(right), remedy});
  }
  if (info.exportable == keys::Known::yes)
    found.push_back({"the private key of " + key + " can be taken out of where it lives",
                     "make a key that cannot be exported, and sign with that"});
  return found;
}

std::string_view word(keys::Known known) {
  switch (known) {
    case keys::Known::yes:
      return "yes";
    case keys::Known::no:
      return "no";
    case keys::Known::unknown:
      break;
  }
  return "unknown";
}

std::string_view word(Action action) {
  switch (action) {
    case Action::read_public_key:
      return "read-public-key";
    case Action::sign:
      return "sign";
    case Action::export_key:
      return "export";
    case Action::delete_key:
      break;
  }
  return "delete";
}

}  // namespace hallmark::cmd
