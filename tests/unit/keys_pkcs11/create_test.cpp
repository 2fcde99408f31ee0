#include <p11-kit/pkcs11.h>

#include "odd_fixture.h"

namespace hallmark::test {
namespace {

using Catch::Contains;

TEST_CASE_METHOD(OddFixture, "a name that is taken is not used again") {
  const auto path = GENERATE("token=odd;object=release", "token=odd;id=%01", "token=odd;object=new;id=%01");
  const auto key = provider().create(reference(path), {});
  REQUIRE(!key);
  CHECK_THAT(key.error().message(), Contains("already; nothing was made"));
  CHECK(key.error().cause() == Cause::exists);
  CHECK(odd.calls["C_GenerateKeyPair"] == 0);
}

TEST_CASE_METHOD(OddFixture, "a token that has no room, or may not be written to, says so") {
  struct Case {
    CK_RV code;
    Cause cause;
    const char* says;
  };
  const auto [code, cause, says] = GENERATE(values<Case>({
      {CKR_DEVICE_MEMORY, Cause::token_full, "no room left"},
      {CKR_SESSION_COUNT, Cause::token_full, "no room for another session"},
      {CKR_TOKEN_WRITE_PROTECTED, Cause::access_denied, "write-protected"},
      {CKR_MECHANISM_INVALID, Cause::wrong_key, "CKR_MECHANISM_INVALID"},
  }));
  odd.fails["C_GenerateKeyPair"] = code;
  const auto key = provider().create(reference("token=odd;object=new"), {});
  REQUIRE(!key);
  CHECK(key.error().cause() == cause);
  CHECK_THAT(key.error().message(), Contains(says) && Contains("ecdsa-p256"));
}

TEST_CASE_METHOD(OddFixture, "a key that is not the one asked for, or that can be exported, is not handed out") {
  SECTION("nothing was made") {  // in a writable session, which takes the login over
    const auto key = provider().create(reference("token=odd;object=new"), {});
    REQUIRE(!key);
    CHECK(key.error().cause() == Cause::wrong_answer);
    CHECK_THAT(key.error().message(), Contains("another key than asked for"));
    CHECK(odd.calls["C_OpenSession"] == 2);
    CHECK(odd.calls["C_Login"] == 1);
  }
  SECTION("the other spelling of Ed25519 is tried once") {
    odd.fails["C_GenerateKeyPair"] = CKR_DOMAIN_PARAMS_INVALID;
    const auto key = provider().create(reference("token=odd;object=new"), {KeyAlgorithm::ed25519, 256});
    REQUIRE(!key);
    CHECK(key.error().cause() == Cause::unsupported);
    CHECK(odd.calls["C_GenerateKeyPair"] == 2);
  }
  SECTION("a padding that contradicts the type") {
    const auto key =
        provider().create(reference("token=odd;object=new", "hallmark-padding=pss"), {KeyAlgorithm::rsa_pkcs1, 2048});
    REQUIRE(!key);
    CHECK_THAT(key.error().message(), Contains("rsa-pss-2048"));
  }
}

}  // namespace
}  // namespace hallmark::test
