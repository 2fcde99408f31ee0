#include "keys/pkcs11/return_code.h"

#include <catch2/catch.hpp>

namespace hallmark::keys::token {
namespace {

TEST_CASE("a module's answer has a name, a meaning and a cause") {
  const auto [code, name, cause] = GENERATE(table<CK_RV, const char*, Cause>({
      {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT", Cause::wrong_pin},
      {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE", Cause::wrong_pin},
      {CKR_PIN_LOCKED, "CKR_PIN_LOCKED", Cause::locked},
      {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY", Cause::token_full},
      {CKR_SESSION_COUNT, "CKR_SESSION_COUNT", Cause::token_full},
      {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", Cause::access_denied},
      {CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", Cause::wrong_key},
      {CKR_VENDOR_DEFINED + 7, "0x80000007", Cause::unreachable},
  }));
  CHECK(code_name(code) == name);
  CHECK(cause_of(code) == cause);
  const Error error = module_error("token \"t\"", "C_Sign", code);
  CHECK(error.kind() == Outcome::key);
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Catch::StartsWith("token \"t\": C_Sign failed: ") && Catch::Contains(name));
}

}  // namespace
}  // namespace hallmark::keys::token
