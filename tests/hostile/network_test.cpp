// Registries that want our credentials, and ways on which they could get them.
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "hostile/stage.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPassword = "hunter2-the-secret";

// Credentials for these hosts, as docker writes them.
std::filesystem::path auth_file(const TemporaryFolder& folder, const std::vector<std::string>& hosts) {
  std::string auths;
  for (const auto& host : hosts) {
    if (!auths.empty()) auths += ",";
    auths += "\"" + host + R"(":{"auth":")" + base::base64_encode(as_bytes(std::string("alice:") + kPassword)) + "\"}";
  }
  const auto file = folder.put("config.json", "{\"auths\":{" + auths + "}}");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return file;
}

Reply challenge(const std::string& header) {
  Reply reply = error_reply(401, "UNAUTHORIZED", "authentication required");
  reply.set("WWW-Authenticate", header);
  return reply;
}

Result<Content> fetch(RegistryOptions options, const Repository& repository, const std::string& tag = "1.0") {
  auto client = RegistryClient::create(std::move(options), system_clock());
  if (!client) return fail(client.error());
  return (*client)->open(repository)->manifest(tag);
}

bool saw_credentials(const LyingRegistry& registry) {
  for (const auto& call : registry.calls()) {
    if (!call.header("authorization").empty() || !call.header("cookie").empty()) return true;
    if (call.target.find(kPassword) != std::string::npos || call.body.find(kPassword) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a token realm on another site gets no credentials, one on the registry's own host does [attack 29]") {
  Stage stage;
  LyingRegistry token_server;  // another port of the same host
  const TemporaryFolder folder;
  token_server.answer("", "/token", {.body = R"({"token":"t"})"});
  const std::string realm = GENERATE("https://auth.evil.example/token", "own");
  const std::string url = realm == "own" ? token_server.url() + "/token" : realm;
  CAPTURE(url);
  stage.registry.answer("GET", "/v2/", challenge("Bearer realm=\"" + url + "\",service=\"s\""));
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {stage.registry.authority()})};
  const auto answer = fetch(options, stage.repository());
  if (realm == "own") {
    CHECK(saw_credentials(token_server));
  } else {
    check_refused(answer, Outcome::unauthorized, "which is not of its own site");
    CHECK_FALSE(saw_credentials(token_server));
  }
  for (const auto& call : stage.registry.calls())
    CHECK(call.header("authorization").find("Basic") == std::string::npos);
}

TEST_CASE("realms in internal places, of other schemes or without TLS are refused [attack 29]") {
  const std::string realm =
      GENERATE("http://169.254.169.254/latest/meta-data", "https://169.254.169.254/token", "http://127.0.0.1:1/token",
               "http://localhost:1/token", "file:///etc/passwd", "gopher://127.0.0.1:1/x", "https://10.0.0.1/token",
               "https://metadata.google.internal/token", "https://167772161/token",
               "http://auth.registry.example/token", "", "//evil.example/token");
  CAPTURE(realm);
  const TestCa ca;
  Stage stage;
  LyingRegistry secure({}, ca.issue());
  const TemporaryFolder folder;
  secure.answer("GET", "/v2/", challenge("Bearer realm=\"" + realm + "\",service=\"s\""));
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {secure.authority()})};
  options.ca_file = folder.put("ca.pem", ca.certificate());
  options.tls = true;
  const Stopwatch watch;
  const auto answer = fetch(options, Repository::parse(secure.authority() + "/shop/api").value());
  check_refused(answer, Outcome::unauthorized, "");
  CHECK_THAT(answer.error().message(), !Catch::Contains(kPassword));
  watch.check_bounded(3s);
}

TEST_CASE("a redirect to another host gets no credentials [attack 30]") {
  Stage stage;
  LyingRegistry thief;
  const TemporaryFolder folder;
  const std::string json = stage.honest().manifest("shop/api", "1.0").value();
  stage.registry.tell(
      {.method = "GET", .target = "/manifests/", .instead = [&](const Call& call) -> std::optional<Reply> {
         if (call.header("authorization").empty()) return challenge("Basic realm=\"r\"");
         Reply away{.status = 307};
         away.set("Location", thief.url() + "/stolen");
         away.set("Set-Cookie", "session=1");
         return away;
       }});
  thief.answer("GET", "/stolen", {.body = json, .content_type = std::string(kManifestType)});
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {stage.registry.authority()})};
  const auto content = fetch(options, stage.repository());
  REQUIRE(content);  // blobs are redirected by honest registries, and the digest decides
  CHECK(saw_credentials(stage.registry));
  CHECK(thief.count("GET", "/stolen") == 1);
  CHECK_FALSE(saw_credentials(thief));
}

TEST_CASE("a redirect from https to http, or to another scheme, is refused [attack 30]") {
  const TestCa ca;
  Stage stage;
  LyingRegistry secure({}, ca.issue());
  const TemporaryFolder folder;
  const std::string target = GENERATE("http", "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x");
  CAPTURE(target);
  Reply away{.status = 307};
  away.set("Location", target == "http" ? stage.registry.url() + "/v2/shop/api/manifests/1.0" : target);
  secure.answer("GET", "/manifests/", away);
  RegistryOptions options = stage.options();
  options.ca_file = folder.put("ca.pem", ca.certificate());
  options.tls = true;
  check_refused(fetch(options, Repository::parse(secure.authority() + "/shop/api").value()), Outcome::malformed,
                "redirects");
  CHECK(stage.registry.calls().empty());
}

TEST_CASE("an upload that is sent to another host gets no credentials [attack 31]") {
  Stage stage;
  LyingRegistry thief;
  const TemporaryFolder folder;
  stage.registry.tell({.target = "/v2/shop/api/", .instead = [&](const Call& call) -> std::optional<Reply> {
                         if (call.header("authorization").empty()) return challenge("Basic realm=\"r\"");
                         if (call.method != "POST") return std::nullopt;
                         Reply away{.status = 202};
                         away.set("Location", thief.url() + "/upload/1");
                         return away;
                       }});
  thief.answer("", "/upload/", challenge("Basic realm=\"give it to me\""));
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {stage.registry.authority()})};
  auto client = RegistryClient::create(std::move(options), system_clock());
  REQUIRE(client);
  const Bytes blob = to_bytes("a new blob");
  const Descriptor descriptor{
      .media_type = "application/octet-stream", .digest = Digest::of(blob), .size = blob.size()};
  const auto put = (*client)->open(stage.repository())->put_blob(descriptor, blob);
  CHECK(thief.count("", "/upload/") >= 1);
  CHECK_FALSE(saw_credentials(thief));
  CHECK(saw_credentials(stage.registry));
  check_refused(put, Outcome::unauthorized, "writing blob");
}

TEST_CASE("urls of layers are not fetched, whether they may be missing or not [attack 32]") {
  Stage stage;
  LyingRegistry foreign;
  const bool may_be_missing = GENERATE(true, false);
  CAPTURE(may_be_missing);
  const std::string type = may_be_missing ? "application/vnd.oci.image.layer.nondistributable.v1.tar"
                                          : "application/vnd.oci.image.layer.v1.tar";
  const Descriptor config = stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json", "{}");
  const std::string layer = Digest::of(as_bytes("foreign")).text();
  const std::string json =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":")" +
      config.media_type + R"(","digest":")" + config.digest.text() + R"(","size":2},"layers":[{"mediaType":")" + type +
      R"(","digest":")" + layer + R"(","size":7,"urls":[")" + foreign.url() + R"(/layer"]}]})";
  const Descriptor image = stage.honest().add_manifest("shop/api", kManifestType, json, "foreign");
  REQUIRE(stage.sign(Format::bundle, image.digest));
  check_verified(stage.verify(image.digest));
  const auto verdict = stage.verify(image.digest, {.content = true});
  if (may_be_missing) {
    check_verified(verdict);
  } else {
    check_refused(verdict, Outcome::not_found, "reading blob");
  }
  CHECK(foreign.calls().empty());
}

TEST_CASE("credentials are for exactly the host and port they were stored for [attack 33]") {
  Stage stage;
  const std::string port = stage.registry.authority().substr(stage.registry.authority().find(':') + 1);
  const std::string key = GENERATE("127.0.0.1", "27.0.0.1:PORT", "1127.0.0.1:PORT", "127.0.0.1:PORT0", "127.0.0.1:1",
                                   "127.0.0.1:PORT.evil.example", "localhost:PORT", "evil.127.0.0.1:PORT", "");
  std::string host = key;
  if (const auto at = host.find("PORT"); at != std::string::npos) host.replace(at, 4, port);
  CAPTURE(host);
  const TemporaryFolder folder;
  stage.registry.answer("GET", "/v2/", challenge("Basic realm=\"r\""));
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {host})};
  check_refused(fetch(options, stage.repository()), Outcome::unauthorized, "");
  CHECK_FALSE(saw_credentials(stage.registry));
  options.auth_files = {auth_file(folder, {stage.registry.authority()})};
  (void)fetch(options, stage.repository());
  CHECK(saw_credentials(stage.registry));
}

TEST_CASE("a next page on another server is not asked for [attack 34]") {
  Stage stage;
  LyingRegistry elsewhere;
  const std::string link =
      GENERATE("URL/v2/shop/api/referrers/x", "http://169.254.169.254/latest", "file:///etc/passwd", "//127.0.0.1:1/x");
  std::string target = link;
  if (target.starts_with("URL")) target.replace(0, 3, elsewhere.url());
  CAPTURE(target);
  Reply page{.body = R"({"schemaVersion":2,"manifests":[]})", .content_type = std::string(kIndexType)};
  page.set("Link", "<" + target + ">; rel=\"next\"");
  stage.registry.answer("GET", "/referrers/", page);
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::malformed, "");
  CHECK(elsewhere.calls().empty());
  watch.check_bounded(3s);
}

TEST_CASE("a registry whose certificate is not to be trusted is unreachable, and says why [attack 35]") {
  const TestCa ca;
  const TestCa stranger;
  struct Case {
    const char* name;
    Issued identity;
    const char* words;
  };
  const std::vector<Case> cases{
      {"self-signed", TestCa::self_signed(), "TLS certificate"},
      {"by another CA", stranger.issue(), "by a CA that is not trusted"},
      {"expired", ca.issue({.valid_from = -48h, .valid_until = -24h}), "expired"},
      {"not yet valid", ca.issue({.valid_from = 24h, .valid_until = 48h}), "not valid yet"},
      {"another name", ca.issue({.common_name = "registry.example", .dns = {"registry.example"}, .addresses = {}}),
       "for other names"},
  };
  Stage stage;
  const TemporaryFolder folder;
  for (const auto& one : cases) {
    CAPTURE(one.name);
    LyingRegistry secure({}, one.identity);
    RegistryOptions options = stage.options();
    options.auth_files = {auth_file(folder, {secure.authority()})};
    options.ca_file = folder.put("ca.pem", ca.certificate());
    options.tls = true;
    check_refused(fetch(options, Repository::parse(secure.authority() + "/shop/api").value()), Outcome::unreachable,
                  one.words);
    CHECK(secure.calls().empty());
  }
}

TEST_CASE("a token server whose certificate is not to be trusted gets no credentials [attack 35]") {
  const TestCa ca;
  Stage stage;
  LyingRegistry token_server({}, TestCa::self_signed());
  const TemporaryFolder folder;
  stage.registry.answer("GET", "/v2/", challenge("Bearer realm=\"" + token_server.url() + "/token\",service=\"s\""));
  RegistryOptions options = stage.options();
  options.auth_files = {auth_file(folder, {stage.registry.authority()})};
  options.token_realms = {token_server.url()};
  check_refused(fetch(options, stage.repository()), Outcome::unreachable, "token server");
  CHECK(token_server.calls().empty());
}
