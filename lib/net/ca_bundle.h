// CaBundle: a file of many CAs, of which only the one that is needed is ever decoded.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::net {

// OpenSSL 3.0 takes 60 ms of CPU to decode the 140 certificates of Debian's bundle. Here a TLS connection asks by the
// issuer's name: of the others no more than their names is read, and that only once somebody asks.
class CaBundle {
 public:
  // Kind of errors: config; a file without a certificate is one.
  [[nodiscard]] static Result<std::shared_ptr<CaBundle>> read(const std::filesystem::path& path);
  // Has `context` look here for issuers that it does not find elsewhere. The bundle must outlive it.
  [[nodiscard]] bool serve(SSL_CTX* context);

 private:
  struct Entry {
    std::shared_ptr<X509_NAME> subject;
    Bytes der;
  };
  explicit CaBundle(Bytes pem) : pem_(std::move(pem)) {}
  const std::vector<Entry>& entries();
  static int by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* found);
  static X509_LOOKUP_METHOD* method();

  std::mutex mutex_;
  Bytes pem_;  // until it was read through
  std::vector<Entry> entries_;
};

}  // namespace hallmark::net
