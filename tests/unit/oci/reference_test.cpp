// The facts of these tables are those of the public test tables of distribution/reference and go-containerregistry's
// name package; where hallmark is stricter, the row says so.
#include "hallmark/reference.h"

#include <catch2/catch.hpp>

using namespace hallmark;

namespace {

const std::string kHex64 = "4f2a" + std::string(60, '0');
const std::string kSha256 = "sha256:" + kHex64;
const std::string kSha384 = "sha384:" + std::string(96, 'f');
const std::string kSha512 = "sha512:" + std::string(128, 'f');

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

struct Good {
  std::string text;
  std::string registry;
  std::string path;
  std::string tag;     // empty: none
  std::string digest;  // empty: none
};

struct Bad {
  std::string text;
  std::string reason;
};

}  // namespace

TEST_CASE("a reference is normalised as Docker does") {
  const auto row = GENERATE_COPY(values<Good>({
      {"alpine", "docker.io", "library/alpine", "latest", ""},
      {"alpine:3.20", "docker.io", "library/alpine", "3.20", ""},
      {"redis@" + kSha256, "docker.io", "library/redis", "", kSha256},
      {"busybox:latest@" + kSha256, "docker.io", "library/busybox", "latest", kSha256},
      {"dmcgowan/myapp", "docker.io", "dmcgowan/myapp", "latest", ""},
      {"docker.io/ubuntu", "docker.io", "library/ubuntu", "latest", ""},
      {"docker.io/library/ubuntu", "docker.io", "library/ubuntu", "latest", ""},
      {"index.docker.io/ubuntu", "docker.io", "library/ubuntu", "latest", ""},
      {"index.docker.io/fooo/bar", "docker.io", "fooo/bar", "latest", ""},
      // The host that serves Docker Hub is no alias of its name: it stays what it is, as in distribution/reference.
      {"registry-1.docker.io/library/ubuntu", "registry-1.docker.io", "library/ubuntu", "latest", ""},
      {"registry-1.docker.io/ubuntu", "registry-1.docker.io", "ubuntu", "latest", ""},
      {"library/foo/bar", "docker.io", "library/foo/bar", "latest", ""},
      {"test_com/foo", "docker.io", "test_com/foo", "latest", ""},
      {"test.com:5000", "docker.io", "library/test.com", "5000", ""},
      {"192.168.1.1", "docker.io", "library/192.168.1.1", "latest", ""},
      {"foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080", ""},
      {"lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase", ""},
      {"localhost:8080@" + kSha256, "docker.io", "library/localhost", "8080", kSha256},
      {"localhost/app", "localhost", "app", "latest", ""},
      {"localhost:5000/app", "localhost:5000", "app", "latest", ""},
      {"test:5000/repo", "test:5000", "repo", "latest", ""},
      {"test:5000/repo:tag@" + kSha256, "test:5000", "repo", "tag", kSha256},
      {"test-com:8080/foo", "test-com:8080", "foo", "latest", ""},
      {"sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", ""},
      {"b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app", "test.example.com",
       ""},
      {"xn--7o8h.com/myimage:xn--7o8h.com@" + kSha512, "xn--7o8h.com", "myimage", "xn--7o8h.com", kSha512},
      {"registry.example/app@" + kSha384, "registry.example", "app", "", kSha384},
      {"192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", ""},
      {"[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest", ""},
      {"[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", ""},
      {"[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", "latest", ""},
      {"[::1]:5000/repo:tag@" + kSha256, "[::1]:5000", "repo", "tag", kSha256},
      {"[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000", "library/debian", "latest", ""},
      {"docker.io/" + kHex64, "docker.io", "library/" + kHex64, "latest", ""},
      {kHex64.substr(1), "docker.io", "library/" + kHex64.substr(1), "latest", ""},
      {"docker---rules/docker", "docker.io", "docker---rules/docker", "latest", ""},
      {"dock__er/docker", "docker.io", "dock__er/docker", "latest", ""},
      {"d/docker", "docker.io", "d/docker", "latest", ""},
      {"example.com/some_separator__underscore/myimage", "example.com", "some_separator__underscore/myimage", "latest",
       ""},
      {"registry.io/foo/project--id.module--name.ver---sion--name", "registry.io",
       "foo/project--id.module--name.ver---sion--name", "latest", ""},
      {"gcr.io/project-id/image:w1th-alpha_num3ric.PLUScaps", "gcr.io", "project-id/image",
       "w1th-alpha_num3ric.PLUScaps", ""},
      {repeated("a/", 127) + "a:tag-puts-this-over-max", "docker.io", repeated("a/", 127) + "a",
       "tag-puts-this-over-max", ""},
      {"registry.example/app:" + std::string(128, 'a'), "registry.example", "app", std::string(128, 'a'), ""},
      // A word in upper case is a host to distribution/reference, and stays as it was written.
      {"FOO/bar", "FOO", "bar", "latest", ""},
      {"Foo/bar", "Foo", "bar", "latest", ""},
      // Hosts know no case: where it still reads as a host, it is written in lower case (ours).
      {"Registry.Example:5000/app", "registry.example:5000", "app", "latest", ""},
      {"DOCKER.IO/alpine", "docker.io", "library/alpine", "latest", ""},
      {"Index.Docker.IO/alpine", "docker.io", "library/alpine", "latest", ""},
      {"LOCALHOST/app", "localhost", "app", "latest", ""},
      {"[2001:DB8::1]/app", "[2001:db8::1]", "app", "latest", ""},
  }));
  CAPTURE(row.text);
  const auto reference = Reference::parse(row.text);
  REQUIRE(reference);
  CHECK(reference->repository().registry() == row.registry);
  CHECK(reference->repository().path() == row.path);
  CHECK(reference->tag().value_or("") == row.tag);
  CHECK((reference->digest() ? reference->digest()->text() : "") == row.digest);
  // What is printed reads back as the same.
  const auto again = Reference::parse(reference->text());
  REQUIRE(again);
  CHECK(*again == *reference);
}

TEST_CASE("a malformed reference is refused with its reason") {
  const auto row = GENERATE_COPY(values<Bad>({
      {"", "it is empty"},
      {":justtag", "the repository path is empty"},
      {"@" + kSha256, "the repository path is empty"},
      {"docker/", "empty part"},
      {"registry.example/", "the repository path is empty"},
      {"docker///docker", "empty part"},
      {"docker.io/docker///docker", "empty part"},
      {"a/a/a/a/", "empty part"},
      {"Uppercase:tag", "lower case"},
      {"docker/Docker", "lower case"},
      {"test:5000/Uppercase/lowercase:tag", "lower case"},
      {"-docker", "joined by"},
      {"-docker/docker", "joined by"},
      {"docker-/docker", "joined by"},
      {"foo/bar-", "joined by"},
      {"____/____", "joined by"},
      {"_docker/_docker", "joined by"},
      {"dock_.er", "joined by"},
      {"dock-.er", "joined by"},
      {"do___cker", "joined by"},
      {"example.com/nodouble..dots/myimage", "joined by"},
      {"example.com/.dots/myimage", "joined by"},
      {"example.com/__underscore/myimage", "joined by"},
      {"aa/asdf$$^/aa", "joined by"},
      {"dock..er/docker", "not a host"},
      {".docker/docker", "not a host"},
      {"docker./docker", "not a host"},
      {"-docker.io/docker/docker", "not a host"},
      {"ab-.com/x", "not a host"},
      {"ab.-com/x", "not a host"},
      {"bad_hostname.com:8080/myapp:tag", "not a host"},
      {"do__cker:8080/docker", "not a host"},
      {"gcr?.com/app", "not a host"},
      {"fc00::1:5000/debian", "not a host"},
      {"test.com:http/x", "port"},
      {"test.com:/x", "port"},
      {"test.com:0/x", "port"},          // ours: distribution/reference leaves it to the connection
      {"test.com:0443/x", "port"},       // ours: one registry, one name
      {"192.168.1.1:65536/x", "port"},   // ours
      {"192.168.1.1:750050/x", "port"},  // ours
      {"[fd00:1:2::3]75050/x", "port"},
      {"[fd00:1:2::3]::7505/x", "port"},
      {"[fe80::1%eth0]:5000/repo", "IPv6"},
      {"[2001:db8:3:4::192.0.2.33]:5000/debian", "IPv6"},
      {"[fd00123123123]:7505/x", "IPv6"},  // ours: distribution/reference takes any hex and colons
      {"[::1/x", "IPv6"},
      {"[2001:db8::1]", "tag"},
      {"[2001:db8::1]:tag", "tag"},
      {"registry.com:8080/myapp:invalid~tag", "a tag is"},
      {"busybox:-foo", "a tag is"},
      {"busybox:.foo", "a tag is"},
      {"busybox:", "a tag is"},
      {"busybox:a:b", "a tag is"},
      {"registry.example/app:" + std::string(129, 'a'), "a tag is"},
      {repeated("a/", 128) + "a:tag", "255 bytes"},
      {std::string(256, 'a') + ".example/app", "255 bytes"},
      {std::string(1025, 'a'), "1024 bytes"},
      {kHex64, "64 hex digits alone"},
      {"https://registry.example/app", "leave out the scheme"},
      {"gcr.io/project-id/wrong-length:white space", "blank"},
  }));
  CAPTURE(row.text);
  const auto reference = Reference::parse(row.text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::usage);
  CHECK_THAT(reference.error().message(), Catch::Contains(row.reason));
}

TEST_CASE("hostile digests, escapes and line breaks in a reference are refused before any request [attack 27]") {
  const auto row = GENERATE_COPY(values<Bad>({
      {"app@sha256:../../x", "sha256"},
      {"app@sha256:" + std::string(64, 'A'), "sha256"},
      {"app@sha256:" + kHex64.substr(1), "64"},
      {"app@sha256:" + kHex64 + "0", "64"},
      {"app@sha256:", "64"},
      {"app@sha384:" + kHex64, "96"},
      {"app@sha512:" + kHex64, "128"},
      {"app@", "digest"},
      {"app@bad", "digest"},
      {"app@md5:" + std::string(32, '0'), "md5"},
      {"app@unknown:" + kHex64, "unknown"},
      {"app@SHA256:" + kHex64, "SHA256"},
      {"app@" + kSha256 + "@" + kSha256, "64"},
      {"app@" + kSha256 + "/../x", "64"},
      {"registry.example/a%2fb", "joined by"},
      {"registry.example/a%2e%2e/b", "joined by"},
      {"registry.example/../b", "joined by"},
      {"registry.example/app:a%2fb", "a tag is"},
      {"registry.example/app:a\r\nHost: evil", "control byte"},
      {"registry.example/app\nx", "control byte"},
      {std::string("registry.example/app\0x", 22), "control byte"},
      {"registry.example/\xc3\xa4pp", "outside ASCII"},
      {"registry.example@evil.test/app", "digest"},
      {"user:pw@registry.example/app", "digest"},
  }));
  CAPTURE(row.text);
  const auto reference = Reference::parse(row.text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().kind() == Outcome::usage);
  CHECK_THAT(reference.error().message(), Catch::Contains(row.reason));
  CHECK(reference.error().message().find('\n') == std::string::npos);
}

TEST_CASE("a repository has neither tag nor digest") {
  CHECK(Repository::parse("registry.example:5000/shop/api")->text() == "registry.example:5000/shop/api");
  CHECK(Repository::parse("alpine")->text() == "docker.io/library/alpine");
  for (const auto& text : {"alpine:3", "registry.example/app:1"}) {
    const auto repository = Repository::parse(text);
    REQUIRE_FALSE(repository);
    CHECK_THAT(repository.error().message(), Catch::Contains("without tag and digest"));
  }
  CHECK_FALSE(Repository::parse("app@" + kSha256));
}

TEST_CASE("a pinned reference cannot hold a bare tag") {
  CHECK(PinnedReference::parse("alpine@" + kSha256)->text() == "docker.io/library/alpine@" + kSha256);
  CHECK(PinnedReference::parse("alpine:3@" + kSha256)->text() == "docker.io/library/alpine@" + kSha256);
  const auto pinned = PinnedReference::parse("alpine:3");
  REQUIRE_FALSE(pinned);
  CHECK_THAT(pinned.error().message(), Catch::Contains("expected a digest"));
}
