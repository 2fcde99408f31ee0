// The whole provider against a TPM in software.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "keys/tpm/tpm.h"
#include "support/key_services.h"
#include "unit/keys_tpm/simulator.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::Simulator;
using test::TemporaryFolder;

namespace {

constexpr auto kHandle = "tpm:handle=0x81000010";
constexpr auto kMessage = "what is signed";
constexpr auto kSecret = "hush-correct-horse";

// One user: their variables, what they type, and a provider of their own.
struct User {
  explicit User(const Simulator& tpm_at) { world.variables["HALLMARK_TPM_TCTI"] = tpm_at.tcti(); }
  explicit User(std::string tcti) { world.variables["HALLMARK_TPM_TCTI"] = std::move(tcti); }

  void types(std::string password) {
    services.password = [this, password](std::string_view what) -> Result<Secret> {
      asked.emplace_back(what);
      return Secret::copy_of(std::string_view(password));
    };
  }
  void has_no_terminal() {
    services.password = [this](std::string_view what) -> Result<Secret> {
      asked.emplace_back(what);
      return fail(Error(Outcome::key, "there is no terminal").because(Cause::no_credentials));
    };
  }
  void sets_password(std::string password) { world.variables["HALLMARK_TPM_PASSWORD"] = std::move(password); }

  test::KeyServices world{};
  Services services = world.services();
  std::vector<std::string> asked{};
  std::unique_ptr<KeyProvider> provider = tpm(services);
};

PublicKey made(User& user, const std::string& reference, const KeyType& type = {}) {
  const auto key = user.provider->create(reference, type);
  if (!key) FAIL(key.error().message() << " / " << key.error().hint());
  return *key;
}

void signs(User& user, const std::string& reference, const PublicKey& key) {
  const auto signer = user.provider->open_signer(reference);
  if (!signer) FAIL(signer.error().message());
  CHECK((*signer)->public_key() == key);
  for (const std::string message : {kMessage, ""}) {
    const auto signature = (*signer)->sign(as_bytes(std::string_view(message)));
    if (!signature) FAIL(signature.error().message());
    CHECK(key.verify(as_bytes(std::string_view(message)), *signature));
  }
}

Error refused(User& user, const std::string& reference) {
  const auto signer = user.provider->open_signer(reference);
  if (!signer) return signer.error();
  const auto signature = (*signer)->sign(as_bytes(std::string_view(kMessage)));
  REQUIRE_FALSE(signature);
  return signature.error();
}

}  // namespace

TEST_CASE("a key of each kind is made in a TPM, found again and signs") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  const auto [type, password] = GENERATE(table<KeyType, std::string>({
      {{KeyAlgorithm::ecdsa_p256, 256}, ""},
      {{KeyAlgorithm::ecdsa_p256, 256}, kSecret},
      {{KeyAlgorithm::ecdsa_p384, 384}, kSecret},
      {{KeyAlgorithm::ecdsa_p521, 521}, ""},
      {{KeyAlgorithm::rsa_pkcs1, 2048}, kSecret},
      {{KeyAlgorithm::rsa_pss, 2048}, kSecret},
  }));
  const TemporaryFolder folder;
  const std::string file = "tpm:file=" + (folder / "key.pem").string();
  CAPTURE(describe(type.algorithm, type.bits), password.empty());
  User user(simulator);
  user.sets_password(password);
  const PublicKey kept = made(user, kHandle, type);
  const PublicKey written = made(user, file, type);
  CHECK(kept.algorithm() == type.algorithm);
  CHECK(kept.bits() == type.bits);
  struct ::stat status{};
  REQUIRE(::stat((folder / "key.pem").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  signs(user, kHandle, kept);
  signs(user, file, written);

  User verifier("device:/dev/there-is-none");  // a file says its public key without a TPM
  const auto from_file = verifier.provider->public_key(file);
  REQUIRE(from_file);
  CHECK(*from_file == written);
  const auto from_tpm = user.provider->public_key(kHandle);
  REQUIRE(from_tpm);
  CHECK(*from_tpm == kept);
}

TEST_CASE("two signers share a TPM that has room for three keys, again and again") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  const TemporaryFolder folder;
  User user(simulator);
  user.sets_password(kSecret);
  const std::string a = "tpm:file=" + (folder / "a.pem").string();
  const std::string b = "tpm:file=" + (folder / "b.pem").string();
  const PublicKey key_a = made(user, a);
  const PublicKey key_b = made(user, b);
  for (int round = 0; round < 5; ++round) {
    const auto one = user.provider->open_signer(a);
    REQUIRE(one);
    signs(user, b, key_b);
    const auto signature = (*one)->sign(as_bytes(std::string_view(kMessage)));
    REQUIRE(signature);
    CHECK(key_a.verify(as_bytes(std::string_view(kMessage)), *signature));
  }
}

TEST_CASE("nothing that is there is overwritten") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  const TemporaryFolder folder;
  User user(simulator);
  user.sets_password("");
  const PublicKey key = made(user, kHandle);
  const auto again = user.provider->create(kHandle, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind() == Outcome::key);
  CHECK_THAT(again.error().message(), Catch::Contains("0x81000010: the handle is taken"));
  CHECK(again.error().cause() == Cause::exists);
  CHECK(*user.provider->public_key(kHandle) == key);

  const auto file = folder.put("there.pem", "something");
  const auto over = user.provider->create("tpm:file=" + file.string(), {});
  REQUIRE_FALSE(over);
  CHECK(over.error().kind() == Outcome::key);
  CHECK(over.error().cause() == Cause::exists);
  CHECK_THAT(over.error().message(), Catch::Contains("exists already; nothing was written"));
  CHECK(test::text_of(file) == "something");

  const auto platform = user.provider->create("tpm:handle=0x81800000", {});
  REQUIRE_FALSE(platform);
  CHECK(platform.error().cause() == Cause::unsupported);
  const auto ed25519 = user.provider->create("tpm:handle=0x81000011", {KeyAlgorithm::ed25519, 256});
  REQUIRE_FALSE(ed25519);
  CHECK(ed25519.error().cause() == Cause::unsupported);
  const auto large = user.provider->create("tpm:handle=0x81000011", {KeyAlgorithm::rsa_pkcs1, 4096});
  REQUIRE_FALSE(large);
  CHECK(large.error().cause() == Cause::unsupported);
  const auto missing = user.provider->public_key("tpm:handle=0x81000011");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().cause() == Cause::not_found);
}

TEST_CASE("a wrong password says how many tries are left, then that the TPM has locked itself") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  User owner(simulator);
  owner.sets_password(kSecret);
  made(owner, kHandle);

  User user(simulator);
  owner.provider.reset();  // swtpm speaks with one program at a time
  user.types("hush-wrong");
  const Error first = refused(user, kHandle);
  CHECK(first.cause() == Cause::wrong_pin);
  CHECK_THAT(first.message(), Catch::Contains("2 tries are left before the TPM locks itself"));
  CHECK(user.asked == std::vector<std::string>{"password of TPM key 0x81000010"});
  CHECK(refused(user, kHandle).cause() == Cause::wrong_pin);
  CHECK_THAT(refused(user, kHandle).message(), Catch::Contains("0 tries are left"));
  const Error last = refused(user, kHandle);
  CHECK(last.cause() == Cause::locked);
  CHECK_THAT(last.message(), Catch::Contains("one wrong password is forgotten each 16 min"));
  for (const Error& error : {first, last}) {
    CHECK_THAT(error.message() + error.hint(), !Catch::Contains("hush-"));
  }
}

TEST_CASE("a password that nobody typed is not tried on the last try before the TPM locks itself") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  User user(simulator);
  user.sets_password(kSecret);
  const PublicKey key = made(user, kHandle);
  for (int i = 0; i < 2; ++i) {
    user.sets_password("hush-wrong");
    const auto first = user.provider->open_signer(kHandle);
    user.sets_password(kSecret);
    const auto second = user.provider->open_signer(kHandle);  // while two or more tries are left
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE((*first)->sign(as_bytes(std::string_view(kMessage))));
    const auto signature = (*second)->sign(as_bytes(std::string_view(kMessage)));
    if (i == 0) {
      REQUIRE(signature);  // which sets nothing back: the TPM forgets with time alone
      continue;
    }
    REQUIRE_FALSE(signature);
    CHECK(signature.error().cause() == Cause::wrong_pin);
    CHECK_THAT(signature.error().message(),
               Catch::Contains("the password of HALLMARK_TPM_PASSWORD is not risked on it"));
  }
  for (int i = 0; i < 3; ++i) {
    user.sets_password(i == 0 ? "" : i == 1 ? "hush-wrong" : kSecret);
    const Error error = refused(user, kHandle);
    CHECK(error.kind() == Outcome::key);
    CHECK(error.cause() == Cause::wrong_pin);
    CHECK_THAT(error.message(), Catch::Contains("1 try is left before the TPM locks itself"));
    CHECK_THAT(error.hint(), Catch::Contains("--password-file") && Catch::Contains("forgotten each 16 min"));
  }
  user.world.variables.erase("HALLMARK_TPM_PASSWORD");
  user.types(kSecret);
  user.world.variables["HALLMARK_PASSWORD_FILE"] = "/run/password";
  CHECK_THAT(refused(user, kHandle).message(), Catch::Contains("a password of HALLMARK_PASSWORD_FILE is not risked"));
  user.world.variables.erase("HALLMARK_PASSWORD_FILE");
  signs(user, kHandle, key);
  user.types("hush-wrong");
  CHECK_THAT(refused(user, kHandle).message(), Catch::Contains("0 tries are left"));
  user.sets_password(kSecret);
  CHECK(refused(user, kHandle).cause() == Cause::locked);
}

TEST_CASE("a signer tries a wrong password once, however many signatures are asked of it") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  User user(simulator);
  user.sets_password(kSecret);
  made(user, kHandle);
  user.sets_password("hush-wrong");
  const auto signer = user.provider->open_signer(kHandle);
  REQUIRE(signer);
  for (int i = 0; i < 5; ++i) {
    const auto signature = (*signer)->sign(as_bytes(std::string_view(kMessage)));
    REQUIRE_FALSE(signature);
    CHECK_THAT(signature.error().message(), Catch::Contains("2 tries are left"));
  }
  user.sets_password(kSecret);
  CHECK(user.provider->open_signer(kHandle));
}

TEST_CASE("a password that no key of its kind can have costs no try") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  User user(simulator);
  user.sets_password(kSecret);
  made(user, kHandle);
  user.sets_password(std::string(33, 'a'));
  CHECK(refused(user, kHandle).cause() == Cause::wrong_pin);
  user.sets_password("wrong");
  CHECK_THAT(refused(user, kHandle).message(), Catch::Contains("2 tries"));
}

TEST_CASE("the password is asked for only where the key may have one") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  const TemporaryFolder folder;
  const std::string file = "tpm:file=" + (folder / "key.pem").string();
  const std::string locked = "tpm:handle=0x81000011";
  User user(simulator);
  user.sets_password("");
  const PublicKey open_key = made(user, kHandle);
  const PublicKey open_file = made(user, file);
  user.sets_password(kSecret);
  const PublicKey locked_key = made(user, locked);
  user.world.variables.erase("HALLMARK_TPM_PASSWORD");

  user.types(kSecret);
  signs(user, kHandle, open_key);  // noDA: the empty password is tried, which is free
  signs(user, file, open_file);
  CHECK(user.asked.empty());
  signs(user, locked, locked_key);
  CHECK(user.asked.size() == 1);

  user.has_no_terminal();
  const Error guessed = refused(user, locked);  // the empty one is tried once
  CHECK(guessed.cause() == Cause::wrong_pin);
  CHECK_THAT(guessed.hint(), Catch::Contains("no password was given"));
  const Error again = refused(user, locked);
  CHECK(again.cause() == Cause::wrong_pin);
  const Error last = refused(user, locked);  // one try is left: it is not spent on a guess
  CHECK(last.cause() == Cause::no_credentials);
  user.types(kSecret);
  signs(user, locked, locked_key);
}

TEST_CASE("a file without its password, and a file of another TPM") {
  if (!Simulator::is_there()) return;
  const TemporaryFolder folder;
  const std::string file = "tpm:file=" + (folder / "key.pem").string();
  {
    const Simulator simulator;
    User user(simulator);
    user.sets_password(kSecret);
    made(user, file);
    user.world.variables.erase("HALLMARK_TPM_PASSWORD");
    user.has_no_terminal();
    CHECK(refused(user, file).cause() == Cause::no_credentials);
    user.services.password = {};
    CHECK(refused(user, file).cause() == Cause::no_credentials);
  }
  const Simulator another;
  User user(another);
  user.sets_password(kSecret);
  const Error error = refused(user, file);
  CHECK(error.cause() == Cause::wrong_key);
  CHECK_THAT(error.message(), Catch::Contains("made by another TPM"));
}

TEST_CASE("what a TPM says of a key without a password") {
  if (!Simulator::is_there()) return;
  const Simulator simulator;
  const TemporaryFolder folder;
  User user(simulator);
  user.sets_password(kSecret);
  const PublicKey key = made(user, kHandle);
  const auto info = user.provider->inspect(kHandle);
  REQUIRE(info);
  CHECK(info->format == "tpm");
  CHECK(info->is_private);
  REQUIRE(info->public_key);
  CHECK(*info->public_key == key);
  CHECK(info->exportable == Known::no);
  CHECK_THAT(info->place, Catch::Contains("TPM 2.0 revision 1.") && Catch::Contains("by IBM (SW   TPM), firmware ") &&
                              Catch::Contains(simulator.tcti()));
  CHECK_THAT(info->name, Catch::StartsWith("0x81000010, name 000b"));
  REQUIRE(info->rights.size() == 4);
  CHECK(info->rights[0].held == Known::yes);
  CHECK(info->rights[1].held == Known::unknown);
  CHECK(info->rights[2].held == Known::no);
  CHECK(info->rights[3].held == Known::yes);  // the owner has no password
  CHECK(info->rights[3].name == "TPM2_EvictControl");

  const std::string file = "tpm:file=" + (folder / "key.pem").string();
  user.sets_password("");
  made(user, file);
  const auto of_file = user.provider->inspect(file);
  REQUIRE(of_file);
  CHECK_THAT(of_file->name, Catch::StartsWith("name 000b") && Catch::Contains("noDA"));
  REQUIRE(of_file->rights.size() == 3);
  CHECK(of_file->rights[1].held == Known::yes);
}

TEST_CASE("a TPM that is not there says where was looked") {
  User nowhere("device:/dev/there-is-none");
  const Error device = refused(nowhere, kHandle);
  CHECK(device.cause() == Cause::not_found);
  CHECK_THAT(device.message(), Catch::Contains("TPM device:/dev/there-is-none"));

  User refused_connection("swtpm:host=127.0.0.1,port=1");
  const Error connection = refused(refused_connection, kHandle);
  CHECK(connection.cause() == Cause::unreachable);
  CHECK_THAT(connection.message(), Catch::Contains("TPM swtpm:host=127.0.0.1,port=1: connecting"));

  User unknown("cmd:id");
  CHECK(refused(unknown, kHandle).cause() == Cause::unsupported);
}

TEST_CASE("a TPM that goes away between two signatures is unreachable") {
  if (!Simulator::is_there()) return;
  Simulator simulator;
  User user(simulator);
  user.sets_password(kSecret);
  made(user, kHandle);
  const auto signer = user.provider->open_signer(kHandle);
  REQUIRE(signer);
  REQUIRE((*signer)->sign(as_bytes(std::string_view(kMessage))));
  simulator.stop();
  const auto signature = (*signer)->sign(as_bytes(std::string_view(kMessage)));
  REQUIRE_FALSE(signature);
  CHECK(signature.error().cause() == Cause::unreachable);
}
