#include "formats/statement.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using formats::claim_of_statement;

namespace {

const Digest kSubject = Digest::of(as_bytes("an image"));
const std::string kHex = kSubject.hex();

std::string statement(const std::string& subjects, const std::string& type = "https://in-toto.io/Statement/v1") {
  return R"({"_type":")" + type + R"(","subject":)" + subjects + R"(,"predicateType":"p","predicate":{}})";
}

}  // namespace

TEST_CASE("the statement that signs an image is, byte for byte, cosign 3's") {
  CHECK(
      formats::sign_statement(kSubject, {{"z", "1"}, {"foo", "bar"}}) ==
      R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":")" + kHex +
          R"("},"annotations":{"foo":"bar","z":"1"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}})");
  CHECK_THAT(formats::sign_statement(kSubject, {}), Catch::Contains(R"("annotations":{})"));
}

TEST_CASE("a statement that we write is read again") {
  const Annotations annotations{{"stage", "prod"}, {"quote", "\"\\\n<&>\u00e9"}};
  const auto claim = claim_of_statement(as_bytes(formats::sign_statement(kSubject, annotations)), kSubject);
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{kSubject});
  CHECK(claim->predicate_type == kCosignSignPredicate);
  CHECK(claim->annotations == annotations);
  CHECK(claim->docker_reference.empty());
}

TEST_CASE("the claim carries the annotations of the subject asked for and of no other") {
  const auto other = Digest::of(as_bytes("another"));
  const auto text = statement(R"([{"digest":{"sha256":")" + other.hex() + R"("},"annotations":{"a":"theirs"}},)" +
                              R"({"digest":{"sha256":")" + kHex + R"("},"annotations":{"a":"ours","n":1}}])");
  const auto claim = claim_of_statement(as_bytes(text), kSubject);
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{other, kSubject});
  CHECK(claim->annotations == Annotations{{"a", "ours"}});
}

TEST_CASE("digests of unknown algorithms are left out, names in v0.1 are read past") {
  const auto text = statement(R"([{"name":"x","digest":{"gitCommit":"abc","sha256":")" + kHex + R"("}}])",
                              "https://in-toto.io/Statement/v0.1");
  const auto claim = claim_of_statement(as_bytes(text), kSubject);
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{kSubject});
}

TEST_CASE("a subject under another algorithm's name does not pass for it [attack 12]") {
  const auto sha512 = Digest::of(as_bytes("an image"), DigestAlgorithm::sha512);
  const auto claim =
      claim_of_statement(as_bytes(statement(R"([{"digest":{"sha512":")" + sha512.hex() + "\"}}]")), kSubject);
  REQUIRE(claim);
  CHECK(claim->subjects == std::vector{sha512});
  const auto unknown =
      claim_of_statement(as_bytes(statement(R"([{"digest":{"sha3_256":")" + kHex + "\"}}]")), kSubject);
  REQUIRE(unknown);
  CHECK(unknown->subjects.empty());
}

TEST_CASE("a broken statement is malformed and says where [attack 2] [attack 12] [attack 20]") {
  std::string many_subjects = "[";
  for (int i = 0; i < 1025; ++i) many_subjects += (i > 0 ? "," : "") + (R"({"digest":{"sha256":")" + kHex + "\"}}");
  many_subjects += "]";
  std::string many_digests = R"([{"digest":{)";
  for (int i = 0; i < 33; ++i) many_digests += (i > 0 ? ",\"x" : "\"x") + std::to_string(i) + "\":\"y\"";
  many_digests += "}}]";
  struct Case {
    std::string text, reason;
  };
  const auto one = R"([{"digest":{"sha256":")" + kHex + "\"}}]";
  const auto [text, reason] = GENERATE_COPY(values<Case>({
      {"{", "statement"},
      {"[]", "expected an object"},
      {statement(one, "https://in-toto.io/Statement/v2"), "expected an in-toto statement"},
      {R"({"subject":)" + one + R"(,"predicateType":"p"})", "_type: missing"},
      {R"({"_type":"https://in-toto.io/Statement/v1","subject":)" + one + "}", "predicateType: missing"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"","subject":)" + one + "}",
       "predicateType is empty"},
      {statement("[]"), "no subject"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"p"})", "no subject"},
      {statement(R"([{"digest":{}}])"), "no digest"},
      {statement(R"([{"name":"x"}])"), "digest: missing"},
      {statement(R"([{"digest":{"sha512":")" + kHex + "\"}}]"), "expected 128 hex digits"},
      {statement(R"([{"digest":{"sha256":"abc"}}])"), "expected 64 hex digits"},
      {statement(R"([{"digest":{"sha256":1}}])"), "expected a string"},
      {statement(R"([{"digest":{"sha256":")" + kHex + R"(","sha256":")" + kHex + "\"}}]"), "duplicate"},
      {statement(R"([{"digest":{"sha256":")" + kHex + R"("},"annotations":[]}])"), "expected an object"},
      {statement(many_subjects), "more than 1024 subjects"},
      {statement(many_digests), "too many digests"},
  }));
  const auto claim = claim_of_statement(as_bytes(text), kSubject);
  REQUIRE_FALSE(claim);
  CHECK(claim.error().kind() == Outcome::malformed);
  CHECK_THAT(claim.error().message(), Catch::Contains(reason));
}
