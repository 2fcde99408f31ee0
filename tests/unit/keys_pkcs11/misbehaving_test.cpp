#include <p11-kit/pkcs11.h>

#include "odd_fixture.h"

namespace hallmark::test {
namespace {

using Catch::Contains;

struct Case {
  const char* does;
  Cause cause;
  const char* says;
};

TEST_CASE_METHOD(OddFixture, "a signature that is not this key's over this message is not let out [attack 49]") {
  const auto [does, cause, says] = GENERATE(values<Case>({
      {"another-key", Cause::wrong_answer, "does not verify"},
      {"another-digest", Cause::wrong_answer, "does not verify"},
      {"short", Cause::wrong_answer, "63 bytes"},
      {"empty", Cause::wrong_answer, "0 bytes"},
      {"long", Cause::malformed_answer, "longer than any"},
  }));
  CAPTURE(does);
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  odd.does[does] = true;
  const auto signature = (*signer)->sign(as_bytes("message"));
  REQUIRE(!signature);
  CHECK(signature.error().kind() == Outcome::key);
  CHECK(signature.error().cause() == cause);
  CHECK_THAT(signature.error().message(), Contains(says) && Contains("odd"));
  CHECK(odd.calls["C_Sign"] == 1);  // a wrong answer is not asked for again
}

TEST_CASE_METHOD(OddFixture, "a module that answers beyond every bound is refused when the key is opened [attack 49]") {
  const auto [does, cause, says] = GENERATE(values<Case>({
      {"huge-attribute", Cause::malformed_answer, "larger than any"},
      {"no-attributes", Cause::wrong_key, "public half"},
      {"endless", Cause::malformed_answer, "4096"},
      {"too-many", Cause::malformed_answer, "more objects than"},
      {"wrong-bool", Cause::malformed_answer, "wrong length"},
      {"bad-point", Cause::wrong_key, "public key"},
      {"many-slots", Cause::malformed_answer, "256"},
      {"odd-type", Cause::wrong_key, "neither"},
      {"cannot-sign", Cause::wrong_key, "CKA_SIGN"},
      {"no-public", Cause::wrong_key, "public half"},
      {"two-keys", Cause::not_found, "2 private keys"},
      {"two-public", Cause::not_found, "several public keys"},
      {"twins", Cause::not_found, "2 tokens match"},
  }));
  CAPTURE(does);
  odd.does[does] = true;
  const auto signer = provider().open_signer(reference());
  REQUIRE(!signer);
  CHECK(signer.error().kind() == Outcome::key);
  CHECK(signer.error().cause() == cause);
  CHECK_THAT(signer.error().message(), Contains(says));
  CHECK(odd.calls["C_Sign"] == 0);
}

TEST_CASE_METHOD(OddFixture, "each function that fails is named, with what the code means") {
  struct Failure {
    const char* function;
    CK_RV code;
    Cause cause;
    const char* says;
  };
  const auto [function, code, cause, says] = GENERATE(values<Failure>({
      {"C_Initialize", CKR_GENERAL_ERROR, Cause::unreachable, "starting the module"},
      {"C_GetSlotList", CKR_GENERAL_ERROR, Cause::unreachable, "CKR_GENERAL_ERROR"},
      {"C_GetTokenInfo", CKR_DEVICE_ERROR, Cause::not_found, "no token matches"},
      {"C_OpenSession", CKR_SESSION_COUNT, Cause::token_full, "no room for another session"},
      {"C_FindObjectsInit", CKR_DEVICE_ERROR, Cause::unreachable, "CKR_DEVICE_ERROR"},
      {"C_FindObjects", CKR_DEVICE_REMOVED, Cause::unreachable, "taken away"},
      {"C_FindObjectsFinal", CKR_GENERAL_ERROR, Cause::unreachable, "searching"},
      {"C_GetAttributeValue", CKR_HOST_MEMORY, Cause::none, "no memory"},
      {"C_Login", CKR_USER_PIN_NOT_INITIALIZED, Cause::locked, "no PIN was set"},
      {"C_Login", CKR_PIN_EXPIRED, Cause::expired_credentials, "has to be changed"},
      {"C_Login", CKR_FUNCTION_REJECTED, Cause::access_denied, "rejected at the token"},
      {"C_SignInit", CKR_KEY_FUNCTION_NOT_PERMITTED, Cause::wrong_key, "may not sign"},
      {"C_SignInit", CKR_MECHANISM_INVALID, Cause::wrong_key, "CKR_MECHANISM_INVALID"},
      {"C_Sign", CKR_DEVICE_ERROR, Cause::unreachable, "C_Sign with object \"release\" failed"},
      {"C_Sign", CKR_DEVICE_MEMORY, Cause::token_full, "no room"},
      {"C_Sign", 0x80000123, Cause::unreachable, "0x80000123"},
      {"C_Sign", CKR_BUFFER_TOO_SMALL, Cause::malformed_answer, "longer than any"},
  }));
  CAPTURE(function, code);
  odd.fails[function] = code;
  auto signer = provider().open_signer(reference());
  std::optional<Error> error;
  if (!signer) {
    error = signer.error();
  } else {
    const auto signature = (*signer)->sign(as_bytes("message"));
    REQUIRE(!signature);
    error = signature.error();
  }
  CHECK(error->kind() == Outcome::key);
  CHECK(error->cause() == cause);
  CHECK_THAT(error->message(), Contains(says));
  CHECK_THAT(error->message() + error->hint(), !Contains("1234"));
}

TEST_CASE_METHOD(OddFixture, "a lost session is opened again once, with the same login, and the key is found anew") {
  const auto [function, code] = GENERATE(table<const char*, CK_RV>({
      {"C_SignInit", CKR_SESSION_HANDLE_INVALID},
      {"C_SignInit", CKR_USER_NOT_LOGGED_IN},
      {"C_SignInit", CKR_KEY_HANDLE_INVALID},
      {"C_Sign", CKR_DEVICE_REMOVED},
      {"C_Sign", CKR_SESSION_CLOSED},
  }));
  CAPTURE(function, code);
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  odd.fails_once[function] = code;
  CHECK((*signer)->sign(as_bytes("message")));
  CHECK(odd.calls["C_Login"] == 2);
  CHECK(odd.calls["C_OpenSession"] == 2);
  odd.fails[function] = code;  // now for good: one more try, and no third
  const int before = odd.calls[function];
  const auto signature = (*signer)->sign(as_bytes("message"));
  REQUIRE(!signature);
  CHECK(odd.calls[function] == before + 2);
}

TEST_CASE_METHOD(OddFixture, "a session that was lost between two keys is opened again") {
  REQUIRE(provider().open_signer(reference()));
  odd.fails_once["C_GetSessionInfo"] = CKR_SESSION_HANDLE_INVALID;
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes("message")));
  CHECK(odd.calls["C_OpenSession"] == 2);
  CHECK(odd.calls["C_Login"] == 2);
}

TEST_CASE_METHOD(OddFixture, "another token in the slot is not signed with") {
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  odd.does["another-token"] = true;
  odd.fails_once["C_SignInit"] = CKR_DEVICE_REMOVED;
  const auto signature = (*signer)->sign(as_bytes("message"));
  REQUIRE(!signature);
  CHECK(signature.error().cause() == Cause::not_found);
  CHECK_THAT(signature.error().message(), Contains("another token"));
  CHECK(odd.calls["C_Sign"] == 0);
  const auto again = provider().open_signer(reference());
  REQUIRE(!again);
  CHECK_THAT(again.error().message(), Contains("took the place"));
}

}  // namespace
}  // namespace hallmark::test
