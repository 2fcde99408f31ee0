#include "keys/kms/vault_reference.h"

#include <catch2/catch.hpp>

namespace hallmark::keys {

TEST_CASE("a reference of Vault is a key's name, as cosign takes it, and maybe a version") {
  struct Case {
    const char* text;
    const char* key;
    std::optional<std::uint64_t> version;
  };
  const auto [text, key, version] = GENERATE(values<Case>({
      {"hashivault://release", "release", {}},
      {"hashivault://a", "a", {}},
      {"hashivault://team-a.release_2", "team-a.release_2", {}},
      {"hashivault://release?version=1", "release", 1},
      {"hashivault://release?version=999999999", "release", 999999999},
  }));
  const auto reference = VaultReference::parse(text, "hashivault");
  REQUIRE(reference);
  CHECK(reference->key == key);
  CHECK(reference->version == version);
  CHECK(reference->text == text);
  CHECK(VaultReference::parse("openbao://release", "openbao"));
}

TEST_CASE("a token in a reference of Vault is shown by no error [attack 48]") {
  const auto text = GENERATE(as<std::string>(), "hashivault://release?token=hush", "hashivault://u:hush@vault/release",
                             "hashivault://release?version=1&password=hush", "hashivault:release?TOKEN=hush");
  const auto reference = VaultReference::parse(text, "hashivault");
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK_THAT(reference.error().message(), Catch::Contains("names no key of Vault") && !Catch::Contains("hush"));
}

TEST_CASE("a malformed reference of Vault names the right form") {
  const auto [text, words] = GENERATE(table<std::string, std::string>({
      {"hashivault://", "a key's name is"},
      {"hashivault:release", "does not begin with hashivault://"},
      {"openbao://release", "does not begin with hashivault://"},
      {"hashivault://transit/release", "a key's name is"},
      {"hashivault://-release", "a key's name is"},
      {"hashivault://release.", "a key's name is"},
      {"hashivault://..", "a key's name is"},
      {"hashivault://rel ease", "a key's name is"},
      {"hashivault://r%2fs", "a key's name is"},
      {"hashivault://release?version=0", "no whole number from 1"},
      {"hashivault://release?version=01", "no whole number from 1"},
      {"hashivault://release?version=-1", "no whole number from 1"},
      {"hashivault://release?version=1x", "no whole number from 1"},
      {"hashivault://release?version=1234567890", "no whole number from 1"},
      {"hashivault://release?version=", "no whole number from 1"},
      {"hashivault://release?mount=x", "only version=N is known"},
      {"hashivault://" + std::string(5000, 'a'), "too long"},
  }));
  const auto reference = VaultReference::parse(text, "hashivault");
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::key);
  CHECK(reference.error().cause() == Cause::not_found);
  CHECK_THAT(reference.error().message(), Catch::Contains(words));
  CHECK_THAT(reference.error().hint(), Catch::Contains("hashivault://KEY?version=N"));
}

}  // namespace hallmark::keys
