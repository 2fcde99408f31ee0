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

// `name` is a path, or empty: it was given in memory.
Error bad(std::string_view what, const std::string& name, std::string_view why) {
  return {Outcome::config, std::string(what) + (name.empty() ? "" : " ") + name + ": " + std::string(why)};
}

Bio reader(BytesView bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

Result<void> add_cas(std::string_view text, std::string_view what, const std::string& name, std::string& pem) {
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos &&
      text.find("-----BEGIN TRUSTED CERTIFICATE-----") == std::string_view::npos)
    return fail(bad(what, name, "holds no certificate in PEM"));
  pem.append(text);
  if (!pem.ends_with('\n')) pem.push_back('\n');
  return {};
}

Result<void> add_ca_file(const std::filesystem::path& path, std::string& pem) {
  HM_TRY(const Bytes bytes, base::read_file(path, limits::ca_file_bytes, Outcome::config));
  return add_cas(as_text(bytes), "CA file", path.string(), pem);
}

Result<Certificate> read_certificate(BytesView bytes, const std::string& name) {
  const Bio bio = reader(bytes);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return fail(bad("client certificate", name, "holds no certificate in PEM"));
  return certificate;
}

Result<PrivateKey> read_private_key(BytesView bytes, const std::string& name) {
  const Bio bio = reader(bytes);
  bool encrypted = false;
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &encrypted));
  ERR_clear_error();
  if (encrypted)
    return fail(bad("client key", name, "is encrypted")
                    .with_hint("TLS client keys are read without a password: decrypt it, e.g. with \"openssl pkey\""));
  if (!key) return fail(bad("client key", name, "holds no private key in PEM"));
  return key;
}

struct Named {
  std::string name;
  BytesView pem;
};

Result<void> expect_pair(const Named& certificate_pem, const Named& key_pem) {
  HM_TRY(const Certificate certificate, read_certificate(certificate_pem.pem, certificate_pem.name));
  HM_TRY(const PrivateKey key, read_private_key(key_pem.pem, key_pem.name));
  const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (match) return {};
  const std::string space = certificate_pem.name.empty() ? "" : " ";
  return fail(
      bad("client key", key_pem.name, "is not the key of the client certificate" + space + certificate_pem.name));
}

Result<void> expect_both(std::string_view certificate, std::string_view key, bool named) {
  const auto name = [&](std::string_view text) { return named ? std::string(text) : std::string(); };
  if (key.empty()) return fail(bad("client certificate", name(certificate), "has no client key beside it"));
  if (certificate.empty()) return fail(bad("client key", name(key), "has no client certificate beside it"));
  return {};
}

Result<void> add_client_files(const TlsOptions& options, TlsSettings& settings) {
  if (options.client_certificate.empty() && options.client_key.empty()) return {};
  HM_DO(expect_both(options.client_certificate.string(), options.client_key.string(), true));
  HM_TRY(const Bytes certificate, base::read_file(options.client_certificate, limits::ca_file_bytes, Outcome::config));
  HM_TRY(const Secret key, base::read_secret_file(options.client_key, limits::key_file_bytes, Outcome::config));
  HM_DO(expect_pair({options.client_certificate.string(), certificate}, {options.client_key.string(), key.view()}));
  settings.client_certificate = options.client_certificate.string();
  settings.client_key = options.client_key.string();
  return {};
}

Result<void> add_client_pem(const TlsOptions& options, TlsSettings& settings) {
  HM_DO(expect_both(options.client_certificate_pem, options.client_key_pem, false));
  HM_DO(expect_pair({{}, as_bytes(options.client_certificate_pem)}, {{}, as_bytes(options.client_key_pem)}));
  settings.client_certificate_pem = options.client_certificate_pem;
  settings.client_key_pem = options.client_key_pem;
  return {};
}

Result<void> add_client(const TlsOptions& options, TlsSettings& settings) {
  if (options.client_certificate_pem.empty() && options.client_key_pem.empty())
    return add_client_files(options, settings);
  return add_client_pem(options, settings);
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
  settings.trusts_system = options.ca_pem.empty();
  settings.skip_verify = options.skip_verify;
  for (const std::filesystem::path& path : options.ca_files) HM_DO(add_ca_file(path, settings.ca_pem));
  if (!options.ca_pem.empty()) HM_DO(add_cas(options.ca_pem, "CA", {}, settings.ca_pem));
  if (settings.trusts_system) settings.system = system;
  if (settings.trusts_system && !system.file.empty()) {
    HM_TRY(settings.bundle, CaBundle::read(system.file));
  }
  HM_DO(add_client(options, settings));
  return settings;
}

}  // namespace hallmark::net
