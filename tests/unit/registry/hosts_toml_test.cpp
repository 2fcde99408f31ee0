#include "registry/hosts_toml.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using registry::HostsToml;

namespace {

Result<HostsToml> parse(std::string_view text) { return HostsToml::parse(text, "/etc/certs.d/r.example/hosts.toml"); }

}  // namespace

TEST_CASE("hosts.toml is read as containerd documents it") {
  const auto hosts = parse(R"(
server = "https://registry-1.docker.io"
ca = "ca.pem"

[host."https://z-mirror.example"]
  capabilities = ["pull", "resolve"]
  ca = ["/abs/a.pem", "b.pem"]
  client = [["c.cert", "c.key"], ["d.cert", ""]]
  skip_verify = true
  override_path = true
  dial_timeout = "5s"
  [host."https://z-mirror.example".header]
    x-one = "1"
    x-two = ["a", "b"]

[host."http://a-mirror.example:5000"]
  client = "both.pem"
)");
  REQUIRE(hosts);
  CHECK(hosts->server.url == "https://registry-1.docker.io");
  CHECK(hosts->server.tls.ca_files == std::vector<std::filesystem::path>{"/etc/certs.d/r.example/ca.pem"});
  REQUIRE(hosts->hosts.size() == 2);
  const auto& mirror = hosts->hosts[0];  // the order of the file, not of the alphabet
  CHECK(mirror.url == "https://z-mirror.example");
  CHECK(mirror.can("pull", false));
  CHECK(mirror.can("resolve", false));
  CHECK_FALSE(mirror.can("push", true));
  CHECK(mirror.tls.ca_files == std::vector<std::filesystem::path>{"/abs/a.pem", "/etc/certs.d/r.example/b.pem"});
  CHECK(mirror.tls.client_certificate == "/etc/certs.d/r.example/c.cert");
  CHECK(mirror.tls.client_key == "/etc/certs.d/r.example/c.key");
  CHECK(mirror.tls.skip_verify);
  CHECK(mirror.override_path);
  CHECK(mirror.headers.all("X-Two") == std::vector<std::string>{"a", "b"});
  const auto& second = hosts->hosts[1];
  CHECK(second.tls.client_key == "/etc/certs.d/r.example/both.pem");
  CHECK_FALSE(second.tls.skip_verify);
  CHECK_FALSE(second.capabilities);
  CHECK(second.can("push", true));
}

TEST_CASE("an empty hosts.toml says nothing") {
  const auto hosts = parse("");
  REQUIRE(hosts);
  CHECK(hosts->server.url.empty());
  CHECK(hosts->hosts.empty());
}

TEST_CASE("what hosts.toml says wrongly is an error with file and line") {
  struct Case {
    std::string text;
    std::string reason;
  };
  const auto [text, reason] = GENERATE(values<Case>({
      {"server = 1", "hosts.toml:1: \"server\" must be a string"},
      {"\nskip_verify = \"yes\"", "hosts.toml:2: \"skip_verify\" must be true or false"},
      {"override_path = 1", "\"override_path\" must be true or false"},
      {"ca = 5", "\"ca\" must be a string"},
      {"ca = [5]", "\"ca\" must be a string"},
      {"client = [[\"a\", \"b\", \"c\"]]", "\"client\" must be a file or a pair"},
      {"client = [[1]]", "\"client\" must be a string"},
      {"capabilities = [\"pul\"]", "unknown capability \"pul\""},
      {"capabilities = true", "\"capabilities\" must be a string"},
      {"host = 3", "\"host\" must hold tables"},
      {"[host]\na = 3", "\"host\" must hold tables"},
      {"header = 3", "\"header\" must be a table"},
      {"[header]\na = 3", "\"a\" must be a string"},
      {"[header]\na = \"x\\r\\nb: c\"", "header \"a\" cannot be sent"},
      {"[header]\n\"a b\" = \"x\"", "header \"a b\" cannot be sent"},
      {"server = ", "hosts.toml:1:"},
      {"# \xc3\xa4\nca = [\xc7\x9f]", "hosts.toml:2: expected ASCII outside of comments"},
      {"[&host.\"https://m\"]", "hosts.toml:1:"},
      {"a = 1\na = 2", "hosts.toml:2:"},
  }));
  const auto hosts = parse(text);
  REQUIRE_FALSE(hosts);
  CHECK(hosts.error().kind() == Outcome::config);
  CHECK_THAT(hosts.error().message(), Catch::Contains(reason));
}

TEST_CASE("hosts.toml names a bounded number of hosts") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "[host.\"https://m" + std::to_string(i) + "\"]\n";
  CHECK_THAT(parse(text).error().message(), Catch::Contains("more than 64 hosts"));
}

TEST_CASE("nesting in hosts.toml ends before the stack does") {
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
  };
  const auto [text, reason] = GENERATE_COPY(values<std::pair<std::string, std::string>>({
      {"a" + repeated(".a", 400'000) + " = 1", "hosts.toml:1: more than 4096 dots"},
      {"[a" + repeated(".a", 400'000) + "]", "hosts.toml:1: more than 4096 dots"},
      {"a = " + repeated("[", 100'000), "hosts.toml:1:"},
      {"a = " + repeated("{a=", 100'000), "hosts.toml:1:"},
      {"a = [\n" + repeated("{" + repeated("a.", 100) + "a = [\n", 100), "more than 4096 dots"},
  }));
  const auto hosts = parse(text);
  REQUIRE_FALSE(hosts);
  CHECK(hosts.error().kind() == Outcome::config);
  CHECK_THAT(hosts.error().message(), Catch::Contains(reason));
}

TEST_CASE("hosts.toml may have as many dots as the deepest key takes") {
  std::string text = "a";
  for (int i = 0; i < 4'096; ++i) text += ".a";
  CHECK(parse(text + " = 1"));
}
