#include "formats/message_bundle.h"

#include <catch2/catch.hpp>

#include "support/test_signer.h"

using namespace hallmark;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a bundle over a file is checked against the file and the key") {
  auto signer = test::TestSigner::generate();
  auto other = test::TestSigner::generate();
  const std::string message = "version: 1\n";
  const auto signature = signer.sign(as_bytes(message));
  REQUIRE(signature);
  const auto bundle = formats::write_message_bundle(as_bytes(message), *signature, signer.public_key());
  const auto check = [](const std::string& text, std::string_view about, const PublicKey& key) {
    const auto checked = formats::check_message_bundle(as_bytes(text), as_bytes(about), key);
    return checked ? std::string("sound")
                   : std::string(word(checked.error().kind())) + ": " + checked.error().message();
  };
  CHECK(check(bundle, message, signer.public_key()) == "sound");
  CHECK(check(bundle, "version: 2\n", signer.public_key()) == "invalid: it was changed after it was signed");
  CHECK_THAT(check(bundle, message, other.public_key()), Catch::StartsWith("invalid: it is not signed by key "));
  // The digest in the bundle proves nothing: with another, or under a name that is not known, the signature decides.
  const auto unknown = replaced(bundle, "SHA2_256", "SHA2_512");
  CHECK(check(unknown, message, signer.public_key()) == "sound");
  CHECK_THAT(check(unknown, "version: 2\n", signer.public_key()), Catch::StartsWith("invalid: it is not signed"));
  CHECK_THAT(check(replaced(bundle, "v0.3+json", "v0.9+json"), message, signer.public_key()),
             Catch::Contains("mediaType is not one of a bundle"));
  CHECK_THAT(check(replaced(bundle, "messageSignature", "dsseEnvelope"), message, signer.public_key()),
             Catch::Contains("messageSignature: missing"));
  CHECK_THAT(check(replaced(bundle, "\"signature\"", "\"sig\""), message, signer.public_key()),
             Catch::Contains("signature: missing"));
  CHECK_THAT(check("{}", message, signer.public_key()), Catch::StartsWith("malformed: "));
  CHECK_THAT(check("", message, signer.public_key()), Catch::StartsWith("malformed: "));
}
