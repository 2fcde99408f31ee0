#include "odd_fixture.h"

namespace hallmark::test {
namespace {

using Catch::Contains;

// Fails with this cause and these words, and the PIN is in neither.
void check_refused(OddFixture& fixture, Cause cause, const char* says, const std::string& query = "") {
  const auto signer = fixture.provider().open_signer(OddFixture::reference("token=odd;object=release", query));
  REQUIRE(!signer);
  CHECK(signer.error().cause() == cause);
  CHECK_THAT(signer.error().message(), Contains(says));
  CHECK_THAT(signer.error().message() + signer.error().hint(), !Contains("hush"));
}

TEST_CASE_METHOD(OddFixture, "one login and one session serve many keys and signatures") {
  for (int i = 0; i < 3; ++i) {
    auto signer = provider().open_signer(reference());
    REQUIRE(signer);
    CHECK((*signer)->sign(as_bytes("one")));
    CHECK((*signer)->sign(as_bytes("two")));
  }
  CHECK(odd.calls["C_Login"] == 1);
  CHECK(odd.calls["C_OpenSession"] == 1);
  CHECK(odd.calls["C_SignInit"] == 6);
  CHECK(odd.calls["C_Sign"] == 6);
}

TEST_CASE_METHOD(OddFixture, "a wrong PIN says what the token tells of the tries left, and is not tried again") {
  world.variables["HALLMARK_PIN"] = "hush-1";
  check_refused(*this, Cause::wrong_pin, "a few tries are left");
  CHECK(odd.calls["C_Login"] == 1);
  check_refused(*this, Cause::wrong_pin, "was wrong before");
  CHECK(odd.calls["C_Login"] == 1);

  SECTION("the last but one says so") {
    world.variables["HALLMARK_PIN"] = "hush-2";
    check_refused(*this, Cause::wrong_pin, "this was not the last try; one is left");
    world.variables["HALLMARK_PIN"] = "hush-3";
    check_refused(*this, Cause::wrong_pin, "one try is left before it locks: the PIN of HALLMARK_PIN is not risked");
    CHECK(odd.calls["C_Login"] == 2);
  }
  SECTION("the right one is taken afterwards") {
    world.variables["HALLMARK_PIN"] = "1234";
    CHECK(provider().open_signer(reference()));
  }
}

TEST_CASE_METHOD(OddFixture, "the last try is left to a PIN that somebody types") {
  odd.does["final-try"] = true;
  check_refused(*this, Cause::wrong_pin, "HALLMARK_PIN is not risked");
  check_refused(*this, Cause::wrong_pin, "pin-value of the reference is not risked", "pin-value=hush");
  CHECK(odd.calls["C_Login"] == 0);

  start_over();
  world.variables.erase("HALLMARK_PIN");
  std::string asked;
  SECTION("which is right") {
    password = [&](std::string_view what) -> Result<Secret> {
      asked = what;
      return Secret::copy_of(std::string_view("1234"));
    };
    CHECK(provider().open_signer(reference()));
    CHECK(asked == "token \"odd\"");
  }
  SECTION("but not to one that a variable's file may have given") {
    world.variables["HALLMARK_PASSWORD_FILE"] = "/run/pin";
    password = [&](std::string_view what) -> Result<Secret> {
      asked = what;
      return Secret::copy_of(std::string_view("1234"));
    };
    check_refused(*this, Cause::wrong_pin, "a PIN of HALLMARK_PASSWORD_FILE is not risked");
    CHECK(asked.empty());
    CHECK(odd.calls["C_Login"] == 0);
  }
  SECTION("which is wrong and locks it") {
    odd.wrong_pins = 2;
    password = [](std::string_view) -> Result<Secret> { return Secret::copy_of(std::string_view("hush")); };
    check_refused(*this, Cause::locked, "is locked now");
    CHECK(odd.calls["C_Login"] == 1);
    check_refused(*this, Cause::locked, "none was tried");
    CHECK(odd.calls["C_Login"] == 1);
  }
}

TEST_CASE_METHOD(OddFixture, "a wrong PIN of the password source is not said to have been typed") {
  world.variables.erase("HALLMARK_PIN");
  password = [](std::string_view) -> Result<Secret> { return Secret::copy_of(std::string_view("hush")); };
  check_refused(*this, Cause::wrong_pin, "token \"odd\": the PIN that was given is wrong");
}

TEST_CASE_METHOD(OddFixture, "a locked token, and one without a PIN, are not asked") {
  odd.does["locked"] = true;
  check_refused(*this, Cause::locked, "locked after too many wrong ones");
  odd.reset();
  odd.does["no-pin"] = true;
  check_refused(*this, Cause::locked, "no PIN was set");
  CHECK(odd.calls["C_Login"] == 0);
}

TEST_CASE_METHOD(OddFixture, "a token that wants no login gets none") {
  odd.does["no-login"] = true;
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes("message")));
  CHECK(odd.calls["C_Login"] == 0);
}

TEST_CASE_METHOD(OddFixture, "a token with a keypad is asked there, unless a PIN is given") {
  odd.does["keypad"] = true;
  world.variables.erase("HALLMARK_PIN");
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes("message")));
  odd.fails["C_Login"] = 0x50;  // CKR_FUNCTION_CANCELED
  start_over();
  check_refused(*this, Cause::access_denied, "cancelled at the token");
}

TEST_CASE_METHOD(OddFixture, "a key that wants the PIN for each signature gets it") {
  odd.does["always-authenticate"] = true;
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  CHECK((*signer)->sign(as_bytes("one")));
  CHECK((*signer)->sign(as_bytes("two")));
  CHECK(odd.calls["C_Login"] == 1);
  CHECK(odd.calls["C_Login for one"] == 2);
  odd.fails["C_Login for one"] = 0xa4;  // CKR_PIN_LOCKED
  const auto signature = (*signer)->sign(as_bytes("three"));
  REQUIRE(!signature);
  CHECK(signature.error().cause() == Cause::locked);
}

TEST_CASE_METHOD(OddFixture, "after a lost session, a PIN that no longer fits is not tried twice") {
  auto signer = provider().open_signer(reference());
  REQUIRE(signer);
  odd.fails_once["C_SignInit"] = 0xb3;  // CKR_SESSION_HANDLE_INVALID
  odd.fails["C_Login"] = 0xa0;          // CKR_PIN_INCORRECT
  const auto signature = (*signer)->sign(as_bytes("message"));
  REQUIRE(!signature);
  CHECK(signature.error().cause() == Cause::wrong_pin);
  CHECK(odd.calls["C_Login"] == 2);
  check_refused(*this, Cause::wrong_pin, "was wrong before");
  CHECK(odd.calls["C_Login"] == 2);
}

TEST_CASE_METHOD(OddFixture, "verifying needs no PIN where the public half is public") {
  world.variables.clear();
  const auto key = provider().public_key(reference());
  REQUIRE(key);
  CHECK(odd.calls["C_Login"] == 0);
  start_over();
  odd.does["private-public"] = true;
  const auto hidden = provider().public_key(reference());
  REQUIRE(!hidden);
  CHECK(hidden.error().cause() == Cause::no_credentials);
  CHECK_THAT(hidden.error().message(), Contains("HALLMARK_PIN and COSIGN_PKCS11_PIN are not set"));
  world.variables["COSIGN_PKCS11_PIN"] = "1234";
  CHECK(provider().public_key(reference()) == *key);
}

}  // namespace
}  // namespace hallmark::test
