// The file of AZURE_CLIENT_CERTIFICATE_PATH: a key and certificates between any words.
#include <cstdint>
#include <cstdlib>

#include "keys/kms/azure_certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  using namespace hallmark::keys::azure;
  const auto password = [](std::string_view) -> Result<Secret> {
    return Secret::copy_of(std::string_view("open sesame"));
  };
  auto certificate = ClientCertificate::parse(Secret::copy_of(BytesView(data, size)), "file", password);
  if (!certificate) {
    if (certificate.error().kind() != Outcome::key || certificate.error().cause() == Cause::none) std::abort();
    return 0;
  }
  const auto assertion =
      certificate->assertion({"https://login.microsoftonline.com", "t", "app"}, Time(std::chrono::hours(1)), true);
  // A private key whose parts do not fit reads well and signs nothing.
  if (!assertion && assertion.error().cause() != Cause::no_credentials) std::abort();
  if (assertion && assertion->empty()) std::abort();
  return 0;
}
