#include "registry/authorizer.h"

#include <thread>

#include "unit/registry/fixture.h"

using namespace hallmark;
using test::Call;
using test::client_with;
using test::LyingRegistry;
using test::manifest_text;
using test::Reply;
using test::repository;

namespace {

constexpr auto* kType = "application/vnd.oci.image.manifest.v1+json";
constexpr auto* kAlice = "YWxpY2U6czNjcmV0";  // alice:s3cret

// A registry that wants bearer tokens, with its token server at /token.
struct TokenRegistry {
  TokenRegistry() {
    image = registry.honest().add_manifest("shop/api", kType, manifest_text("image"), "1.4");
    registry.honest().add_manifest("shop/web", kType, manifest_text("web"), "1.4");
    realm = registry.url() + "/token";
    registry.tell({.instead = [this](const Call& call) -> std::optional<Reply> {
      if (call.path == "/token") return token(call);
      const std::string sent = call.header("authorization");
      if (sent == "Bearer token-" + std::to_string(valid)) return std::nullopt;
      return Reply{.status = 401, .headers = {{"WWW-Authenticate", challenge()}}};
    }});
  }
  std::string challenge() const {
    return "Bearer realm=\"" + realm + "\",service=\"test\",scope=\"repository:shop/api:pull\"";
  }
  Reply token(const Call& call) {
    if (wants_password && call.header("authorization") != std::string("Basic ") + kAlice &&
        call.body.find("refresh_token=refresh") == std::string::npos)
      return Reply{.status = 401, .body = R"({"details":"incorrect username or password"})"};
    return Reply{.body = R"({"token":"token-)" + std::to_string(valid) + R"(","expires_in":)" +
                         std::to_string(lifetime) + "}"};
  }
  RegistryOptions with_auth(const std::string& entry) {
    RegistryOptions options;
    options.auth_files = {folder.put("config.json", R"({"auths":{")" + registry.authority() + R"(":)" + entry + "}}")};
    return options;
  }
  [[nodiscard]] std::vector<Call> token_calls() const {
    std::vector<Call> out;
    for (const auto& call : registry.calls()) {
      if (call.path == "/token") out.push_back(call);
    }
    return out;
  }

  test::TemporaryFolder folder;
  LyingRegistry registry;
  std::string realm;
  std::atomic<int> valid = 1;
  std::atomic<int> lifetime = 300;
  std::atomic<bool> wants_password = false;
  Descriptor image{{}, Digest::of({})};
};

}  // namespace

TEST_CASE("an anonymous token costs one 401 and one token for a scope") {
  TokenRegistry server;
  const auto client = client_with({});
  const auto store = client->open(repository(server.registry.authority()));
  REQUIRE(store->manifest("1.4"));
  CHECK(server.registry.calls().size() == 3);
  REQUIRE(store->manifest("1.4"));
  CHECK(server.registry.calls().size() == 4);
  const auto asked = server.token_calls().front();
  CHECK(asked.query.at("service") == "test");
  CHECK(asked.query.at("scope") == "repository:shop/api:pull");
  CHECK(asked.header("authorization").empty());
  // Another repository: the token is asked for without another 401.
  REQUIRE(client->open(repository(server.registry.authority(), "shop/web"))->manifest("1.4"));
  CHECK(server.registry.calls().size() == 6);
  CHECK(server.token_calls().back().query.at("scope") == "repository:shop/web:pull");
}

TEST_CASE("writes ask for pull and push, mounts for both repositories") {
  TokenRegistry server;
  const auto client = client_with({});
  const auto store = client->open(repository(server.registry.authority()));
  REQUIRE(store->put_manifest(kType, as_bytes(manifest_text("x")), "x"));
  CHECK(server.token_calls().back().query.at("scope") == "repository:shop/api:pull,push");
  const auto other = client->open(repository(server.registry.authority(), "shop/web"));
  REQUIRE(store->mount_blob({"a/b", Digest::of(as_bytes("x")), 1}, *other));
  CHECK_THAT(server.token_calls().back().target, Catch::Contains("scope=repository%3Ashop%2Fapi%3Apull%2Cpush"));
  CHECK_THAT(server.token_calls().back().target, Catch::Contains("scope=repository%3Ashop%2Fweb%3Apull"));
}

TEST_CASE("user and password go to the token server, an identity token by POST") {
  TokenRegistry server;
  server.wants_password = true;
  SECTION("user and password") {
    const auto client = client_with(server.with_auth(R"({"auth":"YWxpY2U6czNjcmV0"})"));
    REQUIRE(client->open(repository(server.registry.authority()))->manifest("1.4"));
    CHECK(server.token_calls().front().query.at("account") == "alice");
    CHECK(server.token_calls().front().header("authorization") == std::string("Basic ") + kAlice);
  }
  SECTION("identity token") {
    const auto client = client_with(server.with_auth(R"({"identitytoken":"refresh"})"));
    REQUIRE(client->open(repository(server.registry.authority()))->manifest("1.4"));
    const auto asked = server.token_calls().front();
    CHECK(asked.method == "POST");
    CHECK_THAT(asked.body, Catch::Contains("grant_type=refresh_token"));
    CHECK_THAT(asked.body, Catch::Contains("scope=repository%3Ashop%2Fapi%3Apull"));
  }
  SECTION("wrong ones are named, without the password") {
    const auto client = client_with(server.with_auth(R"({"username":"bob","password":"hunter2"})"));
    const auto read = client->open(repository(server.registry.authority()))->manifest("1.4");
    REQUIRE_FALSE(read);
    CHECK(read.error().kind() == Outcome::unauthorized);
    CHECK_THAT(read.error().message(), Catch::Contains("refused the credentials of bob from"));
    CHECK_THAT(read.error().message(), Catch::Contains("incorrect username or password"));
    CHECK_THAT(read.error().message(), !Catch::Contains("hunter2"));
  }
}

TEST_CASE("a token that is taken no longer is fetched again, once") {
  TokenRegistry server;
  const auto client = client_with({});
  const auto store = client->open(repository(server.registry.authority()));
  REQUIRE(store->manifest("1.4"));
  server.valid = 2;  // revoked before its time
  REQUIRE(store->manifest("1.4"));
  CHECK(server.token_calls().size() == 2);
  server.registry.tell({.target = "/token", .instead = [](const Call&) {
                          return std::optional(Reply{.body = R"({"access_token":"wrong"})"});
                        }});
  server.valid = 3;
  const auto refused = client_with({})->open(repository(server.registry.authority()))->manifest("1.4");
  CHECK(refused);  // the first lie told answers first: this client got the right one
}

TEST_CASE("a registry that never is content gets a bounded number of tries") {
  TokenRegistry server;
  server.registry.be_honest();
  server.registry.tell({.instead = [&](const Call& call) {
    return std::optional(call.path == "/token"
                             ? Reply{.body = R"({"token":"t"})"}
                             : Reply{.status = 401, .headers = {{"WWW-Authenticate", server.challenge()}}});
  }});
  const auto client = client_with({});
  const auto read = client->open(repository(server.registry.authority()))->manifest("1.4");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::unauthorized);
  CHECK(server.registry.calls().size() <= 5);
}

TEST_CASE("an expired token is renewed before it is refused") {
  TokenRegistry server;
  server.lifetime = 0;
  const auto client = client_with({});
  const auto store = client->open(repository(server.registry.authority()));
  REQUIRE(store->manifest("1.4"));
  REQUIRE(store->manifest("1.4"));
  CHECK(server.token_calls().size() == 2);
  CHECK(server.registry.calls().size() == 5);  // one 401 in all
}

TEST_CASE("requests at the same time share one token") {
  TokenRegistry server;
  server.registry.tell({.target = "/token", .change = [](const Call&, Reply&) {}});
  const auto client = client_with({});
  const auto store = client->open(repository(server.registry.authority()));
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { good += store->manifest("1.4") ? 1 : 0; });
  }
  threads.clear();
  CHECK(good == 6);
  CHECK(server.token_calls().size() == 1);
}

TEST_CASE("a token server's nonsense is malformed [attack 21]") {
  const auto body = GENERATE(as<std::string>(), "", "[]", "{}", R"({"token":""})", R"({"token":1})",
                             R"({"token":"a\r\nb"})", "<html>");
  TokenRegistry server;
  server.registry.be_honest();
  server.registry.tell({.instead = [&](const Call& call) {
    return std::optional(call.path == "/token"
                             ? Reply{.body = body}
                             : Reply{.status = 401, .headers = {{"WWW-Authenticate", server.challenge()}}});
  }});
  const auto read = client_with({})->open(repository(server.registry.authority()))->manifest("1.4");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::malformed);
  CHECK_THAT(read.error().message(), Catch::Contains("token server"));
}

TEST_CASE("credentials never go to a realm elsewhere [attack 29]") {
  TokenRegistry server;
  const auto options = server.with_auth(R"({"auth":"YWxpY2U6czNjcmV0"})");
  struct Case {
    std::string realm;
    std::string reason;
  };
  const auto [realm, reason] = GENERATE(values<Case>({
      {"https://evil.example/token", "are not sent there"},
      {"http://169.254.169.254/token", "plain http on another host"},
      {"file:///etc/passwd", "is no http(s) URL"},
      {"", "is no http(s) URL"},
      {"https://user@evil.example/", "is no http(s) URL"},
  }));
  server.realm = realm;
  const auto read = client_with(options)->open(repository(server.registry.authority()))->manifest("1.4");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::unauthorized);
  CHECK_THAT(read.error().message(), Catch::Contains(reason));
  for (const auto& call : server.registry.calls()) CHECK(call.header("authorization").empty());
}

TEST_CASE("a challenge of a redirect's target is not answered, and credentials stay behind [attack 30]") {
  LyingRegistry other;
  LyingRegistry registry;
  test::TemporaryFolder folder;
  RegistryOptions options;
  const std::string entry = R"(":{"auth":"YWxpY2U6czNjcmV0"})";
  options.auth_files = {folder.put("config.json", R"({"auths":{")" + registry.authority() + entry + "}}")};
  const std::string away = other.url() + "/blob";
  registry.tell({.instead = [away](const Call& call) -> std::optional<Reply> {
    if (call.header("authorization").empty())
      return Reply{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
    return Reply{.status = 307, .headers = {{"Location", away}}};
  }});
  other.answer("GET", "/blob", Reply{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}});
  const auto store = client_with(options);
  const auto read = store->open(repository(registry.authority()))->blob({"a/b", Digest::of(as_bytes("x")), 1}, 10);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::unauthorized);
  REQUIRE(other.calls().size() == 1);
  CHECK(other.calls().front().header("authorization").empty());
}

TEST_CASE("hosts.toml may hold the credential of its host; it stays there, and a login of the user comes first") {
  LyingRegistry other;
  TokenRegistry server;
  test::TemporaryFolder folder;
  RegistryOptions options;
  const bool logged_in = GENERATE(false, true);
  if (logged_in) options = server.with_auth(R"({"auth":"YWxpY2U6czNjcmV0"})");
  options.certs_dirs = {folder.path()};
  folder.put(server.registry.authority() + "/hosts.toml", "server = \"" + server.registry.url() +
                                                              "\"\n[header]\nauthorization = \"Bearer " +
                                                              (logged_in ? "stale" : "token-1") + "\"\n");
  server.wants_password = true;
  const auto store = client_with(options);
  REQUIRE(store->open(repository(server.registry.authority()))->resolve("1.4"));
  CHECK(server.token_calls().size() == (logged_in ? 1 : 0));

  server.registry.tell({.instead = [&](const Call& call) -> std::optional<Reply> {
    if (call.path.find("/blobs/") == std::string::npos) return std::nullopt;
    return Reply{.status = 307, .headers = {{"Location", other.url() + "/blob"}}};
  }});
  other.answer("GET", "/blob", Reply{.status = 404});
  (void)store->open(repository(server.registry.authority()))->blob({"a/b", Digest::of(as_bytes("x")), 1}, 10);
  REQUIRE(other.calls().size() == 1);
  CHECK(other.calls().front().header("authorization").empty());
}

TEST_CASE("check_login sees whether user and password are taken") {
  TokenRegistry server;
  server.wants_password = true;
  const auto client = client_with({});
  CHECK(client->check_login(server.registry.authority(), "alice", Secret::copy_of("s3cret")));
  CHECK(server.token_calls().back().query.count("scope") == 0);
  const auto wrong = client->check_login(server.registry.authority(), "alice", Secret::copy_of("wrong"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind() == Outcome::unauthorized);
  CHECK_THAT(wrong.error().message(), !Catch::Contains("wrong"));
}
