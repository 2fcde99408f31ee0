#include "support/test_ca.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace hallmark::test {
namespace {

template <class T>
T* must(T* made) {
  if (made == nullptr) throw std::runtime_error("OpenSSL cannot make a test certificate");
  return made;
}

void must(int done) {
  if (done <= 0) throw std::runtime_error("OpenSSL cannot make a test certificate");
}

std::shared_ptr<EVP_PKEY> new_key() { return {must(EVP_EC_gen("P-256")), EVP_PKEY_free}; }

template <class Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(must(BIO_new(BIO_s_mem())), BIO_free);
  must(write(bio.get()));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = must(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  must(X509_add_ext(certificate, extension, -1));
  X509_EXTENSION_free(extension);
}

long next_number() {
  static std::atomic<long> number = 1;
  return number++;
}

std::shared_ptr<X509> blank(const std::string& name, EVP_PKEY* key, std::chrono::seconds from,
                            std::chrono::seconds until) {
  std::shared_ptr<X509> certificate(must(X509_new()), X509_free);
  must(X509_set_version(certificate.get(), X509_VERSION_3));
  must(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), next_number()));
  must(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from.count()) != nullptr);
  must(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until.count()) != nullptr);
  must(X509_set_pubkey(certificate.get(), key));
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0));
  return certificate;
}

std::string alternative_names(const CertificateOptions& options) {
  std::string names;
  for (const std::string& name : options.dns) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : options.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

std::shared_ptr<X509> leaf(const CertificateOptions& options, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  std::shared_ptr<X509> certificate = blank(options.common_name, key, options.valid_from, options.valid_until);
  if (issuer == nullptr) issuer = certificate.get();
  must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)));
  add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer, NID_ext_key_usage, options.client ? "clientAuth" : "serverAuth");
  if (const std::string names = alternative_names(options); !names.empty())
    add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
  must(X509_sign(certificate.get(), issuer_key, EVP_sha256()));
  return certificate;
}

}  // namespace

TestCa::TestCa()
    : key_(new_key()),
      certificate_(blank("test CA " + std::to_string(next_number()), key_.get(), std::chrono::hours(-24),
                         std::chrono::hours(240))) {
  must(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get())));
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(certificate_.get(), key_.get(), EVP_sha256()));
  certificate_pem_ = pem_of(certificate_.get());
}

Issued TestCa::issue(const CertificateOptions& options) const {
  const std::shared_ptr<EVP_PKEY> key = new_key();
  return {pem_of(leaf(options, key.get(), certificate_.get(), key_.get()).get()), pem_of(key.get())};
}

Issued TestCa::self_signed(const CertificateOptions& options) {
  const std::shared_ptr<EVP_PKEY> key = new_key();
  return {pem_of(leaf(options, key.get(), nullptr, key.get()).get()), pem_of(key.get())};
}

}  // namespace hallmark::test
