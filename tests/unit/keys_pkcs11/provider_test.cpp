#include "odd_fixture.h"

namespace hallmark::test {
namespace {

using Catch::Contains;

TEST_CASE_METHOD(OddFixture, "a token is found by each of its attributes, and by no wrong one") {
  const auto [path, there] = GENERATE(table<const char*, bool>({
      {"token=odd;object=release", true},
      {"serial=427;object=release", true},
      {"slot-id=7;id=%01", true},
      {";slot-id=7;id=%01", true},  // as cosign writes it where it has no token's name
      {"token=odd;manufacturer=odd%20makers;model=mark%201;object=release;type=private;id=%01", true},
      {"library-manufacturer=odd%20makers;library-version=1.2;slot-description=odd%20slot;object=release", true},
      {"object=release", true},  // the only token
      {"token=even;object=release", false},
      {"token=odd;serial=428;object=release", false},
      {"token=odd;slot-id=8;object=release", false},
      {"token=odd;library-version=2.0;object=release", false},
  }));
  CAPTURE(path);
  const auto signer = provider().open_signer(reference(path));
  CHECK(signer.has_value() == there);
  if (there) return;
  CHECK(signer.error().cause() == Cause::not_found);
  CHECK_THAT(signer.error().message(), Contains("there is pkcs11:token=odd;serial=427;slot-id=7 (odd_token)"));
}

TEST_CASE_METHOD(OddFixture, "of two tokens of one name, the serial number decides") {
  odd.does["twins"] = true;
  const auto both = provider().open_signer(reference());
  REQUIRE(!both);
  CHECK_THAT(both.error().message(), Contains("serial=427") && Contains("serial=428"));
  CHECK(provider().open_signer(reference("token=odd;serial=428;object=release")));
  CHECK(provider().open_signer(reference("slot-id=7;object=release")));
}

TEST_CASE_METHOD(OddFixture, "a key that is not there is an error that lists those that are") {
  const auto path = GENERATE("token=odd;object=debug", "token=odd;id=%02", "token=odd;object=release;id=%02");
  const auto signer = provider().open_signer(reference(path));
  REQUIRE(!signer);
  CHECK(signer.error().cause() == Cause::not_found);
  CHECK_THAT(signer.error().message(), Contains("object \"release\", id 01"));
  const auto key = provider().public_key(reference(path));
  REQUIRE(!key);
  CHECK(key.error().cause() == Cause::not_found);
}

TEST_CASE_METHOD(OddFixture, "object and id together decide between keys of one name") {
  odd.does["two-keys"] = true;
  const auto both = provider().open_signer(reference());
  REQUIRE(!both);
  CHECK_THAT(both.error().message(), Contains("id 01") && Contains("id 02"));
  CHECK(provider().open_signer(reference("token=odd;object=release;id=%01")));
}

TEST_CASE_METHOD(OddFixture, "the module is named by a path, a variable, or a name of p11-kit's") {
  world.variables["COSIGN_PKCS11_MODULE_PATH"] = HALLMARK_ODD_TOKEN;
  CHECK(provider().open_signer("pkcs11:token=odd;object=release"));
  const auto unknown = provider().open_signer("pkcs11:token=odd;object=release?module-name=nobody");
  REQUIRE(!unknown);
  CHECK(unknown.error().cause() == Cause::not_found);
  CHECK_THAT(unknown.error().message(), Contains("no module is called nobody"));
  CHECK(
      provider().open_signer("pkcs11:token=odd;object=release?module-name=ODD_token&module-path=" HALLMARK_ODD_TOKEN));
  world.variables["COSIGN_PKCS11_MODULE_PATH"] = "odd.so";
  const auto relative = provider().open_signer("pkcs11:token=odd;object=release");
  REQUIRE(!relative);
  CHECK_THAT(relative.error().message(), Contains("no absolute path"));
}

TEST_CASE_METHOD(OddFixture, "inspect tells what the token says, and what it does not stays unknown") {
  using Action = keys::KeyRight::Action;
  const auto held = [](const keys::KeyInfo& info, Action action) {
    for (const auto& right : info.rights)
      if (right.action == action) return right.held;
    return keys::Known::unknown;
  };
  SECTION("logged in") {
    const auto info = provider().inspect(reference());
    REQUIRE(info);
    CHECK(info->format == "pkcs11");
    CHECK_THAT(info->place, Contains("serial 427") && Contains("odd makers") && Contains("mark 1") &&
                                Contains("firmware 3.1") && Contains("slot 7"));
    CHECK(info->name == "object \"release\", id 01, made on the token");
    CHECK(info->exportable == keys::Known::no);
    CHECK(held(*info, Action::sign) == keys::Known::yes);
    CHECK(held(*info, Action::export_key) == keys::Known::no);
    CHECK(held(*info, Action::delete_key) == keys::Known::unknown);
    CHECK(info->public_key);
  }
  SECTION("a key that can leave") {
    odd.does["exportable"] = true;
    const auto info = provider().inspect(reference());
    REQUIRE(info);
    CHECK(info->exportable == keys::Known::yes);
    CHECK_THAT(info->name, Contains("brought to the token from elsewhere"));
  }
  SECTION("a key that may not sign") {
    odd.does["cannot-sign"] = true;
    const auto info = provider().inspect(reference());
    REQUIRE(info);
    CHECK(held(*info, Action::sign) == keys::Known::no);
  }
  SECTION("without a PIN nobody is asked for one") {
    world.variables.clear();
    password = [](std::string_view) -> Result<Secret> { throw std::logic_error("asked"); };
    const auto info = provider().inspect(reference());
    REQUIRE(info);
    CHECK(info->public_key);
    CHECK(info->exportable == keys::Known::unknown);
    CHECK(held(*info, Action::sign) == keys::Known::unknown);
    CHECK(held(*info, Action::read_public_key) == keys::Known::yes);
    CHECK(odd.calls["C_Login"] == 0);
  }
}

TEST_CASE_METHOD(OddFixture, "the PIN stands in no message, wherever it came from") {
  odd.fails["C_FindObjectsInit"] = 0x30;
  world.variables["HALLMARK_PIN"] = "hush-environment";
  for (const std::string& query : {std::string(), std::string("pin-value=hush-value")}) {
    start_over();
    odd.wrong_pins = 0;
    const auto signer = provider().open_signer(reference("token=odd;object=release", query));
    REQUIRE(!signer);
    CHECK_THAT(signer.error().message() + signer.error().hint(), !Contains("hush"));
    const auto missing = provider().open_signer(reference("token=even;object=release", query));
    REQUIRE(!missing);
    CHECK_THAT(missing.error().message() + missing.error().hint(), !Contains("hush"));
  }
}

}  // namespace
}  // namespace hallmark::test
