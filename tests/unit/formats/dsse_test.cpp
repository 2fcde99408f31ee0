#include "formats/dsse.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

using namespace hallmark;
using formats::Envelope;

namespace {

Result<Envelope> parse(std::string_view text) {
  const auto json = base::Json::parse(as_bytes(text), "envelope");
  REQUIRE(json);
  return Envelope::parse(base::JsonReader(*json, "envelope"));
}

}  // namespace

TEST_CASE("the pre-authentication encoding is the one of the DSSE protocol") {
  // secure-systems-lab/dsse protocol.md, "Test Vectors"
  CHECK(as_text(formats::pre_authentication_encoding("http://example.com/HelloWorld", as_bytes("hello world"))) ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(as_text(formats::pre_authentication_encoding("", {})) == "DSSEv1 0  0 ");
}

TEST_CASE("no payload type with spaces and digits passes for another type and part of a body [attack 12]") {
  const auto honest = formats::pre_authentication_encoding("a", as_bytes("b 1 c"));
  CHECK(formats::pre_authentication_encoding("a 5 b", as_bytes("c")) != honest);
  CHECK(formats::pre_authentication_encoding("a 5 b 1 c", {}) != honest);
  CHECK(formats::pre_authentication_encoding("a 5", as_bytes("b 1 c")) != honest);
}

TEST_CASE("an envelope is read with either base64 and with unknown members") {
  const auto envelope =
      parse(R"({"payloadType":"t","payload":"-_-_","signatures":[{"sig":"+/+/","keyid":"x","more":1}],"later":{}})");
  REQUIRE(envelope);
  CHECK(envelope->payload_type == "t");
  CHECK(base::hex_encode(envelope->payload) == "fbffbf");
  REQUIRE(envelope->signatures.size() == 1);
  CHECK(base::hex_encode(envelope->signatures.front()) == "fbffbf");
}

TEST_CASE("what is written is read again") {
  const Envelope envelope{"type", to_bytes("body"), {to_bytes("one"), to_bytes("two")}};
  const auto again = parse(envelope.to_json().dump());
  REQUIRE(again);
  CHECK(again->payload_type == envelope.payload_type);
  CHECK(again->payload == envelope.payload);
  CHECK(again->signatures == envelope.signatures);
}

TEST_CASE("a broken envelope is malformed and says where") {
  struct Case {
    std::string_view text, reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {R"([])", "expected an object"},
      {R"({"payload":"","signatures":[{"sig":"YQ=="}]})", "payloadType: missing"},
      {R"({"payloadType":"t","signatures":[{"sig":"YQ=="}]})", "payload: missing"},
      {R"({"payloadType":"t","payload":"*","signatures":[{"sig":"YQ=="}]})", "payload is not base64"},
      {R"({"payloadType":1,"payload":"","signatures":[{"sig":"YQ=="}]})", "expected a string"},
      {R"({"payloadType":"t","payload":""})", "no signatures"},
      {R"({"payloadType":"t","payload":"","signatures":[]})", "no signatures"},
      {R"({"payloadType":"t","payload":"","signatures":[{}]})", "sig: missing"},
      {R"({"payloadType":"t","payload":"","signatures":[{"sig":""}]})", "the signature is empty"},
      {R"({"payloadType":"t","payload":"","signatures":["YQ=="]})", "signatures[0]: expected an object"},
  }));
  const auto envelope = parse(text);
  REQUIRE_FALSE(envelope);
  CHECK(envelope.error().kind() == Outcome::malformed);
  CHECK_THAT(envelope.error().message(), Catch::Contains(std::string(reason)));
}
