#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::KeyFolder;
using test::with_password;

namespace {

EncodeOptions under(const std::string& password, std::optional<KeyDerivation> derivation = {}) {
  return {.derivation = derivation, .password = with_password(password).password};
}

std::string put(const KeyFolder& keys, KeyFormat format, std::optional<KeyDerivation> derivation = {}) {
  const auto pair =
      generate({}, "k", {.format = format, .derivation = derivation, .password = with_password("old").password});
  REQUIRE(pair);
  return keys.put("release.key", pair->private_pem.text());
}

KeyInfo info_of(const std::string& path) { return *inspect(path, {}); }

::mode_t mode_of(const std::string& path) {
  struct ::stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a key gets another password and stays the same key in the same format") {
  const auto [format, derivation] =
      GENERATE(table<KeyFormat, std::optional<KeyDerivation>>({{KeyFormat::sigstore, std::nullopt},
                                                               {KeyFormat::encrypted_pkcs8, std::nullopt},
                                                               {KeyFormat::encrypted_pkcs8, KeyDerivation::scrypt}}));
  const KeyFolder keys;
  const auto path = put(keys, format, derivation);
  const auto before = info_of(path);
  const auto key = public_half(path, with_password("old"));
  const auto rotated = rotate_password(path, with_password("old"), under("new"));
  REQUIRE(rotated);
  CHECK(*rotated == *key);
  CHECK(*public_half(path, with_password("new")) == *key);
  CHECK(public_half(path, with_password("old")).error().cause() == Cause::wrong_pin);
  CHECK(info_of(path).format == before.format);
  CHECK(info_of(path).kdf == before.kdf);
  CHECK(mode_of(path) == 0600);
  CHECK(keys.folder().count() == 1);
}

TEST_CASE("cosign's own keys and openssl's are rotated, and keep their label") {
  const std::string name = GENERATE("cosign.key", "cosign-old-label.key", "p256.pbkdf2.pem", "p256.scrypt.pem");
  CAPTURE(name);
  const KeyFolder keys;
  const auto path = keys.vector(name);
  const auto before = test::text_of(path);
  REQUIRE(rotate_password(path, with_password(), under("new")));
  const auto after = test::text_of(path);
  CHECK(after != before);
  CHECK(after.substr(0, after.find('\n')) == before.substr(0, before.find('\n')));
  CHECK(public_half(path, with_password("new")));
}

TEST_CASE("the key derivation changes where it is asked for") {
  const KeyFolder keys;
  const auto path = put(keys, KeyFormat::encrypted_pkcs8);
  REQUIRE(rotate_password(path, with_password("old"), under("new", KeyDerivation::scrypt)));
  CHECK(info_of(path).kdf == "scrypt N=16384 r=8 p=1");
  REQUIRE(rotate_password(path, with_password("new"), under("newer", KeyDerivation::pbkdf2)));
  CHECK(info_of(path).kdf == "pbkdf2 hmac-sha256 iterations=600000");
}

TEST_CASE("a narrower mode is kept, and a link stays a link") {
  const KeyFolder keys;
  const auto path = put(keys, KeyFormat::sigstore);
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  const auto link = (keys.folder() / "link.key").string();
  std::filesystem::create_symlink(path, link);
  REQUIRE(rotate_password(link, with_password("old"), under("new")));
  CHECK(mode_of(path) == 0400);
  CHECK(std::filesystem::is_symlink(link));
  CHECK(public_half(path, with_password("new")));
}

TEST_CASE("after a rotation that failed the file is as it was") {
  const KeyFolder keys;
  const auto path = put(keys, KeyFormat::sigstore);
  const auto before = test::text_of(path);
  const EncodeOptions nobody{.password = [](std::string_view) -> Result<Secret> { return fail(Outcome::key, "no"); }};
  CHECK(rotate_password(path, with_password("wrong"), under("new")).error().cause() == Cause::wrong_pin);
  CHECK_FALSE(rotate_password(path, with_password("old"), nobody));
  CHECK_FALSE(rotate_password(path, with_password("old"), {}));
  CHECK(rotate_password(path, with_password("old"), under("new", KeyDerivation::pbkdf2)).error().kind() ==
        Outcome::usage);
  CHECK(test::text_of(path) == before);
  CHECK(keys.folder().count() == 1);
}

TEST_CASE("what has no password cannot get another one") {
  const KeyFolder keys;
  struct Row {
    std::string path;
    std::string message;
  };
  const std::vector<Row> rows = {{keys.vector("p256.pkcs8.pem"), "is not encrypted"},
                                 {keys.vector("p256.pub.pem"), "is no private key"},
                                 {"env://KEY", "is no file"},
                                 {"awskms:///alias/k", "is no file"},
                                 {(keys.folder() / "nowhere").string(), "no such file"},
                                 {keys.put("open.key", test::key_text("cosign.key"), 0644), "others can read"}};
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const auto rotated = rotate_password(row.path, with_password(), under("new"));
    REQUIRE_FALSE(rotated);
    CHECK(rotated.error().kind() == Outcome::key);
    CHECK_THAT(rotated.error().message(), Catch::Contains(row.message));
  }
}
