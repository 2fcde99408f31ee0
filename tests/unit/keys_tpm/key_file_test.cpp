#include "keys/tpm/key_file.h"

#include <catch2/catch.hpp>

#include "crypto/der.h"
#include "crypto/pem.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using namespace std::string_view_literals;
using crypto::der;
using test::TemporaryFolder;
namespace tag = crypto::tag;

namespace {

// By tpm2_encodeobject 5.4 -C 0x81000001 -p.
constexpr auto kByTools = R"(-----BEGIN TSS2 PRIVATE KEY-----
MIHxBgZngQUKAQOgAwEBAQIFAIEAAAEEWABWACMACwAEAHIAAAAQABAAAwAQACBQ
YepO2lSP27V1NBgxmss8hG0P6y5vAOmg2mdv433DYQAgPik/f9N5lRihEPPx5OrA
124BpfpC2xmvAUGdo10SEvIEgYAAfgAgozQyZlzjNa7V9bp9P/BGwxq+8UrlYd2T
hBs32zsWExQAELkuRqIKP9hazNLidlP9xjZHoLcQNDG8BwT6HsAoKp0ImYHnlsO/
AyMHRLCyroqmWWzvf5NzcDS1zn5W8r676AmY9PjJGAOnO8VNtivJ4qNlS4yYakix
Y8cO6Q==
-----END TSS2 PRIVATE KEY-----
)"sv;

constexpr auto kLoadable = "\x67\x81\x05\x0a\x01\x03"sv;
constexpr auto kImportable = "\x67\x81\x05\x0a\x01\x04"sv;
constexpr auto kSealed = "\x67\x81\x05\x0a\x01\x05"sv;

Bytes oid(std::string_view contents) { return der(tag::oid, {as_bytes(contents)}); }
Bytes octets(std::string_view contents) { return der(tag::octet_string, {as_bytes(contents)}); }
Bytes boolean(std::uint8_t value) { return der(0x01, {Bytes{value}}); }
Bytes parent(std::uint8_t first, std::uint8_t last) { return crypto::der_integer(Bytes{first, 0, 0, last}); }
Bytes key(std::initializer_list<BytesView> parts) { return der(tag::sequence, parts); }

struct Bad {
  std::string name;
  Bytes der;
  Cause cause;
  std::string words;
};

std::vector<Bad> bad_files() {
  const Bytes type = oid(kLoadable);
  const Bytes owner = parent(0x40, 1);
  const Bytes two = octets("pub");
  const auto unsupported = Cause::unsupported;
  const auto malformed = Cause::malformed_answer;
  Bytes followed = key({type, owner, two, two});
  followed.push_back(0);
  return {
      {"importable", key({oid(kImportable), owner, two, two}), unsupported, "importable"},
      {"sealed", key({oid(kSealed), owner, two, two}), unsupported, "sealed"},
      {"another type", key({oid("\x2a\x03"), owner, two, two}), malformed, "type is none of a TPM key"},
      {"policy", key({type, der(tag::context_1, {key({})}), owner, two, two}), unsupported, "policy"},
      {"authPolicy", key({type, der(tag::context_3, {key({})}), owner, two, two}), unsupported, "policy"},
      {"secret", key({type, der(tag::context_2, {two}), owner, two, two}), unsupported, "import"},
      {"RSA parent", key({type, der(0xa5, {boolean(0xff)}), owner, two, two}), unsupported, "RSA primary"},
      {"platform's hierarchy", key({type, parent(0x40, 0x0c), two, two}), unsupported, "names a parent"},
      {"transient parent", key({type, parent(0x80, 0), two, two}), unsupported, "names a parent"},
      {"huge parent", key({type, crypto::der_integer(Bytes(8, 0x81)), two, two}), unsupported, "names a parent"},
      {"negative parent", key({type, der(tag::integer, {Bytes{0x81, 0, 0, 1}}), two, two}), malformed, "negative"},
      {"boolean of two", key({type, der(tag::context_0, {boolean(2)}), owner, two, two}), malformed, "boolean"},
      {"no private half", key({type, owner, two}), malformed, "ends too early"},
      {"more at the end", key({type, owner, two, two, two}), malformed, "bytes follow"},
      {"more behind", followed, malformed, "bytes follow"},
      {"nothing", {}, malformed, "ends too early"},
  };
}

}  // namespace

TEST_CASE("a key file by tpm2-tools is read, and written as the same key") {
  const auto file = TpmKeyFile::from_pem(kByTools);
  REQUIRE(file);
  CHECK(file->empty_auth);
  CHECK(file->parent == 0x81000001);
  CHECK(file->public_area.size() == 88);
  CHECK(file->private_area.size() == 128);
  const auto again = TpmKeyFile::from_pem(file->pem());
  REQUIRE(again);
  CHECK(again->empty_auth);
  CHECK(again->parent == file->parent);
  CHECK(again->public_area == file->public_area);
  CHECK(again->private_area == file->private_area);
}

TEST_CASE("without emptyAuth a key has a password; a description is passed over") {
  const Bytes description = der(0xa4, {der(0x0c, {as_bytes("release"sv)})});
  const auto file =
      TpmKeyFile::parse(key({oid(kLoadable), description, parent(0x40, 1), octets("pub"), octets("priv")}));
  REQUIRE(file);
  CHECK_FALSE(file->empty_auth);
  CHECK(file->parent == 0x40000001);
  CHECK(as_text(file->public_area) == "pub");
  CHECK(as_text(file->private_area) == "priv");
}

TEST_CASE("a key file that cannot be used is refused, each with its cause") {
  const auto bad = GENERATE(from_range(bad_files()));
  CAPTURE(bad.name);
  const auto file = TpmKeyFile::parse(bad.der);
  REQUIRE_FALSE(file);
  CHECK(file.error().kind() == Outcome::key);
  CHECK(file.error().cause() == bad.cause);
  CHECK_THAT(file.error().message(), Catch::Contains(bad.words));
}

TEST_CASE("a key file cut off anywhere is refused") {
  const auto whole = crypto::read_pem(kByTools);
  REQUIRE(whole);
  for (std::size_t size = 0; size < whole->bytes.size(); ++size)
    if (TpmKeyFile::parse(whole->bytes.view().first(size))) FAIL("was taken with " << size << " bytes");
  for (std::size_t size = 0; size + 1 < kByTools.size(); ++size)
    if (TpmKeyFile::from_pem(kByTools.substr(0, size))) FAIL("was taken with " << size << " characters");
}

TEST_CASE("what is no TPM key file says what it is") {
  const TemporaryFolder folder;
  const auto missing = TpmKeyFile::read(folder / "none.pem");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().cause() == Cause::not_found);

  const auto software = TpmKeyFile::read(folder.put("a.pem", crypto::write_public_pem("PRIVATE KEY", as_bytes("x"sv))));
  REQUIRE_FALSE(software);
  CHECK(software.error().cause() == Cause::wrong_key);
  CHECK_THAT(software.error().message(), Catch::Contains("\"PRIVATE KEY\", expected \"TSS2 PRIVATE KEY\""));

  const auto raw = TpmKeyFile::read(folder.put("a.priv", "\0\x7e\0\x20"sv));
  REQUIRE_FALSE(raw);
  CHECK(raw.error().cause() == Cause::unsupported);
  CHECK_THAT(raw.error().hint(), Catch::Contains("tpm2_encodeobject"));

  const auto large = TpmKeyFile::read(folder.put("large.pem", std::string(20'000, 'a')));
  REQUIRE_FALSE(large);
  CHECK(large.error().kind() == Outcome::key);
}
