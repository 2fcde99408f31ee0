#include "cmd/common/image_name.h"

#include <catch2/catch.hpp>

using hallmark::Outcome;
using hallmark::cmd::ImageName;

namespace {
const std::string kHex(64, 'a');
const std::string kDigest = "sha256:" + kHex;
}  // namespace

TEST_CASE("a layout's name is a path, a tag and a digest, each where it is there") {
  struct Case {
    std::string typed, path, tag;
    bool digest;
  };
  const auto [typed, path, tag, digest] = GENERATE(values<Case>({
      {"oci:build/image", "build/image", "", false},
      {"oci:build/image:1.4", "build/image", "1.4", false},
      {"oci:build/image@" + kDigest, "build/image", "", true},
      {"oci:build/image:1.4@" + kDigest, "build/image", "1.4", true},
      {"oci:/srv/a:b/image:1.4", "/srv/a:b/image", "1.4", false},
      {"oci:./we@ird/image", "./we@ird/image", "", false},
      {"oci-archive:image.tar.gz:1.4", "image.tar.gz", "1.4", false},
      {"oci-archive:/srv/image.tar", "/srv/image.tar", "", false},
  }));
  CAPTURE(typed);
  const auto name = ImageName::parse(typed);
  REQUIRE(name);
  CHECK(name->path() == path);
  CHECK(name->tag().value_or("") == tag);
  CHECK(name->digest().has_value() == digest);
  CHECK(name->text() == typed);
}

TEST_CASE("a registry reference is normalised, and latest is not what the user named") {
  const auto bare = ImageName::parse("alpine");
  REQUIRE(bare);
  CHECK(bare->text() == "docker.io/library/alpine:latest");
  CHECK_FALSE(bare->names_a_version());
  const auto tagged = ImageName::parse("registry.example:5000/shop/api:1.4");
  REQUIRE(tagged);
  CHECK(tagged->names_a_version());
  CHECK(tagged->pinned(*hallmark::Digest::parse(kDigest)) == "registry.example:5000/shop/api@" + kDigest);
}

TEST_CASE("the pinned name of a folder with a colon means the same folder") {
  const auto name = ImageName::parse("oci:build:arm64:1.0");
  REQUIRE(name);
  const auto pinned = ImageName::parse(name->pinned(*hallmark::Digest::parse(kDigest)));
  REQUIRE(pinned);
  CHECK(pinned->path() == "build:arm64");
  CHECK(pinned->digest()->text() == kDigest);
}

TEST_CASE("a reference that is none says what to type instead") {
  struct Case {
    std::string typed, message, hint;
  };
  const auto [typed, message, hint] = GENERATE(values<Case>({
      {"", "an image reference is empty", ""},
      {"docker://registry.example/app:1", "no transport docker://",
       "write the reference alone: registry.example/app:1"},
      {"https://registry.example/app", "no transport https://", "write the reference alone: registry.example/app"},
      {"docker-daemon:app:1", "no transport docker-daemon:", "oci:DIR"},
      {"oci:", "names no directory", ""},
      {"oci-archive::1.4", "names no file", ""},
      {"oci:dir@sha256:12", "oci:dir@sha256:12", ""},
      {"./image", "", "oci:./image"},
  }));
  CAPTURE(typed);
  const auto name = ImageName::parse(typed);
  REQUIRE_FALSE(name);
  CHECK(name.error().kind() == Outcome::usage);
  CHECK_THAT(name.error().message(), Catch::Contains(message));
  CHECK_THAT(name.error().hint(), Catch::Contains(hint));
}

TEST_CASE("line ends in a reference are refused and never printed raw [attack 27]") {
  const auto name = ImageName::parse("registry.example/app:1\r\nhallmark: verified");
  REQUIRE_FALSE(name);
  CHECK(name.error().kind() == Outcome::usage);
  CHECK(name.error().message().find('\n') == std::string::npos);
}
