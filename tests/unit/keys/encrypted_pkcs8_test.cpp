#include "keys/software/encrypted_pkcs8.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/pem.h"
#include "keys/software/private_key.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::keys;

namespace {

const std::string kPassword = "open sesame";

struct Opened {
  std::string file;
  std::string kdf;
  std::string cipher;
};
struct Refused {
  std::string file;
  std::string reason;
};
struct Change {
  std::string from;
  std::string to;
  std::string reason;
};

Bytes der_of(const std::string& file) {
  const auto block = crypto::read_pem(test::key_text(file));
  const auto view = block->bytes.view();
  return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE("a PKCS#8 that OpenSSL encrypted opens with its password") {
  const auto [file, kdf, cipher] = GENERATE(values<Opened>({
      {"p256.pbkdf2.pem", "pbkdf2 hmac-sha256 iterations=2048", "aes-256-cbc"},
      {"p256.pbkdf2-sha1.pem", "pbkdf2 hmac-sha1 iterations=2048", "aes-128-cbc"},
      {"p256.scrypt.pem", "scrypt N=1024 r=8 p=1", "aes-256-cbc"},
  }));
  const auto key = EncryptedPkcs8::parse(der_of(file));
  REQUIRE(key);
  CHECK(describe(key->kdf) == kdf);
  CHECK(key->cipher() == cipher);
  const auto pkcs8 = key->open(Secret::copy_of(kPassword));
  REQUIRE(pkcs8);
  CHECK(read_pkcs8(pkcs8->view())->public_key.pem() == test::key_text("p256.pub.pem"));
}

TEST_CASE("no wrong password opens a PKCS#8, also where the padding happens to be right") {
  const auto key = EncryptedPkcs8::parse(der_of("p256.scrypt.pem"));
  REQUIRE(key);
  for (int i = 0; i < 600; ++i) {
    const auto opened = key->open(Secret::copy_of("wrong " + std::to_string(i)));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message() == "wrong password, or the file is damaged");
  }
}

TEST_CASE("what is sealed is read back and opens") {
  const auto block = crypto::read_pem(test::key_text("p256.pkcs8.pem"));
  const auto sealed = EncryptedPkcs8::seal(block->bytes.view(), Secret::copy_of(kPassword));
  REQUIRE(sealed);
  const auto read = EncryptedPkcs8::parse(sealed->der());
  REQUIRE(read);
  CHECK(describe(read->kdf) == "pbkdf2 hmac-sha256 iterations=600000");
  CHECK(read->cipher() == "aes-256-cbc");
  const auto opened = read->open(Secret::copy_of(kPassword));
  REQUIRE(opened);
  CHECK(std::ranges::equal(opened->view(), block->bytes.view()));
}

TEST_CASE("other encryptions are refused by name [attack 26]") {
  const auto [file, reason] = GENERATE(values<Refused>({
      {"refused-des3.pem", "its encryption (another cipher) is not accepted"},
      {"refused-pbes1.pem", "its encryption (PBES1 or unknown) is not accepted"},
      {"refused-iterations.pem", "20000000 iterations, more than the limit of 5000000"},
  }));
  const auto key = EncryptedPkcs8::parse(der_of(file));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("parameters altered in place are refused, each with its reason [attack 26]") {
  // In p256.pbkdf2.pem: the iteration count 2048, the PRF, the cipher, the lengths of salt and vector.
  const auto [from, to, reason] = GENERATE(values<Change>({
      {"02020800", "02020000", "a number is BER, not DER"},
      {"02020800", "0201000a", "bytes follow"},
      {"06082a864886f70d0209", "06082a864886f70d0205", "its encryption (an unknown PRF)"},
      {"06092a864886f70d01050c", "06092a864886f70d01050b", "its encryption (an unknown key derivation)"},
      {"060960864801650304012a", "060960864801650304012e", "its encryption (another cipher)"},
      {"060960864801650304012a0410", "060960864801650304012a0510", "structure"},
  }));
  auto hex = base::hex_encode(der_of("p256.pbkdf2.pem"));
  const auto at = hex.find(from);
  REQUIRE(at != std::string::npos);
  hex.replace(at, from.size(), to);
  const auto key = EncryptedPkcs8::parse(*base::hex_decode(hex));
  REQUIRE_FALSE(key);
  CHECK(key.error().kind() == Outcome::key);
  CHECK_THAT(key.error().message(), Catch::Contains(reason));
}

TEST_CASE("scrypt with N of 2^30 is refused without computing it [attack 26]") {
  auto hex = base::hex_encode(der_of("p256.scrypt.pem"));
  const auto at = hex.find("02020400020108020101");  // N=1024 r=8 p=1
  REQUIRE(at != std::string::npos);
  hex.replace(at, 20, "02020400020200800201");  // r=128, and p's value is then missing
  CHECK_FALSE(EncryptedPkcs8::parse(*base::hex_decode(hex)));
  hex.replace(at, 20, "02024000020108020101");  // N=16384
  const auto other = EncryptedPkcs8::parse(*base::hex_decode(hex));
  REQUIRE(other);
  CHECK_FALSE(other->open(Secret::copy_of(kPassword)));
}

TEST_CASE("an encrypted PKCS#8 that is cut off or longer is refused") {
  const auto der = der_of("p256.pbkdf2.pem");
  for (std::size_t size = 0; size < der.size(); ++size) CHECK_FALSE(EncryptedPkcs8::parse(BytesView(der).first(size)));
  auto longer = der;
  longer.push_back(0);
  CHECK_FALSE(EncryptedPkcs8::parse(longer));
}
