#include "cmd/hallmark/peer_flags.h"

#include <algorithm>
#include <array>

namespace hallmark::cmd {
namespace {

struct PeerFlag {
  std::string_view name;
  std::string_view hint;
};

constexpr std::string_view kNoLog = "leave it out: a signature by a key neither needs nor gets a log entry";
constexpr std::string_view kNoTls = "--plain-http is for a registry without TLS, --registry-ca for one with its own CA";
constexpr std::string_view kLogin =
    "\"hallmark login REGISTRY\" keeps a login; a password never stands on the command line";

constexpr std::string_view kHardware =
    "--key takes hardware as a reference: pkcs11:token=…;object=… (a PIV key through its PKCS#11 module), "
    "tpm:handle=…; "
    "see docs/kms.md";
constexpr std::string_view kNoCertificates = "leave it out: signatures by keys alone; a policy names whom to trust";

constexpr std::array kPeerFlags = {
    PeerFlag{"--sk", kHardware},
    PeerFlag{"--slot", kHardware},
    PeerFlag{"--pin", "a PIN never stands on the command line: HALLMARK_PIN, --password-file or a prompt"},
    PeerFlag{"--kms", "--key takes it"},
    PeerFlag{"--id", "--key takes a reference: awskms://, azurekms:// and the like; see docs/kms.md"},
    PeerFlag{"--plugin", "--key takes a reference: awskms://, azurekms:// and the like; see docs/kms.md"},
    PeerFlag{"--cert", kNoCertificates},
    PeerFlag{"--certificate", kNoCertificates},
    PeerFlag{"--certificate-chain", kNoCertificates},
    PeerFlag{"--certificate-identity", kNoCertificates},
    PeerFlag{"--certificate-oidc-issuer", kNoCertificates},
    PeerFlag{"--yes", "leave it out: hallmark asks nothing"},
    PeerFlag{"-y", "leave it out: hallmark asks nothing"},
    PeerFlag{"--tlog-upload", kNoLog},
    PeerFlag{"--insecure-ignore-tlog", kNoLog},
    PeerFlag{"--use-signing-config", kNoLog},
    PeerFlag{"--rekor-url", kNoLog},
    PeerFlag{"--private-infrastructure", kNoLog},
    PeerFlag{"--new-bundle-format", "--format says bundle or simple; \"verify\" finds both by itself"},
    PeerFlag{"--registry-referrers-mode", "leave it out: --format bundle goes by referrers, --format simple by a tag"},
    PeerFlag{"--check-claims", "leave it out: the digest a signature states is always held against the image's"},
    PeerFlag{"--max-workers", "leave it out: hallmark asks for several things at once by itself"},
    PeerFlag{"--allow-insecure-registry", kNoTls},
    PeerFlag{"--allow-http-registry", kNoTls},
    PeerFlag{"--insecure-registry", kNoTls},
    PeerFlag{"--tls-verify", kNoTls},
    PeerFlag{"--src-tls-verify", kNoTls},
    PeerFlag{"--dest-tls-verify", kNoTls},
    PeerFlag{"--registry-cacert", "--registry-ca takes it"},
    PeerFlag{"--cert-dir", "--certs-dir takes a folder with HOST/*.crt in it"},
    PeerFlag{"--registry-username", kLogin},
    PeerFlag{"--registry-password", kLogin},
    PeerFlag{"--username", kLogin},
    PeerFlag{"--creds", kLogin},
    PeerFlag{"--src-creds", kLogin},
    PeerFlag{"--dest-creds", kLogin},
    PeerFlag{"--authfile", "set REGISTRY_AUTH_FILE to it"},
    PeerFlag{"--local-image", "leave it out: name the folder as oci:DIR"},
    PeerFlag{"--oci-layout", "leave it out: name the folder as oci:DIR"},
    PeerFlag{"--all", "leave it out: every platform of an index comes along"},
    PeerFlag{"--preserve-digests", "leave it out: the digest never changes"},
};

}  // namespace

std::string_view peer_flag_hint(std::string_view flag) {
  const auto* const found = std::ranges::find(kPeerFlags, flag, &PeerFlag::name);
  return found == kPeerFlags.end() ? std::string_view() : found->hint;
}

}  // namespace hallmark::cmd
