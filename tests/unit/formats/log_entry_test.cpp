#include "formats/log_entry.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using formats::log_entries_of_annotations;

namespace {

Result<std::vector<formats::LogEntry>> read(const std::string& text) {
  return log_entries_of_annotations({{"dev.sigstore.cosign/bundle", text}});
}

}  // namespace

TEST_CASE("an annotation with a Rekor entry is shown with its kind") {
  // {"apiVersion":"0.0.1","kind":"hashedrekord"}
  const auto entries = read(
      R"({"SignedEntryTimestamp":"c2V0","Payload":{"body":"eyJhcGlWZXJzaW9uIjoiMC4wLjEiLCJraW5kIjoiaGFzaGVkcmVrb3JkIn0=","integratedTime":1700000000,"logIndex":5,"logID":"abcd"}})");
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().log_index == 5);
  CHECK(entries->front().log_id == "abcd");
  CHECK(entries->front().integrated_time == 1700000000);
  CHECK(entries->front().kind == "hashedrekord");
}

TEST_CASE("a body that cannot be read leaves the kind unknown") {
  const auto entries = read(R"({"Payload":{"body":"eA==","logIndex":5}})");
  REQUIRE(entries);
  CHECK(entries->front().kind.empty());
}

TEST_CASE("no annotation, an empty one and null are no entry") {
  CHECK(log_entries_of_annotations({})->empty());
  CHECK(read("")->empty());
  CHECK(read("null")->empty());
}

TEST_CASE("a broken annotation is malformed and says where") {
  struct Case {
    std::string text, reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"{", "dev.sigstore.cosign/bundle"},
      {"[]", "expected an object"},
      {"{}", "Payload: missing"},
      {R"({"Payload":{}})", "body: missing"},
      {R"({"Payload":{"body":"*"}})", "body"},
      {R"({"Payload":{"body":"","logIndex":-1}})", "logIndex is negative"},
      {R"({"Payload":{"body":"","logIndex":1.5}})", "expected an integer"},
      {R"({"Payload":{"body":"","logID":7}})", "expected a string"},
  }));
  const auto entries = read(text);
  REQUIRE_FALSE(entries);
  CHECK(entries.error().kind() == Outcome::malformed);
  CHECK_THAT(entries.error().message(), Catch::Contains(reason));
}
