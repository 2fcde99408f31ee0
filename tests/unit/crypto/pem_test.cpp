#include "crypto/pem.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "support/key_vectors.h"

using namespace hallmark;
using namespace hallmark::crypto;

namespace {

const std::string kBegin = "-----BEGIN PUBLIC KEY-----\n";
const std::string kEnd = "-----END PUBLIC KEY-----\n";

struct Case {
  std::string text;
  std::string reason;
};

}  // namespace

TEST_CASE("a PEM block is read and written back as OpenSSL wrote it") {
  const auto name = GENERATE("p256.pub.pem", "rsa4096.pkcs8.pem", "p521.sec1.pem", "ed25519.pub.pem");
  const auto text = test::key_text(name);
  const auto block = read_pem(text);
  REQUIRE(block);
  CHECK(write_pem(block->label, block->bytes.view()).text() == text);
  CHECK(write_public_pem(block->label, block->bytes.view()) == text);
}

TEST_CASE("white space around the block, CRLF and other line lengths do not matter") {
  const auto text = GENERATE(as<std::string>{}, "\n  \n" + kBegin + "aGFsbG1hcms=\n" + kEnd + "\n\n",
                             "-----BEGIN PUBLIC KEY-----\r\naGFsbG1hcms=\r\n-----END PUBLIC KEY-----\r\n",
                             kBegin + "aGFs\nbG1hcms=\n" + "-----END PUBLIC KEY-----");
  const auto block = read_pem(text);
  REQUIRE(block);
  CHECK(block->label == "PUBLIC KEY");
  CHECK(block->bytes.text() == "hallmark");
}

TEST_CASE("a PEM that is not exactly one whole block is refused, each with its reason [attack 48]") {
  const auto key = test::key_text("p256.pub.pem");
  const auto [text, reason] = GENERATE_COPY(values<Case>({
      {"", "is empty"},
      {" \n", "is empty"},
      {"hello", "has no PEM block"},
      {"\x30\x59\x30\x13", "has no PEM block; it looks like DER"},
      {key + key, "holds 2 PEM blocks (PUBLIC KEY, PUBLIC KEY), expected exactly one"},
      {key + test::key_text("refused-certificate.pem"),
       "holds 2 PEM blocks (PUBLIC KEY, CERTIFICATE), expected exactly one"},
      {key + key + key + key + key, "holds 5 PEM blocks (PUBLIC KEY, PUBLIC KEY, PUBLIC KEY, PUBLIC KEY, …)"},
      {"# my key\n" + key, "has text before its PEM block PUBLIC KEY"},
      {key + "trailing", "has text after its PEM block PUBLIC KEY"},
      {key.substr(0, key.size() / 2), "PEM block PUBLIC KEY is cut off: it has no END line"},
      {key.substr(0, key.size() - 4), "PEM block PUBLIC KEY is cut off: its END line is not whole"},
      {key.substr(0, 10), "has no PEM block"},
      {key.substr(0, 20), "the BEGIN line of its PEM block is not whole"},
      {kBegin + "aGFsbG1hcms=\n-----END PRIVATE KEY-----\n", "ends with another label: PRIVATE KEY"},
      {kBegin + "aGFsbG1hcms\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + "aGFsbG1hcmt=\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + "aGFs bG1hcms=\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + "aGFsbG1hcms=\naGFs\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + "aGFs-G1hcms=\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + "aGFs\xff\n" + kEnd, "PEM block PUBLIC KEY is not base64"},
      {kBegin + kEnd, "PEM block PUBLIC KEY is empty"},
      {test::key_text("refused-old-encryption.pem"), "PEM block EC PRIVATE KEY has headers"},
      {std::string(limits::key_file_bytes + 1, 'x'), "has more than 65536 bytes"},
  }));
  const auto block = read_pem(text);
  REQUIRE_FALSE(block);
  CHECK(block.error().kind() == Outcome::key);
  CHECK_THAT(block.error().message(), Catch::Contains(reason));
}

TEST_CASE("a foreign label is made printable") {
  const auto block = read_pem("-----BEGIN \x1b[31m-----\naGFs\n-----END X-----\n");
  REQUIRE_FALSE(block);
  CHECK(block.error().message().find('\x1b') == std::string::npos);
}
