#include "cmd/hallmark/key_desk.h"

#include <catch2/catch.hpp>

#include "cmd/common/system_clock.h"

using namespace hallmark;
using namespace hallmark::cmd;

namespace {

bool has_secret(const std::string& reference, std::map<std::string, std::string, std::less<>> variables,
                const std::string& password_file = {}) {
  const Environment environment(std::move(variables));
  const SystemClock clock;
  Output output;
  Context context{environment, clock, output};
  const RegistryFlags network;
  return KeyDesk(context, {.network = network, .password_file = password_file}).has_secret_for(reference);
}

}  // namespace

TEST_CASE("a PIN is at hand in the reference, in a variable that is not empty, or in a file") {
  const std::string key = "pkcs11:token=t;object=k";
  CHECK_FALSE(has_secret(key, {}));
  CHECK_FALSE(has_secret(key, {{"HALLMARK_PIN", ""}, {"HALLMARK_TPM_PASSWORD", "x"}, {"HALLMARK_PASSWORD", "x"}}));
  CHECK(has_secret(key, {{"HALLMARK_PIN", "1234"}}));
  CHECK(has_secret(key, {{"COSIGN_PKCS11_PIN", "1234"}}));
  CHECK(has_secret(key + "?pin-value=1234", {}));
  CHECK(has_secret(key + "?pin-source=file:/run/pin", {}));
  CHECK(has_secret(key, {}, "pin.txt"));
}

TEST_CASE("the password of a TPM's key is at hand in its variable, which may be empty, or in a file") {
  const std::string key = "tpm:handle=0x81000020";
  CHECK_FALSE(has_secret(key, {}));
  CHECK_FALSE(has_secret(key, {{"HALLMARK_PIN", "1234"}}));
  CHECK(has_secret(key, {{"HALLMARK_TPM_PASSWORD", ""}}));
  CHECK(has_secret(key, {}, "password.txt"));
}
