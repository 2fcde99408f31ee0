#include "cmd/containerd_verifier/request.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace hallmark;
using cmd::VerifierArguments;
using cmd::VerifierRequest;

namespace {

const std::string kDigest = "sha256:4f2a8d6c1b0e9f7a3c5d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b";
const std::string kOther = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const std::string kType = "application/vnd.oci.descriptor.v1+json";
const std::string kEnvelope = "application/vnd.containerd.image-verifier.input.v1+json";
const std::string kIndex = "application/vnd.oci.image.index.v1+json";

std::string descriptor(const std::string& digest = kDigest, const std::string& type = kIndex) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":1234})" + "\n";
}

VerifierArguments asked(const std::string& name = "registry.example/app:1.0", const std::string& type = kType) {
  return {name, kDigest, type, ""};
}

Result<VerifierArguments> parse(const std::vector<const char*>& words) { return VerifierArguments::parse(words); }

}  // namespace

TEST_CASE("containerd's own words are understood") {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"-name", "registry.example/app:1.0", "-digest", kDigest.c_str(), "-stdin-media-type", kType.c_str()},
           {"--name=registry.example/app:1.0", "--digest", kDigest.c_str(),
            "-stdin-media-type=application/vnd.oci.descriptor.v1+json"},
           {"-name", "registry.example/app:1.0", "-digest", kDigest.c_str(), "-stdin-media-type", kEnvelope.c_str(),
            "-operation", "run"},
       }) {
    const auto arguments = parse(words);
    REQUIRE(arguments);
    CHECK(arguments->name == "registry.example/app:1.0");
    CHECK(arguments->digest == kDigest);
  }
}

TEST_CASE("flags that are not containerd's are refused, with a reason [attack 44]") {
  struct Case {
    std::vector<const char*> words;
    const char* reason;
  };
  const char* digest = kDigest.c_str();
  const char* type = kType.c_str();
  for (const auto& [words, reason] : std::vector<Case>{
           {{}, "flag -name is missing"},
           {{"-name", "a", "-digest", digest}, "flag -stdin-media-type is missing"},
           {{"-name", "a", "-digest", digest, "-stdin-media-type", type, "-platform", "linux/amd64"},
            "unknown flag \"-platform\""},
           {{"-name", "a", "-name", "b", "-digest", digest, "-stdin-media-type", type}, "-name is given twice"},
           {{"-name", "a", "-digest", digest, "-stdin-media-type"}, "-stdin-media-type has no value"},
           {{"-name=", "-digest", digest, "-stdin-media-type", type}, "-name has no value"},
           {{"-name", "a", "-digest", digest, "-stdin-media-type", "text/plain"}, "\"text/plain\" is not known"},
           {{"-name", "a", "-digest", digest, "-stdin-media-type", type, "-operation", "sleep"},
            "neither pull nor run"},
           {{"verify", "-name", "a"}, "\"verify\" is no flag"},
           {{"-"}, "unknown flag \"-\""},
           {{"--"}, "unknown flag \"--\""},
       }) {
    const auto refused = parse(words);
    INFO(reason);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::usage);
    CHECK_THAT(refused.error().message(), Catch::Contains(std::string(reason)));
    CHECK_FALSE(refused.error().hint().empty());
  }
}

TEST_CASE("the descriptor on standard input is the image of the flags") {
  const auto request = VerifierRequest::parse(asked(), as_bytes(descriptor()));
  REQUIRE(request);
  CHECK(request->name.text() == "registry.example/app:1.0");
  CHECK(request->image.digest.text() == kDigest);
  CHECK(request->image.size == 1234);
  CHECK(VerifierRequest::parse(asked("alpine"), as_bytes(descriptor()))->name.text() ==
        "docker.io/library/alpine:latest");
  CHECK(VerifierRequest::parse(asked("registry.example/app@" + kDigest), as_bytes(descriptor())));
}

TEST_CASE("newer containerd's envelope is read, and its annotations are not") {
  auto arguments = asked("registry.example/app:1.0", kEnvelope);
  const std::string inner = descriptor();
  const std::string sound =
      R"({"operation":"run","annotations":{"io.kubernetes.cri.image-name":"elsewhere/evil"},"descriptor":)" + inner +
      "}";
  arguments.operation = "run";
  const auto request = VerifierRequest::parse(arguments, as_bytes(sound));
  REQUIRE(request);
  CHECK(request->name.text() == "registry.example/app:1.0");
  CHECK(VerifierRequest::parse(asked("registry.example/app:1.0", kEnvelope),
                               as_bytes(R"({"descriptor":)" + inner + "}")));

  arguments.operation = "pull";
  CHECK_THAT(VerifierRequest::parse(arguments, as_bytes(sound)).error().message(),
             Catch::Contains("says operation run"));
  CHECK_THAT(VerifierRequest::parse(arguments, as_bytes(inner)).error().message(), Catch::Contains("descriptor"));
}

TEST_CASE("standard input that is not this image's descriptor is refused [attack 44]") {
  struct Case {
    std::string input;
    std::string reason;
  };
  for (const auto& [input, reason] : std::vector<Case>{
           {"", "standard input is empty"},
           {"\n", "standard input"},
           {descriptor().substr(0, 40), "standard input"},
           {"{}", "mediaType"},
           {"[]", "standard input"},
           {descriptor() + descriptor(), "standard input"},
           {descriptor(kOther), "is of " + kOther},
           {descriptor(kDigest, "application/vnd.oci.image.layer.v1.tar"), "which is no image"},
           {descriptor(kDigest, "application/vnd.docker.distribution.manifest.v1+prettyjws"), "schema 1"},
           {descriptor("sha256:abc"), "digest"},
           {R"({"mediaType":")" + kIndex + R"(","digest":")" + kDigest + R"(","size":-1})", "size"},
           {R"({"mediaType":")" + kIndex + R"(","digest":")" + kOther + R"(","digest":")" + kDigest + R"(","size":1})",
            "digest"},
       }) {
    const auto refused = VerifierRequest::parse(asked(), as_bytes(input));
    INFO(input);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == Outcome::malformed);
    CHECK_THAT(refused.error().message(), Catch::Contains(reason));
  }
}

TEST_CASE("a name or a digest that contradicts is refused") {
  CHECK_THAT(VerifierRequest::parse(asked("registry.example/app@" + kOther), as_bytes(descriptor())).error().message(),
             Catch::Contains("-name asks for " + kOther));
  CHECK_THAT(VerifierRequest::parse(asked("Registry.example/App"), as_bytes(descriptor())).error().message(),
             Catch::Contains("-name"));
  auto arguments = asked();
  arguments.digest = "sha256:short";
  const auto refused = VerifierRequest::parse(arguments, as_bytes(descriptor()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == Outcome::usage);
}
