// TlsSettings: what curl is told for one set of TlsOptions, with its files looked at first.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "net/ca_bundle.h"
#include "net/http_client.h"

namespace hallmark::net {

// Where the system keeps its CAs. OpenSSL 3.0 takes 40 ms to load Debian's bundle, and looks into a folder of hashed
// links only for the issuer it needs: so the folder counts, and a file only where there is no such folder.
struct SystemCas {
  std::filesystem::path dir;
  std::filesystem::path file;
  // A file that is named wins; else the folder, if it has hashed links; else the first bundle that is where
  // distributions put it.
  [[nodiscard]] static SystemCas choose(const std::filesystem::path& dir, const std::filesystem::path& file);
};

struct TlsSettings {
  SystemCas system;
  std::shared_ptr<CaBundle> bundle;  // of system.file: the same for all settings of a client
  // The extra CAs, in PEM. curl compares these bytes, the client certificate's path or bytes and skip_verify before it
  // takes a connection or a TLS session out of its pool: options that differ never share one.
  std::string ca_pem;
  bool trusts_system = true;  // false: ca_pem alone counts, and `system` and `bundle` are empty
  std::string client_certificate;
  std::string client_key;
  std::string client_certificate_pem;
  std::string client_key_pem;
  bool skip_verify = false;

  // Reads what the options name. Kind of errors: config; each names the file and what is wrong with it. A key that is
  // encrypted is an error: nobody could be asked.
  [[nodiscard]] static Result<TlsSettings> prepare(const TlsOptions& options, const SystemCas& system);
};

}  // namespace hallmark::net
