#include "keys/pkcs11/uri.h"

#include <catch2/catch.hpp>

namespace hallmark::keys::token {
namespace {

using Catch::Contains;

Result<TokenUri> parse(const std::string& text) { return TokenUri::parse(**Kit::load(), text); }

TEST_CASE("a reference of RFC 7512 is read in all its parts") {
  const auto uri = parse(
      "pkcs11:token=My%20token;serial=42;object=re%3blease;id=%01%ab;slot-id=12;type=private"
      "?module-path=/usr/lib/m.so&module-name=m&pin-value=12%2634&hallmark-padding=pss");
  REQUIRE(uri);
  CHECK(uri->object == "re;lease");
  CHECK(uri->id == Bytes{0x01, 0xab});
  CHECK(uri->slot == 12);
  CHECK(uri->module_path == "/usr/lib/m.so");
  CHECK(uri->module_name == "m");
  CHECK(uri->pin->text() == "12&34");
  CHECK(uri->pin_source.empty());
  CHECK(uri->padding == Padding::pss);
  CHECK(uri->key_name() == "object \"re;lease\", id 01ab");
}

TEST_CASE("what cosign writes is read alike") {
  // cosign pkcs11-tool list-keys-uris: every byte of the id encoded, ";" first where the token has no name.
  const auto listed = parse("pkcs11:token=t;slot-id=0;id=%72%65%6c;object=release?module-path=/m.so&pin-value=1234");
  REQUIRE(listed);
  CHECK(listed->id == to_bytes("rel"));
  const auto nameless = parse("pkcs11:;slot-id=3;id=%72?module-path=/m.so");
  REQUIRE(nameless);
  CHECK(nameless->slot == 3);
  const auto plus = parse("pkcs11:token=t;object=a+b&c");
  REQUIRE(plus);
  CHECK(plus->object == "a+b&c");  // RFC 7512: neither is special in the path
}

TEST_CASE("the PIN of a reference is in no text that is shown") {
  const auto uri = parse("pkcs11:token=t;object=o?pin-value=hush&module-path=/m.so");
  REQUIRE(uri);
  CHECK(uri->text == "pkcs11:token=t;object=o?pin-value=…&module-path=/m.so");
  for (const char* text :
       {"pkcs11:token=t?pin-value=hush", "pkcs11:token=t;object=o?pin-value=hush&pin-value=hush",
        "pkcs11:token=t;object=o?pin-value=hush%zz", "pkcs11:token=t;object=o?pin-source=file:/p&pin-value=hush",
        "pkcs11:token=t;object=o?pinvalue=hush", "pkcs11:token=t;object=o?pin-value=hush%00"}) {
    CAPTURE(text);
    const auto refused = parse(text);
    REQUIRE(!refused);
    CHECK_THAT(refused.error().message() + refused.error().hint(), !Contains("hush"));
  }
}

TEST_CASE("a PIN in a wrong place is refused, and shown by no error [attack 48]") {
  const auto [text, says] = GENERATE(table<std::string, const char*>({
      {"pkcs11:token=t;object=o;pin-value=hush?module-path=/m.so", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o&pin-value=hush", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o%26pin-value%3Dhush", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o?module-path=/m.so?pin-value=hush", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o?module-path=/m.so;pin-value=hush", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o?PIN-VALUE=hush", "\"PIN-VALUE\" is no attribute"},
      {"pkcs11:token=t;object=o?pin-value%3Dhush", "\"pin-value%3D…\" is no attribute"},
      {"pkcs11:token=t;object=o?pin-value:hush", "\"pin-value:…\" is no attribute"},
      {"pkcs11:token=t;object=o?pin-value=1234&hush", "what follows the PIN is no attribute"},
      {"pkcs11:token=t;object=o?pin-value=1234&hush=hush", "what follows the PIN is no attribute"},
      {"PKCS11:token=t;object=o?pin-value=hush", "is no reference to a token"},
      {"pkcs11:token=t;object=o?password=hush", "\"password\" is no attribute"},
  }));
  CAPTURE(text);
  const auto refused = parse(text);
  REQUIRE(!refused);
  CHECK(refused.error().kind() == Outcome::key);
  CHECK_THAT(refused.error().message(), Contains(says));
  CHECK_THAT(refused.error().message() + refused.error().hint(), !Contains("hush"));
}

TEST_CASE("a PIN's file is named as a file URI or a path") {
  const auto [source, path] = GENERATE(table<const char*, const char*>({
      {"file:/run/pin", "/run/pin"},
      {"file:///run/pin", "/run/pin"},
      {"file://localhost/run/pin", "/run/pin"},
      {"/run/pin", "/run/pin"},
      {"file:/run/my%20pin", "/run/my pin"},
  }));
  const auto uri = parse(std::string("pkcs11:token=t;object=o?pin-source=") + source);
  REQUIRE(uri);
  CHECK(uri->pin_source == path);
}

TEST_CASE("a reference that has not one meaning is refused, and told why") {
  const auto [text, says] = GENERATE(table<std::string, const char*>({
      {"pkcs11:", "object= or id= is missing"},
      {"pkcs11:token=t", "object= or id= is missing"},
      {"pkcs11:token=t;object=a;object=b", "\"object\" stands there twice"},
      {"pkcs11:token=t;object=o?module-path=/a&module-path=/b", "\"module-path\" stands there twice"},
      {"pkcs11:token=t;object=", "\"object\" has no value"},
      {"pkcs11:token=t;object", "\"object\" has no value"},
      {"pkcs11:token=t;objekt=o", "\"objekt\" is no attribute"},
      {"pkcs11:token=t;object=o;x-vendor=1", "\"x-vendor\" is no attribute"},
      {"pkcs11:token=t;object=o;pin-value=1", "a PIN seems to stand where none is read"},
      {"pkcs11:token=t;object=o?object=o", "\"object\" is no attribute"},
      {"pkcs11:token=t;object=a%00b", "\"object\" has a NUL byte"},
      {std::string("pkcs11:token=t;object=a\0b", 24), "no reference to a token"},
      {"pkcs11:token=t;object=%zz", "percent sign"},
      {"pkcs11:token=t;object=%4", "percent sign"},
      {"pkcs11:token=t;object=o;slot-id=x", "RFC 7512"},
      {"pkcs11:token=t;object=o;library-version=x", "library-version"},
      {"pkcs11:token=t;object=o;type=key", "no type of object"},
      {"pkcs11:token=a%20label%20of%20more%20than%2032%20bytes%20is%20none;object=o", "longer than the token's own"},
      {"pkcs11:token=t;object=o?module-path=softhsm.so", "not absolute"},
      {"pkcs11:token=t;object=o?pin-source=https://example.test/pin", "no file"},
      {"pkcs11:token=t;object=o?pin-source=file://elsewhere/pin", "no file"},
      {"pkcs11:token=t;object=o?pin-source=file:/p&pin-value=1", "exclude each other"},
      {"pkcs11:token=t;object=o?hallmark-padding=oaep", "\"pss\" or \"pkcs1\""},
      {"pkcs12:token=t;object=o", "no reference to a token"},
      {"pkcs11:token=t;object=" + std::string(5000, 'o'), "more than 4096 bytes"},
  }));
  CAPTURE(text);
  const auto uri = parse(text);
  REQUIRE(!uri);
  CHECK(uri.error().kind() == Outcome::key);
  CHECK(uri.error().cause() == Cause::not_found);
  CHECK_THAT(uri.error().message(), Contains(says));
  CHECK(!uri.error().hint().empty());
}

TEST_CASE("a well-formed reference to what hallmark does not use is no malformed one") {
  const auto [text, says, cause] = GENERATE(table<std::string, const char*, Cause>({
      {"pkcs11:token=t;object=o;type=secret-key", "cannot sign", Cause::wrong_key},
      {"pkcs11:token=t;object=o;type=data", "cannot sign", Cause::wrong_key},
      {"pkcs11:token=t;object=o?pin-source=|cat%20/etc/pin", "does not run", Cause::unsupported},
  }));
  CAPTURE(text);
  const auto uri = parse(text);
  REQUIRE(!uri);
  CHECK(uri.error().kind() == Outcome::key);
  CHECK(uri.error().cause() == cause);
  CHECK_THAT(uri.error().message(), Contains(says));
  CHECK(!uri.error().hint().empty());
}

}  // namespace
}  // namespace hallmark::keys::token
