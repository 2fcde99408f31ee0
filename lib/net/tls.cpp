#include "net/tls.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/secret.h"
#include "net/curl_handle.h"

namespace hallmark::net {
namespace {

using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// c_rehash's names: "4a6481c9.0". `.r0` are CRLs.
bool is_hashed_link(std::string_view name) {
  constexpr std::size_t kHash = 8;
  return name.size() > kHash + 1 && name[kHash] == '.' &&
         name.substr(0, kHash).find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         name.substr(kHash + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_hashed_links(const std::filesystem::path& dir) {
  const std::unique_ptr<DIR, Freed<::closedir>> handle(::opendir(dir.c_str()));
  if (!handle) return false;
  while (const dirent* entry = ::readdir(handle.get())) {
    if (is_hashed_link(entry->d_name)) return true;
  }
  return false;
}

// Called where a PEM block is encrypted: there is no password to give, and OpenSSL's own callback would ask the
// terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Error bad_file(std::string_view what, const std::filesystem::path& path, std::string_view why) {
  return {Outcome::config, std::string(what) + " " + path.string() + ": " + std::string(why)};
}

Bio reader(BytesView bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

Result<void> add_cas(const std::filesystem::path& path, std::string& pem) {
  HM_TRY(const Bytes bytes, base::read_file(path, limits::ca_file_bytes, Outcome::config));
  const std::string_view text = as_text(bytes);
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos &&
      text.find("-----BEGIN TRUSTED CERTIFICATE-----") == std::string_view::npos)
    return fail(bad_file("CA file", path, "holds no certificate in PEM"));
  pem.append(text);
  if (!pem.ends_with('\n')) pem.push_back('\n');
  return {};
}

Result<Certificate> read_certificate(const std::filesystem::path& path) {
  HM_TRY(const Bytes bytes, base::read_file(path, limits::ca_file_bytes, Outcome::config));
  const Bio bio = reader(bytes);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return fail(bad_file("client certificate", path, "holds no certificate in PEM"));
  return certificate;
}

Result<PrivateKey> read_private_key(const std::filesystem::path& path) {
  HM_TRY(const Secret bytes, base::read_secret_file(path, limits::key_file_bytes, Outcome::config));
  const Bio bio = reader(bytes.view());
  bool encrypted = false;
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &encrypted));
  ERR_clear_error();
  if (encrypted)
    return fail(bad_file("client key", path, "is encrypted")
                    .with_hint("TLS client keys are read without a password: decrypt it, e.g. with \"openssl pkey\""));
  if (!key) return fail(bad_file("client key", path, "holds no private key in PEM"));
  return key;
}

Result<void> add_client(const TlsOptions& options, TlsSettings& settings) {
  if (options.client_certificate.empty() && options.client_key.empty()) return {};
  if (options.client_key.empty())
    return fail(bad_file("client certificate", options.client_certificate, "has no client key beside it"));
  if (options.client_certificate.empty())
    return fail(bad_file("client key", options.client_key, "has no client certificate beside it"));
  HM_TRY(const Certificate certificate, read_certificate(options.client_certificate));
  HM_TRY(const PrivateKey key, read_private_key(options.client_key));
  const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!match)
    return fail(bad_file("client key", options.client_key,
                         "is not the key of the client certificate " + options.client_certificate.string()));
  settings.client_certificate = options.client_certificate.string();
  settings.client_key = options.client_key.string();
  return {};
}

}  // namespace

SystemCas SystemCas::choose(const std::filesystem::path& dir, const std::filesystem::path& file) {
  if (!file.empty()) return {dir, file};
  // A list with ':', as SSL_CERT_DIR may be, is the user's word and taken as it is.
  if (dir.string().find(':') != std::string::npos || has_hashed_links(dir)) return {dir, {}};
  constexpr std::array kBundles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                   "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
  for (const char* bundle : kBundles) {
    std::error_code problem;
    if (std::filesystem::is_regular_file(bundle, problem)) return {dir, bundle};
  }
  return {dir, {}};
}

Result<TlsSettings> TlsSettings::prepare(const TlsOptions& options, const SystemCas& system) {
  TlsSettings settings;
  settings.system = system;
  settings.skip_verify = options.skip_verify;
  for (const std::filesystem::path& path : options.ca_files) HM_DO(add_cas(path, settings.ca_pem));
  if (!system.file.empty()) {
    HM_TRY(settings.bundle, CaBundle::read(system.file));
  }
  HM_DO(add_client(options, settings));
  return settings;
}

}  // namespace hallmark::net
