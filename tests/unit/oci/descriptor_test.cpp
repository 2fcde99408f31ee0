#include <catch2/catch.hpp>

#include "base/limits.h"
#include "oci/manifest.h"

using namespace hallmark;
using base::Json;
using base::JsonReader;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

Result<Descriptor> parse(std::string_view text) {
  const auto json = Json::parse(as_bytes(text), "layer");
  if (!json) return fail(json.error());
  return oci::parse_descriptor(JsonReader(*json, "layer"));
}

std::string with(std::string_view members) {
  return R"({"mediaType":"application/x","digest":")" + kDigest + R"(",)" + std::string(members) + "}";
}

struct Bad {
  std::string text;
  std::string reason;
};

}  // namespace

TEST_CASE("a descriptor keeps all that it says") {
  const auto descriptor = parse(with(
      R"("size":42,"artifactType":"application/y;version=1","annotations":{"a":"b"},"platform":{"os":"linux","architecture":"arm","variant":"v7","os.version":"1"})"));
  REQUIRE(descriptor);
  CHECK(descriptor->media_type == "application/x");
  CHECK(descriptor->digest.text() == kDigest);
  CHECK(descriptor->size == 42);
  CHECK(descriptor->artifact_type == "application/y;version=1");
  CHECK(descriptor->annotations == Annotations{{"a", "b"}});
  CHECK(descriptor->platform == Platform{"linux", "arm", "v7"});
  CHECK(*parse(oci::to_json(*descriptor).dump()) == *descriptor);
}

TEST_CASE("a size that is no honest integer is refused [attack 22]") {
  const auto* size =
      GENERATE("-1", "1e999", "1.5", "9223372036854775808", "18446744073709551616", "\"5\"", "null", "[]");
  CAPTURE(size);
  const auto descriptor = parse(with("\"size\":" + std::string(size)));
  REQUIRE_FALSE(descriptor);
  CHECK(descriptor.error().kind() == Outcome::malformed);
  CHECK_THAT(descriptor.error().message(), Catch::Contains("layer"));
}

TEST_CASE("the greatest size is read without being believed [attack 22]") {
  CHECK(parse(with("\"size\":9223372036854775807"))->size == 9223372036854775807U);
}

TEST_CASE("a malformed descriptor is refused with its reason") {
  const auto row = GENERATE_COPY(values<Bad>({
      {"[]", "object"},
      {"{}", "mediaType"},
      {R"({"mediaType":"application/x","size":1})", "digest"},
      {R"({"mediaType":"application/x","digest":")" + kDigest + "\"}", "size"},
      {R"({"mediaType":"","digest":")" + kDigest + R"(","size":1})", "not a media type"},
      {R"({"mediaType":"nothing","digest":")" + kDigest + R"(","size":1})", "not a media type"},
      {R"({"mediaType":"a/b\r\nX: y","digest":")" + kDigest + R"(","size":1})", "not a media type"},
      {with(R"("size":1,"annotations":{"a":1})"), "annotations"},
      {with(R"("size":1,"annotations":["a"])"), "annotations"},
      {with(R"("size":1,"platform":"linux/amd64")"), "platform"},
  }));
  CAPTURE(row.text);
  const auto descriptor = parse(row.text);
  REQUIRE_FALSE(descriptor);
  CHECK(descriptor.error().kind() == Outcome::malformed);
  CHECK_THAT(descriptor.error().message(), Catch::Contains(row.reason));
}

TEST_CASE("a digest that is none is refused where it stands [attack 27]") {
  const auto* digest = GENERATE("sha256:../../../../etc/passwd", "sha256:", "md5:00", "sha256:ABCD", "sha256-aa", "");
  const auto descriptor = parse(R"({"mediaType":"a/b","digest":")" + std::string(digest) + R"(","size":1})");
  REQUIRE_FALSE(descriptor);
  CHECK(descriptor.error().kind() == Outcome::malformed);
  CHECK_THAT(descriptor.error().message(), Catch::Contains("layer.digest"));
}

TEST_CASE("duplicate keys, by escape or by case, are refused [attack 24]") {
  const auto row = GENERATE_COPY(values<Bad>({
      {with("\"size\":1,\"digest\":\"" + kDigest + "\""), "digest"},
      {with("\"size\":1,\"\\u0064igest\":\"" + kDigest + "\""), "digest"},
      {with("\"size\":1,\"Digest\":\"" + kDigest + "\""), "Digest"},
      {R"({"mediaType":"a/b","Digest":")" + kDigest + R"(","size":1})", "spelled \"digest\""},
      {with("\"size\":1,\"MediaType\":\"a/c\""), "MediaType"},
      {with("\"Size\":1"), "spelled \"size\""},
  }));
  CAPTURE(row.text);
  const auto descriptor = parse(row.text);
  REQUIRE_FALSE(descriptor);
  CHECK(descriptor.error().kind() == Outcome::malformed);
  CHECK_THAT(descriptor.error().message(), Catch::Contains(row.reason));
}

TEST_CASE("annotations over the limit are refused") {
  const auto descriptor =
      parse(with(R"("size":1,"annotations":{"a":")" + std::string(limits::annotation_bytes, 'x') + "\"}"));
  REQUIRE_FALSE(descriptor);
  CHECK_THAT(descriptor.error().message(), Catch::Contains("annotations have more than 1 MiB"));
}

TEST_CASE("a bad artifactType is only a lost hint") {
  CHECK(parse(with(R"("size":1,"artifactType":"foo")"))->artifact_type.empty());
  CHECK(parse(with(R"("size":1,"artifactType":"a/b\r\nX: y")"))->artifact_type.empty());
  CHECK(parse(with(R"("size":1,"artifactType":7)"))->artifact_type.empty());
}
