#include "hallmark/trust.h"

#include <catch2/catch.hpp>
#include <thread>

#include "support/key_vectors.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using test::TemporaryFolder;

namespace {

PublicKey key(const std::string& name) { return *PublicKey::from_pem(test::key_text(name)); }
const PublicKey& first() {
  static const PublicKey p256 = key("p256.pub.pem");
  return p256;
}
const PublicKey& second() {
  static const PublicKey ed25519 = key("ed25519.pub.pem");
  return ed25519;
}
const Time kNow{std::chrono::seconds(1'790'000'000)};

TrustFile with(const std::string& reference, const PublicKey& pinned) {
  TrustFile trust;
  REQUIRE(trust.add({reference, pinned, kNow}, false));
  return trust;
}

// The file of one pin, with a text in it replaced.
std::string changed(std::string_view what, std::string_view by) {
  std::string text = with("awskms:///alias/release", first()).json();
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("what is written is read again") {
  TrustFile trust = with("hashivault://release", first());
  REQUIRE(trust.add({"awskms:///alias/release", second(), kNow}, false));
  const auto read = TrustFile::parse(as_bytes(trust.json()), "trust.json");
  REQUIRE(read);
  REQUIRE(read->pins().size() == 2);
  CHECK(read->pins().front().reference == "awskms:///alias/release");
  CHECK(read->pins().front().pinned == kNow);
  REQUIRE(read->find("hashivault://release") != nullptr);
  CHECK(read->find("hashivault://release")->key == first());
  CHECK(read->find("hashivault://other") == nullptr);
}

TEST_CASE("another key under the same reference is an error that names both [attack 49]") {
  TrustFile trust = with("hashivault://release", first());
  CHECK(trust.add({"hashivault://release", first(), kNow}, false));
  const auto added = trust.add({"hashivault://release", second(), kNow}, false);
  REQUIRE_FALSE(added);
  CHECK(added.error().kind() == Outcome::key);
  CHECK(added.error().cause() == Cause::wrong_answer);
  CHECK_THAT(added.error().message(), Catch::Contains(first().id()) && Catch::Contains(second().id()));
  CHECK(trust.find("hashivault://release")->key == first());
  CHECK(trust.add({"hashivault://release", second(), kNow}, true));
  CHECK(trust.find("hashivault://release")->key == second());
  CHECK(trust.pins().size() == 1);
  CHECK(trust.remove("hashivault://release"));
  CHECK_FALSE(trust.remove("hashivault://release"));
}

TEST_CASE("a PIN in a reference is neither kept nor looked for") {
  CHECK(without_pin("pkcs11:token=t;object=k?module-path=/m.so&pin-value=1234") ==
        "pkcs11:token=t;object=k?module-path=/m.so");
  CHECK(without_pin("pkcs11:object=k?pin-value=1234") == "pkcs11:object=k");
  CHECK(without_pin("pkcs11:object=k?pin-value=1234&pin-source=file:/p") == "pkcs11:object=k?pin-source=file:/p");
  CHECK(without_pin("pkcs11:object=k?pin-value=12&34") == "pkcs11:object=k");
  CHECK(without_pin("pkcs11:object=k;pin-value=1234?module-path=/m") == "pkcs11:object=k;pin-value=…?module-path=/m");
  CHECK(without_pin("PKCS11:object=k?pin-value=1234") == "PKCS11:object=k?pin-value=…");
  CHECK(without_pin("awskms:///k?pin-value=1") == "awskms:///k?pin-value=…");
  const TrustFile trust = with("pkcs11:object=k?pin-value=1234", first());
  CHECK_THAT(trust.json(), !Catch::Contains("1234"));
  CHECK(trust.find("pkcs11:object=k?pin-value=9999") != nullptr);
}

TEST_CASE("a trust file that is not exactly one is refused") {
  const std::string pin = with("k8s://a/b", first()).json();
  struct Row {
    std::string text;
    std::string reason;
  };
  const std::vector<Row> rows = {
      {"", "trust.json"},
      {"[]", "object"},
      {"{\"version\": 1}", "pins is missing"},
      {"{\"pins\": []}", "version"},
      {changed("\"version\": 1", "\"version\": 2"), "version 2 is not known"},
      {changed("\"version\": 1", "\"version\": 1, \"more\": 1"), "\"more\" is not known"},
      {changed("\"algorithm\"", "\"revoked\": false, \"algorithm\""), "\"revoked\" is not known"},
      {changed("\"awskms:///alias/release\"", "\"\""), "key is empty"},
      {changed("awskms:///alias/release", "pkcs11:object=k?pin-value=1"), "has a PIN in it"},
      {changed(first().id(), second().id()), "id is not that of the key"},
      {changed("ecdsa-p256", "ecdsa-p384"), "algorithm is not that of the key"},
      {changed("BEGIN PUBLIC", "BEGIN PRIVATE"), "pem: "},
      {changed("2026-", "yesterday-"), "pinned: "},
      {changed("\"pinned\"", "\"pinnned\""), "is not known"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = TrustFile::parse(as_bytes(row.text), "trust.json");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == Outcome::config);
    CHECK_THAT(read.error().message(), Catch::Contains(row.reason));
  }
}

TEST_CASE("a reference that is pinned twice is refused, also to the same key") {
  std::string text = with("k8s://a/b", first()).json();
  const auto start = text.find('{', 1);
  const auto end = text.find('}') + 1;
  const std::string twice =
      text.substr(0, start) + text.substr(start, end - start) + "," + text.substr(start, std::string::npos);
  CHECK_THAT(TrustFile::parse(as_bytes(twice), "trust.json").error().message(), Catch::Contains("is pinned twice"));
}

TEST_CASE("a file that is not there has no pins, and its folder is made when one is added") {
  const TemporaryFolder folder;
  const auto file = folder / "config/hallmark/trust.json";
  REQUIRE(TrustFile::read(file));
  CHECK(TrustFile::read(file)->pins().empty());
  REQUIRE(change_trust_file(file, [](TrustFile& trust) { return trust.add({"k8s://a/b", first(), kNow}, false); }));
  CHECK(TrustFile::read(file)->pins().size() == 1);
}

TEST_CASE("a link to the trust file stays one, and one that leads nowhere is not replaced") {
  const TemporaryFolder folder;
  const auto file = folder / "real.json";
  const auto link = folder / "link.json";
  std::filesystem::create_symlink(file, link);
  const auto add = [](TrustFile& trust) { return trust.add({"k8s://a/b", first(), kNow}, false); };
  const auto nowhere = change_trust_file(link, add);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind() == Outcome::config);
  CHECK_THAT(nowhere.error().message(), Catch::Contains("is a link that leads nowhere"));
  REQUIRE(change_trust_file(file, [](TrustFile&) -> Result<void> { return {}; }));
  REQUIRE(change_trust_file(link, add));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(TrustFile::read(file)->pins().size() == 1);
}

TEST_CASE("a change that fails leaves the file as it was") {
  const TemporaryFolder folder;
  const auto file = folder / "trust.json";
  REQUIRE(change_trust_file(file, [](TrustFile& trust) { return trust.add({"k8s://a/b", first(), kNow}, false); }));
  const auto before = test::text_of(file);
  CHECK_FALSE(change_trust_file(file, [](TrustFile& trust) -> Result<void> {
    trust.remove("k8s://a/b");
    return fail(Outcome::key, "no");
  }));
  CHECK(test::text_of(file) == before);
}

TEST_CASE("writers take turns: no pin is lost") {
  const TemporaryFolder folder;
  const auto file = folder / "trust.json";
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&file, i] {
      (void)change_trust_file(file, [i](TrustFile& trust) {
        return trust.add({"hashivault://k" + std::to_string(i), first(), kNow}, false);
      });
    });
  }
  writers.clear();
  CHECK(TrustFile::read(file)->pins().size() == 8);
}
