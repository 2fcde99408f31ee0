#include "net/ca_bundle.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::net {
namespace {

// The contents of the DER element that `der` starts with, or of a tag that is not `tag`: nothing. `der` moves behind
// it.
struct Element {
  int tag;
  BytesView whole;
  BytesView content;
};

std::optional<Element> next(BytesView& der) {
  const unsigned char* at = der.data();
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  const int shape = ASN1_get_object(&at, &length, &tag, &tag_class, static_cast<long>(der.size()));
  if ((shape & 0x80) != 0 || (shape & 1) != 0) return std::nullopt;  // broken, or of indefinite length
  const auto header = static_cast<std::size_t>(at - der.data());
  const std::size_t size = header + static_cast<std::size_t>(length);
  const Element element{tag_class == V_ASN1_UNIVERSAL ? tag : -1 - tag, der.first(size),
                        der.subspan(header, size - header)};
  der = der.subspan(size);
  return element;
}

// RFC 5280 section 4.1: Certificate ::= { tbsCertificate { [0] version, serial, signature, issuer, validity, subject, …
std::shared_ptr<X509_NAME> subject_of(BytesView der) {
  const std::optional<Element> certificate = next(der);
  if (!certificate) return nullptr;
  BytesView inside = certificate->content;
  const std::optional<Element> signed_part = next(inside);
  if (!signed_part) return nullptr;
  inside = signed_part->content;
  std::optional<Element> element = next(inside);
  if (element && element->tag == -1) element = next(inside);  // the version is not always there
  for (int skipped = 0; element && skipped < 4; ++skipped) element = next(inside);
  if (!element) return nullptr;
  const unsigned char* at = element->whole.data();
  return {d2i_X509_NAME(nullptr, &at, static_cast<long>(element->whole.size())), X509_NAME_free};
}

}  // namespace

Result<std::shared_ptr<CaBundle>> CaBundle::read(const std::filesystem::path& path) {
  HM_TRY(Bytes pem, base::read_file(path, limits::ca_file_bytes, Outcome::config));
  if (as_text(pem).find("CERTIFICATE-----") == std::string_view::npos)
    return fail(Outcome::config, "CA file " + path.string() + ": holds no certificate in PEM");
  return std::shared_ptr<CaBundle>(new CaBundle(std::move(pem)));
}

bool CaBundle::serve(SSL_CTX* context) {
  X509_LOOKUP* lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(context), method());
  return lookup != nullptr && X509_LOOKUP_set_method_data(lookup, this) == 1;
}

X509_LOOKUP_METHOD* CaBundle::method() {
  static X509_LOOKUP_METHOD* const made = [] {
    X509_LOOKUP_METHOD* fresh = X509_LOOKUP_meth_new("CA bundle");
    X509_LOOKUP_meth_set_get_by_subject(fresh, &CaBundle::by_subject);
    return fresh;
  }();
  return made;
}

const std::vector<CaBundle::Entry>& CaBundle::entries() {
  const std::lock_guard lock(mutex_);
  if (pem_.empty()) return entries_;
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem_.data(), static_cast<int>(pem_.size())),
                                                      BIO_free);
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1) {
    Bytes der(data, data + size);
    const bool certificate = std::string_view(name).ends_with("CERTIFICATE");  // also "TRUSTED CERTIFICATE"
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    if (!certificate) continue;
    if (auto subject = subject_of(der)) entries_.push_back({std::move(subject), std::move(der)});
  }
  ERR_clear_error();
  pem_ = {};
  return entries_;
}

// What OpenSSL's own folder lookup does: every certificate of that name goes into the store, from which OpenSSL takes
// the one that fits, and the first is handed back without a reference of its own.
int CaBundle::by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* found) {
  if (type != X509_LU_X509) return 0;
  auto& bundle = *static_cast<CaBundle*>(X509_LOOKUP_get_method_data(lookup));
  int count = 0;
  for (const Entry& entry : bundle.entries()) {
    if (X509_NAME_cmp(entry.subject.get(), name) != 0) continue;
    const unsigned char* at = entry.der.data();
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        d2i_X509_AUX(nullptr, &at, static_cast<long>(entry.der.size())), X509_free);
    if (!certificate || X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), certificate.get()) != 1) continue;
    if (count++ > 0 || X509_OBJECT_set1_X509(found, certificate.get()) != 1) continue;
    X509_free(certificate.get());  // the reference that set1 took and nobody gives back: the store has its own
  }
  return count > 0 ? 1 : 0;
}

}  // namespace hallmark::net
