#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "hallmark/key_provider.h"
#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;
using test::KeyFolder;
using test::with_password;

namespace {

struct Case {
  std::string file;
  std::string reason;
};

class NamedProvider final : public KeyProvider {
 public:
  explicit NamedProvider(std::string_view name) : name_(name) {}
  std::string_view scheme() const override { return name_; }
  Result<std::unique_ptr<Signer>> open_signer(const std::string&) override { return fail(Outcome::key, "none"); }
  Result<PublicKey> public_key(const std::string&) override { return fail(Outcome::key, "none"); }
  Result<KeyInfo> inspect(const std::string&) override { return fail(Outcome::key, "none"); }

 private:
  std::string_view name_;
};

}  // namespace

TEST_CASE("every form of private key opens and signs") {
  const auto [file, public_file] = GENERATE(table<std::string, std::string>({
      {"p256.pkcs8.pem", "p256.pub.pem"},
      {"p256.sec1.pem", "p256.pub.pem"},
      {"p521.sec1.pem", "p521.pub.pem"},
      {"rsa2048.pkcs1.pem", "rsa2048.pub.pem"},
      {"rsapss-sha256.pkcs8.pem", "rsapss-sha256.pub.pem"},
      {"ed25519.pkcs8.pem", "ed25519.pub.pem"},
      {"p256.pbkdf2.pem", "p256.pub.pem"},
      {"p256.pbkdf2-sha1.pem", "p256.pub.pem"},
      {"p256.scrypt.pem", "p256.pub.pem"},
      {"cosign.key", "cosign.pub"},
      {"cosign-old-label.key", "cosign.pub"},
      {"cosign-rsa2048.key", "rsa2048.pub.pem"},
      {"cosign-ed25519.key", "ed25519.pub.pem"},
      {"cosign-p384.key", "p384.pub.pem"},
  }));
  const KeyFolder folder;
  const auto signer = open_signer(folder.vector(file), with_password());
  REQUIRE(signer);
  CHECK((*signer)->public_key().pem() == test::key_text(public_file));
  const auto signature = (*signer)->sign(as_bytes("message"));
  REQUIRE(signature);
  CHECK((*signer)->public_key().verify(as_bytes("message"), *signature));
}

TEST_CASE("cosign's key with an empty password opens with an empty password") {
  const KeyFolder folder;
  const auto path = folder.vector("cosign-no-password.key");
  CHECK(open_signer(path, with_password("")));
  CHECK_FALSE(open_signer(path, with_password()));
}

TEST_CASE("a key that is no usable private key is refused, each with its reason [attack 48]") {
  const auto [file, reason] = GENERATE(values<Case>({
      {"p256.pub.pem", "is a public key, expected a private key"},
      {"rsa2048.pkcs1pub.pem", "is a public key, expected a private key"},
      {"refused-certificate.pem", "is a certificate, expected a private key"},
      {"refused-old-encryption.pem", "has headers (OpenSSL's old encryption)"},
      {"refused-des3.pem", "is not accepted, only PBES2 with AES-CBC"},
      {"refused-pbes1.pem", "is not accepted, only PBES2 with AES-CBC"},
      {"refused-iterations.pem", "20000000 iterations"},
      {"refused-rsa1024.pkcs8.pem", "an RSA key of 1024 bits is not accepted"},
      {"refused-secp256k1.pkcs8.pem", "curve secp256k1 is not accepted"},
      {"refused-explicit.sec1.pem", "explicit curve parameters are not accepted"},
  }));
  const KeyFolder folder;
  const auto path = folder.vector(file);
  const auto signer = open_signer(path, with_password());
  REQUIRE_FALSE(signer);
  CHECK(signer.error().kind() == Outcome::key);
  CHECK_THAT(signer.error().message(), Catch::StartsWith(path + ": ") && Catch::Contains(reason));
}

TEST_CASE("two blocks, an OpenSSH key and a key that is cut off have their own messages [attack 48]") {
  const KeyFolder folder;
  const auto key = test::key_text("p256.pkcs8.pem");
  const auto [text, reason] = GENERATE_COPY(values<Case>({
      {key + key, "holds 2 PEM blocks (PRIVATE KEY, PRIVATE KEY), expected exactly one"},
      {key.substr(0, key.size() - 40), "is cut off: it has no END line"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\naGFs\n-----END OPENSSH PRIVATE KEY-----\n", "is an OpenSSH private key"},
      {"-----BEGIN CERTIFICATE REQUEST-----\naGFs\n-----END CERTIFICATE REQUEST-----\n",
       "is a PEM block \"CERTIFICATE REQUEST\", expected a private key"},
      {"", "is empty"},
      {std::string(70'000, 'x'), "limit of 65536 bytes"},
  }));
  const auto signer = open_signer(folder.put("a.key", text), with_password());
  REQUIRE_FALSE(signer);
  CHECK(signer.error().kind() == Outcome::key);
  CHECK_THAT(signer.error().message(), Catch::Contains(reason));
}

TEST_CASE("a wrong password and a missing one are told apart") {
  const auto file = GENERATE("cosign.key", "p256.pbkdf2.pem");
  const KeyFolder folder;
  const auto path = folder.vector(file);
  const auto wrong = open_signer(path, with_password("close sesame"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind() == Outcome::key);
  CHECK(wrong.error().message() == path + ": wrong password, or the file is damaged");
  const auto missing = open_signer(path, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message() == path + ": is encrypted and no password was given");
  CHECK_THAT(missing.error().hint(), Catch::Contains("HALLMARK_PASSWORD"));
}

TEST_CASE("the password is asked for once, with the key's name, and only where there is need") {
  const KeyFolder folder;
  std::vector<std::string> asked;
  const OpenOptions options{.password = [&](std::string_view what) -> Result<Secret> {
    asked.emplace_back(what);
    return Secret::copy_of(test::kPassword);
  }};
  CHECK(open_signer(folder.vector("p256.pkcs8.pem"), options));
  CHECK(asked.empty());
  const auto path = folder.vector("cosign.key");
  CHECK(open_signer(path, options));
  CHECK(asked == std::vector<std::string>{path});
}

TEST_CASE("the error of a password source is handed up") {
  const KeyFolder folder;
  const OpenOptions options{
      .password = [](std::string_view) -> Result<Secret> { return fail(Outcome::usage, "no terminal to ask on"); }};
  const auto signer = open_signer(folder.vector("cosign.key"), options);
  REQUIRE_FALSE(signer);
  CHECK(signer.error().kind() == Outcome::usage);
  CHECK_THAT(signer.error().message(), Catch::Contains("no terminal to ask on"));
}

TEST_CASE("a private key that others can read or change is refused [attack 48]") {
  const auto mode = GENERATE(0644u, 0640u, 0604u, 0660u, 0620u, 0602u, 0777u);
  const KeyFolder folder;
  const auto path = folder.put("a.key", test::key_text(GENERATE("p256.pkcs8.pem", "cosign.key")), mode);
  const auto signer = open_signer(path, with_password());
  REQUIRE_FALSE(signer);
  CHECK(signer.error().kind() == Outcome::key);
  CHECK_THAT(signer.error().message(), Catch::Contains("others can read or change this private key (mode 0"));
  CHECK_THAT(signer.error().hint(), Catch::Contains("chmod 600 " + path));
}

TEST_CASE("a private key of its owner alone opens") {
  const KeyFolder folder;
  CHECK(open_signer(folder.put("a.key", test::key_text("p256.pkcs8.pem"), GENERATE(0600u, 0400u)), {}));
}

TEST_CASE("what is no file of a key says so") {
  const KeyFolder folder;
  const auto missing = open_signer((folder.folder() / "none").string(), {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == Outcome::key);
  CHECK_THAT(missing.error().message(), Catch::EndsWith("none: no such file"));
  CHECK_THAT(missing.error().hint(), Catch::Contains("name a key file"));
  const auto directory = open_signer(folder.folder().path().string(), {});
  REQUIRE_FALSE(directory);
  CHECK_THAT(directory.error().message(), Catch::EndsWith("is a directory, expected a file"));
  const auto fifo = folder.folder() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(open_signer(fifo.string(), {}).error().message(), Catch::EndsWith("is not a regular file"));
}

TEST_CASE("a reference with a scheme is never taken for a file") {
  const auto reference = GENERATE(as<std::string>{}, "awskms:///alias/release", "k8s://ns/secret", "AWSKMS://x",
                                  "pkcs11:token=x;object=y", "tpm:0x81000001", "hashivault://key", "://", "foo://bar");
  for (const auto& error : {open_signer(reference, {}).error(), open_public_key(reference).error()}) {
    CHECK(error.kind() == Outcome::key);
    CHECK_THAT(error.message(),
               Catch::Contains("cannot be opened, only files, env://NAME and fd:N") && Catch::Contains(reference));
  }
}

TEST_CASE("a scheme that no provider knows is told which there are") {
  std::vector<std::unique_ptr<KeyProvider>> list;
  for (const auto* scheme : {"awskms", "pkcs11", "k8s"}) list.push_back(std::make_unique<NamedProvider>(scheme));
  const KeyProviders providers(std::move(list));
  const KeyProviders nobody;
  const auto reference = GENERATE(as<std::string>{}, "AWSKMS://x", "foo://bar", "tpm:handle=1");
  for (const auto& error : {open_signer(reference, {.providers = &providers}).error(),
                            open_public_key(reference, {.providers = &providers}).error(),
                            public_half(reference, {.providers = &providers}).error(),
                            inspect(reference, {.providers = &providers}).error()}) {
    CHECK(error.cause() == Cause::unsupported);
    CHECK_THAT(error.message(), Catch::Contains(reference) &&
                                    Catch::EndsWith("only files, env://NAME, fd:N, awskms://, pkcs11: and k8s://"));
  }
  CHECK_THAT(open_signer(reference, {.providers = &nobody}).error().message(),
             Catch::EndsWith("only files, env://NAME and fd:N"));
}

TEST_CASE("a scheme of a key service without its two slashes is a file, and missing says so") {
  const auto [reference, scheme] = GENERATE(table<std::string, std::string>({
      {"awskms:/alias/x", "awskms"},
      {"gcpkms:projects/p", "gcpkms"},
      {"azurekms:acme.vault.azure.net/k", "azurekms"},
      {"hashivault:key", "hashivault"},
      {"openbao:", "openbao"},
      {"k8s:ci/key", "k8s"},
  }));
  const auto error = open_signer(reference, {}).error();
  CHECK(error.cause() == Cause::not_found);
  CHECK(error.message() == reference + ": no such file");
  CHECK(error.hint() == scheme + ":// is written with two slashes; see docs/kms.md");
  for (const auto* other : {"awskms", "aws:x", "./awskms:/x", "x:AWSKMS:/x", ":", "fdx:3"})
    CHECK_THAT(open_signer(other, {}).error().hint(), Catch::Contains("name a key file"));
}

TEST_CASE("a scheme that is misspelt is told from a file, and its PIN is not shown [attack 48]") {
  const auto [reference, scheme, meant] = GENERATE(table<std::string, std::string, std::string>({
      {"PKCS11:token=t;object=o?pin-value=hush", "PKCS11", "pkcs11:"},
      {"pcks11:token=t;object=o?pin-value=hush", "pcks11", "pkcs11:"},
      {"pkcs1:token=t;object=o&pin-value=hush", "pkcs1", "pkcs11:"},
      {"pkcs111:token=t;object=o?PIN-VALUE=hush", "pkcs111", "pkcs11:"},
      {"pkcs12:object=o?pin=hush", "pkcs12", "pkcs11:"},
      {"kcs11:object=o?pin-value=hush", "kcs11", "pkcs11:"},
      {"TPM:handle=0x81000010?password=hush", "TPM", "tpm:"},
      {"tmp:handle=0x81000010", "tmp", "tpm:"},
      {"AWSKMS:/u:hush@host/alias/x", "AWSKMS", "awskms://"},
      {"awskm:x", "awskm", "awskms://"},
      {"hashivualt:release?token=hush", "hashivualt", "hashivault://"},
      {"FD:3", "FD", "fd:"},
  }));
  CAPTURE(reference);
  for (const auto& error :
       {open_signer(reference, {}).error(), open_public_key(reference).error(), inspect(reference, {}).error()}) {
    CHECK(error.kind() == Outcome::key);
    CHECK(error.cause() == Cause::not_found);
    CHECK_THAT(error.message(), Catch::Contains("\"" + scheme + "\" is no scheme hallmark knows") &&
                                    !Catch::Contains("no such file") && !Catch::Contains("hush"));
    CHECK_THAT(error.hint(), Catch::Contains("write it " + meant + "…"));
  }
}

TEST_CASE("a PIN in a reference that is no file is shown by no error [attack 48]") {
  const auto reference =
      GENERATE(as<std::string>{}, "release?pin-value=hush", "PKCS11://object=o?pin-value=hush", "foo://u:hush@host/x",
               "token=t;object=o?pin-value=hush", "env:x?password=hush", "fd:3?password=hush");
  CAPTURE(reference);
  const auto error = open_signer(reference, {}).error();
  CHECK(error.kind() == Outcome::key);
  CHECK_THAT(error.message() + error.hint(), !Catch::Contains("hush"));
  CHECK_THAT(rotate_password(reference, {}, {}).error().message(), !Catch::Contains("hush"));
}

TEST_CASE("env://NAME is a key in a variable, of the process or of whoever opens it") {
  const std::string pem = test::key_text("p256.pkcs8.pem");
  REQUIRE(::setenv("HALLMARK_TEST_KEY", pem.c_str(), 1) == 0);
  CHECK(open_signer("env://HALLMARK_TEST_KEY", {}));
  REQUIRE(::unsetenv("HALLMARK_TEST_KEY") == 0);
  const auto unset = open_signer("env://HALLMARK_TEST_KEY", {});
  REQUIRE_FALSE(unset);
  CHECK(unset.error().message() == "the environment variable HALLMARK_TEST_KEY is not set");

  std::string asked;
  const OpenOptions options{.variable = [&](const std::string& name) -> std::optional<Secret> {
    asked = name;
    return Secret::copy_of(std::string_view(pem));
  }};
  CHECK(open_signer("env://RELEASE", options));
  CHECK(asked == "RELEASE");
  const auto wrong_half = open_public_key("env://RELEASE", options);
  REQUIRE_FALSE(wrong_half);
  CHECK_THAT(wrong_half.error().message(), Catch::StartsWith("env://RELEASE: is a private key"));
  for (const auto* reference : {"env://", "env:RELEASE"}) {
    const auto error = open_signer(reference, options).error();
    CHECK(error.cause() == Cause::not_found);
    CHECK_THAT(error.message(), Catch::EndsWith("a variable is named as env://NAME"));
  }
}

TEST_CASE("fd:N is a key that comes through a descriptor") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const std::string pem = test::key_text("p256.pkcs8.pem");
  REQUIRE(::write(pipe[1], pem.data(), pem.size()) == static_cast<::ssize_t>(pem.size()));
  ::close(pipe[1]);
  const std::string reference = "fd:" + std::to_string(pipe[0]);
  CHECK(open_signer(reference, {}));
  const auto again = open_signer(reference, {});  // at its end
  REQUIRE_FALSE(again);
  CHECK(again.error().kind() == Outcome::key);
  ::close(pipe[0]);
  CHECK(open_signer(reference, {}).error().message() == reference + ": there is no such descriptor");
  for (const auto* wrong : {"fd:", "fd:x", "fd:-1", "fd:3x", "fd:99999999999"}) {
    const auto error = open_signer(wrong, {}).error();
    CHECK(error.cause() == Cause::not_found);
    CHECK_THAT(error.message(), Catch::EndsWith("a descriptor is named as fd:3"));
  }
}

TEST_CASE("a file whose name has a colon opens") {
  const KeyFolder folder;
  CHECK(open_signer(folder.put("release:2026.key", test::key_text("p256.pkcs8.pem")), {}));
}

TEST_CASE("an empty reference and one with NUL are refused") {
  CHECK(open_signer("", {}).error().message() == "the key reference is empty, expected a file");
  CHECK(open_signer(std::string_view("a\0b", 3), {}).error().message() == "the key reference has a NUL byte");
  CHECK(open_signer("", {}).error().cause() == Cause::not_found);
  CHECK(open_signer(std::string_view("a\0b", 3), {}).error().cause() == Cause::not_found);
}
