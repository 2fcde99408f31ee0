// TestCa: certificates made on the spot, for TLS tests.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using X509 = struct x509_st;
using EVP_PKEY = struct evp_pkey_st;

namespace hallmark::test {

struct Issued {  // PEM
  std::string certificate;
  std::string key;
};

struct CertificateOptions {
  std::string common_name = "localhost";
  std::vector<std::string> dns = {"localhost"};
  std::vector<std::string> addresses = {"127.0.0.1"};
  std::chrono::seconds valid_from = std::chrono::hours(-1);  // both counted from now
  std::chrono::seconds valid_until = std::chrono::hours(24);
  bool client = false;  // for TLS clients instead of servers
};

// A root with a fresh P-256 key; every one has a name of its own, "test CA 1". A failure of OpenSSL throws: tests have
// no use for more.
class TestCa {
 public:
  TestCa();
  [[nodiscard]] const std::string& certificate() const { return certificate_pem_; }
  [[nodiscard]] Issued issue(const CertificateOptions& options = {}) const;
  // By its own key: no CA behind it.
  [[nodiscard]] static Issued self_signed(const CertificateOptions& options = {});

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string certificate_pem_;
};

}  // namespace hallmark::test
