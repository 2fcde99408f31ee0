#include "keys/software/sigstore_key.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/pem.h"
#include "keys/software/private_key.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::keys;
using base::Json;

namespace {

const std::string kPassword = "open sesame";
constexpr Scrypt kQuick{.n = 2, .r = 1, .p = 1};

Json cosign_document() {
  const auto block = crypto::read_pem(test::key_text("cosign.key"));
  return *Json::parse(block->bytes.view(), "test");
}

// The document with one member replaced: "kdf.params.N".
Json with(const std::string& path, Json value) {
  auto document = cosign_document();
  if (path == "ciphertext") {
    document.set(path, std::move(value));
    return document;
  }
  const auto dot = path.find('.');
  auto outer = *document.find(path.substr(0, dot));
  auto rest = path.substr(dot + 1);
  if (rest.starts_with("params.")) {
    auto parameters = *outer.find("params");
    parameters.set(rest.substr(7), std::move(value));
    outer.set("params", std::move(parameters));
  } else {
    outer.set(rest, std::move(value));
  }
  document.set(path.substr(0, dot), std::move(outer));
  return document;
}

struct Case {
  std::string path;
  Json value;
  std::string reason;
};

}  // namespace

TEST_CASE("a key that cosign encrypted opens with its password") {
  const std::string name = GENERATE("cosign", "cosign-rsa2048", "cosign-ed25519", "cosign-p384");
  const auto block = crypto::read_pem(test::key_text(name + ".key"));
  REQUIRE(block);
  CHECK(block->label == kSigstoreLabel);
  const auto key = SigstoreKey::parse(block->bytes.view());
  REQUIRE(key);
  CHECK(key->kdf.n == 65'536);
  const auto pkcs8 = key->open(Secret::copy_of(kPassword));
  REQUIRE(pkcs8);
  const auto opened = read_pkcs8(pkcs8->view());
  REQUIRE(opened);
  CHECK(opened->public_key.pem() == test::key_text(name + ".pub"));
}

TEST_CASE("a key that was sealed opens, and with that password only") {
  const auto plain = as_bytes("not a key, but who knows");
  const auto sealed = SigstoreKey::seal(plain, Secret::copy_of(kPassword), kQuick);
  REQUIRE(sealed);
  const auto json = sealed->json();
  const auto read = SigstoreKey::parse(as_bytes(json));
  REQUIRE(read);
  CHECK(read->open(Secret::copy_of(kPassword))->text() == as_text(plain));
  const auto wrong = read->open(Secret::copy_of("open sesam"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind() == Outcome::key);
  CHECK(wrong.error().message() == "wrong password, or the file is damaged");
}

TEST_CASE("salt and nonce are new each time") {
  const auto first = SigstoreKey::seal(as_bytes("x"), Secret(), kQuick);
  const auto second = SigstoreKey::seal(as_bytes("x"), Secret(), kQuick);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->salt != second->salt);
  CHECK(first->nonce != second->nonce);
  CHECK(first->open(Secret())->text() == "x");
}

TEST_CASE("the JSON that is written has cosign's shape") {
  const auto sealed = SigstoreKey::seal(as_bytes("x"), Secret());
  const auto ours = *Json::parse(as_bytes(sealed->json()), "test");
  const auto theirs = cosign_document();
  const auto names = [](const Json& object) {
    std::string joined;
    for (const auto& [name, value] : *object.as_object()) joined += name + " ";
    return joined;
  };
  CHECK(names(ours) == names(theirs));
  CHECK(names(*ours.find("kdf")) == names(*theirs.find("kdf")));
  CHECK(*ours.find("kdf")->find("params") == *theirs.find("kdf")->find("params"));
  CHECK(names(*ours.find("cipher")) == names(*theirs.find("cipher")));
}

TEST_CASE("an encrypted key with unknown or unbounded parameters is refused [attack 26]") {
  const auto [path, value, reason] = GENERATE(values<Case>({
      {"kdf.name", "argon2id", "its key derivation \"argon2id\" is not known, only scrypt"},
      {"kdf.name", "", "its key derivation \"\" is not known"},
      {"kdf.name", Json(), "kdf.name"},
      {"kdf.params.N", 1 << 30, "takes more memory than the limit of 256 MiB"},
      {"kdf.params.N", 0, "N is not a power of two"},
      {"kdf.params.N", 65'535, "N is not a power of two"},
      {"kdf.params.N", -65'536, "encrypted key.kdf.params.N"},
      {"kdf.params.N", 65'536.0, "encrypted key.kdf.params.N"},
      {"kdf.params.N", "65536", "encrypted key.kdf.params.N"},
      {"kdf.params.r", 0, "r and p start at 1"},
      {"kdf.params.p", 1 << 30, "takes more time than the limit allows"},
      {"kdf.salt", "", "its salt has 0 bytes"},
      {"kdf.salt", "not base64!", "encrypted key.kdf.salt"},
      {"cipher.name", "aes-256-gcm", "its cipher \"aes-256-gcm\" is not known, only nacl/secretbox"},
      {"cipher.nonce", "AAAA", "its nonce has 3 bytes, expected 24"},
      {"ciphertext", "AAAA", "its ciphertext is too short"},
      {"ciphertext", Json(), "ciphertext"},
  }));
  const auto json = with(path, value).dump();
  const auto key = SigstoreKey::parse(as_bytes(json));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("an altered encrypted key does not open") {
  const auto block = crypto::read_pem(test::key_text("cosign.key"));
  auto key = *SigstoreKey::parse(block->bytes.view());
  key.kdf.n = 1024;  // other parameters give another key
  CHECK_FALSE(key.open(Secret::copy_of(kPassword)));
  auto sealed = *SigstoreKey::seal(as_bytes("hallmark"), Secret(), kQuick);
  sealed.ciphertext.back() ^= 1;
  CHECK(sealed.open(Secret()).error().message() == "wrong password, or the file is damaged");
}

TEST_CASE("what is not strict JSON is no encrypted key [attack 24]") {
  const auto text = GENERATE(as<std::string>{}, "", "{}", "[]", "{\"kdf\":{},\"KDF\":{}}", "{\"kdf\":1}", "x");
  const auto key = SigstoreKey::parse(as_bytes(text));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
}
