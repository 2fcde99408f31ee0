// Looks for secrets in all writable memory of a process that has signed.
#include <openssl/core_names.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "crypto/hash.h"
#include "crypto/pem.h"
#include "keys/software/open_private_key.h"
#include "support/process_memory.h"
#include "support/sanitized.h"
#include "unit/keys/key_folder.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

const std::string kLongPassword = "correct horse battery staple, wiped";
constexpr std::size_t kChunk = 16;  // what counts as a piece of a secret

struct Needle {
  std::string what;
  std::string bytes;
};

// Every whole 16 bytes of a secret, in both byte orders.
void add_secret(std::vector<Needle>& needles, const std::string& what, std::string bytes) {
  for (const auto* order : {" forwards", " backwards"}) {
    for (std::size_t at = 0; at + kChunk <= bytes.size(); at += kChunk)
      needles.push_back({what + order + " at " + std::to_string(at), bytes.substr(at, kChunk)});
    std::ranges::reverse(bytes);
  }
}

std::string number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const crypto::BigNumber owner(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<std::uint8_t*>(bytes.data()));
  return bytes;
}

void add_numbers(std::vector<Needle>& needles, const PrivateKey& key) {
  const auto algorithm = key.public_key.algorithm();
  if (algorithm == KeyAlgorithm::ed25519) {
    const auto seed = std::string(key.pkcs8.text().substr(key.pkcs8.size() - 32));
    add_secret(needles, "seed", seed);
    auto expanded = crypto::sha512(as_bytes(seed));  // RFC 8032 section 5.1.5: scalar and prefix
    expanded[0] &= 0xf8;
    expanded[31] = static_cast<std::uint8_t>((expanded[31] & 0x7f) | 0x40);
    add_secret(needles, "expanded seed", std::string(as_text(expanded)));
    return;
  }
  for (const auto* name :
       {OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1})
    add_secret(needles, name, number_of(key.handle.get(), name));
}

// The part of the PKCS#8 DER and of its PEM that is neither the same for every key nor public: bytes 40 to 64 of an EC
// key lie in the scalar, and of an RSA key in the modulus, whose numbers are looked for by themselves.
std::vector<Needle> needles_for(const PrivateKey& key, bool elliptic) {
  std::vector<Needle> needles;
  add_numbers(needles, key);
  if (elliptic) {
    add_secret(needles, "DER", std::string(key.pkcs8.text().substr(16, 48)));
    auto body = std::string(crypto::write_pem("PRIVATE KEY", key.pkcs8.view()).text());
    std::erase(body, '\n');
    add_secret(needles, "PEM", body.substr(27 + 52, 32));
  }
  return needles;
}

class Child {
 public:
  Child(const std::string& action, const std::string& key, const std::string& password, bool leak) {
    int in[2];
    int out[2];
    REQUIRE(::pipe(in) == 0);
    REQUIRE(::pipe(out) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      if (leak) ::setenv("HALLMARK_TEST_LEAK", "1", 1);
      ::execl(HALLMARK_MEMORY_CHILD, "memory_child", action.c_str(), key.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    REQUIRE(::write(in[1], password.data(), password.size()) == static_cast<ssize_t>(password.size()));
    ::close(in[1]);
    char answer[16] = {};
    said_.assign(answer, static_cast<std::size_t>(std::max<ssize_t>(0, ::read(out[0], answer, sizeof answer))));
    ::close(out[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] const std::string& said() const { return said_; }

  // Which of the needles lie in its memory, and where.
  [[nodiscard]] std::vector<std::string> find(const std::vector<Needle>& needles) const {
    std::vector<std::string> found;
    std::size_t looked_at = 0;
    for (const auto& mapping : test::writable_memory(pid_)) {
      looked_at += mapping.bytes.size();
      for (const auto& needle : needles)
        if (mapping.bytes.find(needle.bytes) != std::string::npos)
          found.push_back(needle.what + " in " + (mapping.name.empty() ? "anonymous memory" : mapping.name));
    }
    REQUIRE(looked_at > 100'000);
    return found;
  }

 private:
  int pid_ = -1;
  std::string said_;
};

struct Case {
  std::string key;   // of testdata
  KeyFormat format;  // that it is written in
  bool elliptic;
};

EncodeOptions encode_as(KeyFormat format) {
  return {.format = format,
          .password = [](std::string_view) -> Result<Secret> { return Secret::copy_of(kLongPassword); }};
}

// The key file for the child, and what to look for in it.
struct Prepared {
  std::string path;
  std::vector<Needle> needles;
};

Prepared prepare(const test::KeyFolder& folder, const Case& chosen) {
  const auto source = folder.vector(chosen.key);
  const auto pair = import_key(source, test::with_password(), encode_as(chosen.format));
  REQUIRE(pair);
  const auto key = open_private_key(source, test::with_password());
  REQUIRE(key);
  Prepared prepared{folder.put("chosen.key", pair->private_pem.text()), needles_for(*key, chosen.elliptic)};
  if (chosen.format != KeyFormat::pkcs8) add_secret(prepared.needles, "password", kLongPassword);
  return prepared;
}

const auto kCases = std::vector<Case>{
    {"p256.pkcs8.pem", KeyFormat::sigstore, true},        {"p256.pkcs8.pem", KeyFormat::pkcs8, true},
    {"p384.pkcs8.pem", KeyFormat::encrypted_pkcs8, true}, {"p521.pkcs8.pem", KeyFormat::sigstore, true},
    {"rsa2048.pkcs8.pem", KeyFormat::sigstore, false},    {"rsapss2048.pkcs8.pem", KeyFormat::pkcs8, false},
    {"ed25519.pkcs8.pem", KeyFormat::sigstore, false},    {"ed25519.pkcs8.pem", KeyFormat::pkcs8, false},
};

bool skipped() {
  if (test::sanitized) std::cout << "SKIPPED: secrets in memory: a sanitizer keeps freed memory on purpose\n";
  return test::sanitized;
}

}  // namespace

TEST_CASE("after signing no secret is left in memory") {
  if (skipped()) return;
  const auto chosen = GENERATE(from_range(kCases));
  const test::KeyFolder folder;
  const auto prepared = prepare(folder, chosen);
  const Child child("sign", prepared.path, kLongPassword, false);
  REQUIRE(child.said() == "done 0\n");
  INFO(chosen.key << " as " << static_cast<int>(chosen.format));
  CHECK(child.find(prepared.needles) == std::vector<std::string>{});
}

TEST_CASE("after a failed signing no secret is left in memory") {
  if (skipped()) return;
  const auto chosen = GENERATE(from_range(kCases));
  const test::KeyFolder folder;
  const auto prepared = prepare(folder, chosen);
  const Child child("sign-wrongly", prepared.path, kLongPassword, false);
  REQUIRE(child.said() == "done 1\n");
  INFO(chosen.key << " as " << static_cast<int>(chosen.format));
  CHECK(child.find(prepared.needles) == std::vector<std::string>{});
}

TEST_CASE("after a wrong password neither it nor the key is left in memory") {
  if (skipped()) return;
  const auto format = GENERATE(KeyFormat::sigstore, KeyFormat::encrypted_pkcs8);
  const test::KeyFolder folder;
  auto prepared = prepare(folder, {"p256.pkcs8.pem", format, true});
  const std::string wrong = "incorrect horse battery staple, wiped too";
  add_secret(prepared.needles, "wrong password", wrong);
  const Child child("sign", prepared.path, wrong, false);
  REQUIRE(child.said() == "done 1\n");
  CHECK(child.find(prepared.needles) == std::vector<std::string>{});
}

TEST_CASE("control: while a key is open its numbers are found") {
  if (skipped()) return;
  const auto chosen = GENERATE(from_range(kCases));
  const test::KeyFolder folder;
  const auto prepared = prepare(folder, chosen);
  const Child child("hold", prepared.path, kLongPassword, false);
  REQUIRE(child.said() == "done 0\n");
  INFO(chosen.key);
  CHECK_FALSE(child.find(prepared.needles).empty());
}

TEST_CASE("control: what is copied into memory that nobody wipes is found") {
  if (skipped()) return;
  const test::KeyFolder folder;
  const auto prepared = prepare(folder, {"p256.pkcs8.pem", KeyFormat::sigstore, true});
  const Child child("sign", prepared.path, kLongPassword, true);
  REQUIRE(child.said() == "done 0\n");
  const auto found = child.find(prepared.needles);
  const auto has = [&](std::string_view what) {
    return std::ranges::any_of(found, [&](const std::string& line) { return line.starts_with(what); });
  };
  CHECK(has("password forwards"));
  CHECK(has("password backwards"));
  CHECK(has("priv forwards"));
  CHECK(has("priv backwards"));
  CHECK(has("DER forwards"));

  const auto plain = prepare(folder, {"p256.pkcs8.pem", KeyFormat::pkcs8, true});
  const Child other("sign", plain.path, kLongPassword, true);
  REQUIRE(other.said() == "done 0\n");
  const auto in_other = other.find(plain.needles);
  CHECK(std::ranges::any_of(in_other, [](const std::string& line) { return line.starts_with("PEM forwards"); }));
}
