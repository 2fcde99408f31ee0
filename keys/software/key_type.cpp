#include <array>

#include "base/encoding.h"
#include "hallmark/keys.h"

namespace hallmark::keys {
namespace {

struct FormatRow {
  std::string_view name;
  KeyFormat format;
};
constexpr std::array<FormatRow, 3> kFormats{{
    {"sigstore", KeyFormat::sigstore},
    {"pkcs8", KeyFormat::pkcs8},
    {"encrypted-pkcs8", KeyFormat::encrypted_pkcs8},
}};

constexpr std::array<KeyType, 10> kTypes{{
    {KeyAlgorithm::ecdsa_p256, 256},
    {KeyAlgorithm::ecdsa_p384, 384},
    {KeyAlgorithm::ecdsa_p521, 521},
    {KeyAlgorithm::rsa_pkcs1, 2048},
    {KeyAlgorithm::rsa_pkcs1, 3072},
    {KeyAlgorithm::rsa_pkcs1, 4096},
    {KeyAlgorithm::rsa_pss, 2048},
    {KeyAlgorithm::rsa_pss, 3072},
    {KeyAlgorithm::rsa_pss, 4096},
    {KeyAlgorithm::ed25519, 256},
}};

std::unexpected<Error> unknown(std::string_view what, std::string_view name, const std::string& names) {
  return fail(Outcome::usage,
              "unknown " + std::string(what) + " \"" + base::printable(name, 40) + "\", expected one of " + names);
}

void append(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

}  // namespace

Result<KeyType> parse_key_type(std::string_view name) {
  std::string names;
  for (const auto& type : kTypes) {
    const auto known = describe(type.algorithm, type.bits);
    if (known == name) return type;
    append(names, known);
  }
  return unknown("key type", name, names);
}

Result<KeyFormat> parse_key_format(std::string_view name) {
  std::string names;
  for (const auto& row : kFormats) {
    if (row.name == name) return row.format;
    append(names, row.name);
  }
  return unknown("key format", name, names);
}

Result<KeyDerivation> parse_key_derivation(std::string_view name) {
  if (name == "pbkdf2") return KeyDerivation::pbkdf2;
  if (name == "scrypt") return KeyDerivation::scrypt;
  return unknown("key derivation", name, "pbkdf2, scrypt");
}

}  // namespace hallmark::keys
