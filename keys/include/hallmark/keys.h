// Key references: what a user names with --key becomes a Signer or a PublicKey; and how keys on disk are made.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/key.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::keys {

// For programs that open private keys, before the first use of OpenSSL: no core dumps, no ptrace by others of the same
// user (PR_SET_DUMPABLE, RLIMIT_CORE; as far as the system lets us), and memory that OpenSSL frees is wiped first.
// False: it came too late for the last of these.
[[nodiscard]] bool protect_process();

// Asked for the password of an encrypted key, once per key; `what` names the key ("release.key").
using PasswordSource = std::function<Result<Secret>(std::string_view what)>;

// The value of an environment variable; nothing when it is not set.
using VariableSource = std::function<std::optional<Secret>(const std::string& name)>;

class KeyProviders;  // hallmark/key_provider.h

// What stands before the colon of a reference that is no file: "env", "fd", "awskms", "pkcs11". Empty: a file.
[[nodiscard]] std::string_view scheme_of(std::string_view reference);
// Whether it takes a provider to open this one: neither a file nor env:// nor fd:.
[[nodiscard]] bool is_elsewhere(std::string_view reference);

struct OpenOptions {
  PasswordSource password = {};             // none: an encrypted key is an error that says how to give one
  VariableSource variable = {};             // none: the process's own environment, where the key then stays
  const KeyProviders* providers = nullptr;  // for "awskms://…", "pkcs11:…" and the like; null: files, env:// and fd:
};

// KEY: a file, env://NAME, or fd:N, a descriptor that is read to its end; or what one of options.providers knows. PEM:
// PKCS#8, encrypted PKCS#8, SEC1, PKCS#1, "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY". Kind of
// errors: key. A file that others can read is refused.
[[nodiscard]] Result<std::unique_ptr<Signer>> open_signer(std::string_view reference, const OpenOptions& options);

// A public key in PEM, from the same places. A private key where a public one is needed is an error that says how to
// get it ("hallmark key public").
[[nodiscard]] Result<PublicKey> open_public_key(std::string_view reference, const OpenOptions& options = {});

// The public key, or the public half of the private key, that a reference names.
[[nodiscard]] Result<PublicKey> public_half(std::string_view reference, const OpenOptions& options);

// What `generate` makes.
struct KeyType {
  KeyAlgorithm algorithm = KeyAlgorithm::ecdsa_p256;
  unsigned bits = 256;  // 2048, 3072 or 4096 for RSA; else of the curve
};
// "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "rsa-pss-2048" …, "ed25519": as
// `describe` writes them. Kind of errors: usage; they list the names.
[[nodiscard]] Result<KeyType> parse_key_type(std::string_view name);

// How a private key lies in its file.
enum class KeyFormat : std::uint8_t {
  sigstore,         // "ENCRYPTED SIGSTORE PRIVATE KEY": JSON with scrypt and XSalsa20-Poly1305, cosign's own
  pkcs8,            // "PRIVATE KEY", not encrypted (RFC 5208)
  encrypted_pkcs8,  // "ENCRYPTED PRIVATE KEY": PBES2 with PBKDF2-HMAC-SHA256 or scrypt, and AES-256-CBC (RFC 8018)
};
// "sigstore", "pkcs8", "encrypted-pkcs8". Kind of errors: usage; they list the names.
[[nodiscard]] Result<KeyFormat> parse_key_format(std::string_view name);

// How a password is stretched.
enum class KeyDerivation : std::uint8_t { pbkdf2, scrypt };
// "pbkdf2", "scrypt". Kind of errors: usage; they list the names.
[[nodiscard]] Result<KeyDerivation> parse_key_derivation(std::string_view name);

struct EncodeOptions {
  KeyFormat format = KeyFormat::sigstore;
  std::optional<KeyDerivation> derivation = {};  // of encrypted_pkcs8, else pbkdf2; sigstore always has scrypt
  PasswordSource password;  // for the encrypted formats; an empty password is taken, as cosign takes it
};

struct KeyPair {
  Secret private_pem;
  PublicKey public_key;
};

// A new key. `what` names it to the password source. Kind of errors: key.
[[nodiscard]] Result<KeyPair> generate(const KeyType& type, std::string_view what, const EncodeOptions& encode);

// Any private key that open_signer reads, written anew: another format, or another password.
[[nodiscard]] Result<KeyPair> import_key(std::string_view reference, const OpenOptions& open,
                                         const EncodeOptions& encode);

// Gives an encrypted key file another password. Its format and mode stay, and its key derivation where
// encode.derivation says nothing; encode.format counts for nothing. What is written is opened again and must be the
// same key before it takes the file's place, atomically; after any failure the old file is there. Answers the public
// key. Kind of errors: key; usage.
[[nodiscard]] Result<PublicKey> rotate_password(const std::string& path, const OpenOptions& open,
                                                const EncodeOptions& encode);

struct KeyFiles {
  std::filesystem::path private_key;  // mode 0600
  std::filesystem::path public_key;   // mode 0644
};
// NAME.key and NAME.pub, each atomically. Without `overwrite` neither may exist (kind: usage), and a failure leaves
// none of the two behind.
[[nodiscard]] Result<KeyFiles> write_key_pair(const std::filesystem::path& name, const KeyPair& pair, bool overwrite);

enum class Known : std::uint8_t { unknown, no, yes };

// What a caller may do with a key that a service holds.
struct KeyRight {
  enum class Action : std::uint8_t { read_public_key, sign, export_key, delete_key } action;
  Known held = Known::unknown;
  std::string name;  // as the service calls it: "kms:Sign"
};

// What a key is: of a file, as far as it says without a password; of a provider's, what the service says without
// effect.
struct KeyInfo {
  bool is_private = false;
  bool encrypted = false;
  std::string
      format;  // the scheme of a provider, or "pkcs8", "encrypted-pkcs8", "sec1", "pkcs1", "sigstore", "cosign", "spki"
  std::string kdf;     // of an encrypted one: "scrypt N=65536 r=8 p=1", "pbkdf2 hmac-sha256 iterations=600000"
  std::string cipher;  // "nacl/secretbox", "aes-256-cbc"
  std::optional<PublicKey> public_key;  // none: it is encrypted and no password was given
  ::mode_t mode = 0;                    // permission bits of the file
  bool exposed = false;                 // a private key that group or others can read: open_signer refuses it
  std::string place = {};               // "AWS KMS in eu-north-1, account 123456789012"; of a file: empty
  std::string name = {};                // what the service calls the key and its version; the reference may be an alias
  Known exportable = Known::yes;        // whether the private key can leave where it lives
  std::vector<KeyRight> rights = {};    // of the caller; of a file: none
};
// With a password source, an encrypted key is opened and its public key told. Kind of errors: key.
[[nodiscard]] Result<KeyInfo> inspect(std::string_view reference, const OpenOptions& options);

}  // namespace hallmark::keys
