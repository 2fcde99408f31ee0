// Registries that send too much, too slowly, or without end. Every answer comes within 10 seconds.
#include <catch2/catch.hpp>

#include "base/json.h"
#include "base/limits.h"
#include "formats/simple_signing.h"
#include "hostile/stage.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kTenGiB = 10ull << 30;

std::string listing(const std::string& entries) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}";
}

Reply index_reply(std::string body, const std::string& link = {}) {
  Reply reply{.body = std::move(body), .content_type = std::string(kIndexType)};
  reply.set("Link", link);
  return reply;
}

// Entries of a listing that name manifests which do not exist.
std::string junk_entries(std::size_t count, std::size_t from = 0) {
  std::string entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries += (i == 0 ? "" : ",");
    entries += R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
               Digest::of(as_bytes("junk " + std::to_string(from + i))).text() +
               R"(","size":700,"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"})";
  }
  return entries;
}

Result<Content> manifest_of(Stage& stage, const std::string& tag) {
  return stage.with_store<Content>([&](ContentStore& store) { return store.manifest(tag); });
}

}  // namespace

TEST_CASE("a listing without end stops at its limit, and what was not seen could have been a signature [attack 20]") {
  struct Case {
    const char* name;
    std::function<Reply(const Call&)> answer;
    const char* words;
  };
  const auto [name, answer, words] = GENERATE(values<Case>({
      {"a page that leads to itself",
       [](const Call& call) { return index_reply(listing(""), "<" + call.target + ">; rel=\"next\""); },
       "the pages lead in a circle"},
      {"two pages in a circle",
       [](const Call& call) {
         return index_reply(listing(""),
                            "<" + call.path + (call.query.contains("b") ? "?a=1" : "?b=1") + ">; rel=\"next\"");
       },
       "the pages lead in a circle"},
      {"ever new empty pages",
       [](const Call& call) {
         return index_reply(listing(""), "<" + call.path + "?page=" + std::to_string(call.number) + ">; rel=\"next\"");
       },
       "more than 64 pages"},
      {"10,000 in one page", [](const Call&) { return index_reply(listing(junk_entries(10'000))); }, "4096"},
      {"10,000 in pages of 500",
       [](const Call& call) {
         return index_reply(listing(junk_entries(500, call.number * 500)),
                            "<" + call.path + "?page=" + std::to_string(call.number) + ">; rel=\"next\"");
       },
       "more than 4096 referrers"},
  }));
  CAPTURE(name);
  Stage stage({.timeout = 60s});
  stage.registry.tell({.target = "/referrers/", .instead = [answer](const Call& call) { return answer(call); }});
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::malformed, words);
  watch.check_bounded(60s);  // up to 2,048 requests: no more than 10 s on a machine that does nothing else
}

TEST_CASE("a good signature among 1,000 junk referrers still verifies, in one page or in many [attack 20]") {
  const std::size_t page = GENERATE(0u, 100u);
  Stage stage({.features = {.page = page}, .timeout = 60s});
  for (int i = 0; i < 1'000; ++i) {
    const std::string junk =
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
        R"("artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json","config":{"mediaType":)"
        R"("application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94)"
        R"(fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"subject":{"mediaType":")" +
        std::string(kManifestType) + R"(","digest":")" + stage.image.digest.text() + R"(","size":)" +
        std::to_string(stage.image.size) + R"(},"annotations":{"n":")" + std::to_string(i) + "\"}}";
    stage.honest().add_manifest("shop/api", kManifestType, junk);
  }
  const auto done = stage.sign(Format::bundle, stage.image.digest);
  INFO(told(done).words);
  REQUIRE(done);
  const Stopwatch watch;
  check_verified(stage.verify());
  watch.check_bounded(30s);
}

TEST_CASE("200 junk layers before the good one of a .sig tag do not hide it, and 1,001 are too many [attack 20]") {
  Stage stage;
  const auto put = [&](std::size_t junk, bool good) {
    TestSigner stranger = TestSigner::generate();
    std::vector<Descriptor> layers;
    for (std::size_t i = 0; i < junk + (good ? 1 : 0); ++i) {
      const bool ours = i == junk;
      const std::string payload =
          formats::simple_signing_payload(stage.image.digest, stage.repository().text(), {{"n", std::to_string(i)}});
      stage.honest().add_blob("shop/api", formats::kSimpleSigningType, payload);
      layers.push_back(formats::simple_signature_layer(
          as_bytes(payload), (ours ? stage.signer : stranger).sign(as_bytes(payload)).value()));
    }
    const Descriptor config = stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json", "{}");
    stage.add_manifest("shop/api", stage.image.digest.tag() + ".sig", config, layers);
  };
  put(200, true);
  const Stopwatch watch;
  check_verified(stage.verify());
  put(200, false);
  check_refused(stage.verify(), Outcome::untrusted, "no signature by a trusted key");
  put(1'000, true);
  check_refused(stage.verify(), Outcome::malformed, "1000");
  watch.check_bounded(30s);
}

TEST_CASE("a Retry-After later than the deadline is throttled at once [attack 20]") {
  Stage stage;
  Reply busy = error_reply(429, "TOOMANYREQUESTS");
  busy.set("Retry-After", GENERATE("3600", "Fri, 31 Dec 2199 23:59:59 GMT"));
  stage.registry.answer("", "/v2/shop/api/", busy);
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::throttled, "");
  watch.check_bounded(3s);
}

TEST_CASE("a body that is too long or never ends is refused at its limit [attack 21]") {
  struct Case {
    const char* name;
    Reply reply;
    const char* words;
  };
  const std::string junk(1u << 20, ' ');
  const auto [name, reply, words] = GENERATE_COPY(values<Case>({
      {"endless", {.body = junk, .content_type = std::string(kManifestType), .endless = true}, "more than 4194304"},
      {"10 GiB announced",
       {.body = junk, .content_type = std::string(kManifestType), .declared_length = kTenGiB},
       "more than 4194304"},
      {"one byte more than the limit",
       {.body = std::string(limits::manifest_bytes + 1, ' '), .content_type = std::string(kManifestType)},
       "more than 4194304"},
  }));
  const std::string target = GENERATE("/manifests/", "/referrers/");
  CAPTURE(name, target);
  Stage stage;
  Reply lie = reply;
  if (target == "/referrers/") lie.content_type = kIndexType;
  stage.registry.answer("GET", target, lie);
  const Stopwatch watch;
  if (target == "/manifests/") {
    check_refused(manifest_of(stage, "1.0"), Outcome::malformed, words);
  } else {
    check_refused(stage.verify(), Outcome::malformed, words);
  }
  watch.check_bounded();
}

TEST_CASE("a signature blob that is too long or never ends is refused at its limit [attack 21]") {
  const bool endless = GENERATE(true, false);
  CAPTURE(endless);
  Stage stage;
  REQUIRE(stage.sign(Format::bundle, stage.image.digest));
  Reply lie{.body = std::string(1u << 20, 'x'), .content_type = "application/octet-stream", .endless = endless};
  if (!endless) lie.declared_length = kTenGiB;
  stage.registry.answer("GET", "/blobs/", lie);
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::malformed, "is longer than");
  watch.check_bounded();
}

TEST_CASE("a slow drip ends with the time limit [attack 21]") {
  const std::string target = GENERATE("/manifests/1.0", "/referrers/", "/blobs/");
  CAPTURE(target);
  Stage stage({.timeout = 1500ms});
  REQUIRE(stage.sign(Format::bundle, stage.image.digest));
  stage.registry.change("GET", target, [](const Call&, Reply& reply) { reply.drip = 200ms; });
  const Stopwatch watch;
  if (target == "/manifests/1.0") {
    check_refused(manifest_of(stage, "1.0"), Outcome::unreachable, "time limit");
  } else {
    check_refused(stage.verify(), Outcome::unreachable, "time limit");
  }
  watch.check_bounded(5s);
}

TEST_CASE("an error body, a token and a redirect without end are cut at their limits, too [attack 21]") {
  const std::string kind = GENERATE("error", "token", "redirect");
  CAPTURE(kind);
  Stage stage({.timeout = 5s});
  const std::string junk(1u << 20, 'x');
  Reply lie{.body = junk, .endless = true};
  if (kind == "error") {
    lie.status = 400;
    stage.registry.answer("GET", "/manifests/", lie);
  } else if (kind == "token") {
    Reply challenge = error_reply(401, "UNAUTHORIZED");
    challenge.set("WWW-Authenticate", "Bearer realm=\"" + stage.registry.url() + "/token\",service=\"test\"");
    stage.registry.answer("GET", "/manifests/", challenge);
    stage.registry.answer("GET", "/token", lie);
  } else {
    lie.status = 307;
    lie.set("Location", "/elsewhere");
    stage.registry.answer("GET", "/manifests/", lie);
  }
  const Stopwatch watch;
  const Told answer = told(manifest_of(stage, "1.0"));
  CHECK_FALSE(answer.admitted);
  if (kind == "redirect") {
    // The body of a redirect says nothing; what counts is where it leads, and nothing is there.
    CHECK((answer.outcome == Outcome::not_found || answer.outcome == Outcome::malformed));
  } else {
    CHECK(word(answer.outcome) == word(Outcome::malformed));
  }
  CHECK_THAT(answer.words, Catch::Contains("registry") || Catch::Contains("more than"));
  watch.check_bounded();
}

TEST_CASE("redirects in a circle end at their limit [attack 21]") {
  Stage stage;
  Reply circle{.status = 307};
  circle.set("Location", "/v2/shop/api/manifests/1.0");
  stage.registry.answer("GET", "/manifests/", circle);
  check_refused(manifest_of(stage, "1.0"), Outcome::malformed, "redirects more than 5 times");
}

TEST_CASE("a manifest of a million layers, or with absurd sizes, is refused without allocating for it [attack 22]") {
  struct Case {
    const char* name;
    std::string layers;
    const char* words;
  };
  const std::string blob = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                           Digest::of(as_bytes("x")).text() + R"(","size":)";
  std::string many = "{}";
  for (int i = 1; i < 1'000'000; ++i) many += ",{}";
  std::string thousand = blob + "1}";
  for (int i = 0; i < 1'000; ++i) thousand += "," + blob + "1}";
  const auto [name, layers, words] = GENERATE_COPY(values<Case>({
      {"10^6 layers", many, "limit"},
      {"1,001 layers", thousand, "1000"},
      {"2^63", blob + "9223372036854775808}", "does not fit 64 bits"},
      {"-1", blob + "-1}", "expected an integer of 0 or more"},
      {"1e999", blob + "1e999}", "number overflow"},
      {"float", blob + "1.5}", "expected an integer of 0 or more"},
      {"1e3", blob + "1e3}", "expected an integer of 0 or more"},
      {"text", blob + "\"12\"}", "expected an integer of 0 or more"},
  }));
  CAPTURE(name);
  Stage stage;
  const std::string json =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
      R"("application/vnd.oci.image.config.v1+json","digest":")" +
      Digest::of(as_bytes("{}")).text() + R"(","size":2},"layers":[)" + layers + "]}";
  // As the manifest of signatures, where every door reads it.
  stage.honest().add_manifest("shop/api", kManifestType, json, stage.image.digest.tag() + ".sig");
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::malformed, words);
  watch.check_bounded();
}

TEST_CASE("a manifest that says 2^63-1 bytes for a signature is refused before it is fetched [attack 22]") {
  Stage stage;
  const Descriptor config = stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json", "{}");
  Descriptor layer = formats::simple_signature_layer(as_bytes("x"), Bytes(70, 1));
  layer.size = INT64_MAX;
  stage.add_manifest("shop/api", stage.image.digest.tag() + ".sig", config, {layer});
  check_refused(stage.verify(), Outcome::malformed, "9223372036854775807");
  CHECK(stage.registry.count("GET", "/blobs/") == 0);
}

TEST_CASE("JSON that is nested, huge or no JSON at all is refused wherever a registry sends it [attack 23]") {
  struct Case {
    const char* name;
    std::string json;
    const char* words;
  };
  const auto [name, json, words] = GENERATE(values<Case>({
      {"200,000 deep", std::string(200'000, '['), "nested deeper than the limit of 64"},
      {"lone surrogate", R"({"schemaVersion":2,"manifests":[],"a":"\ud800"})", "surrogate"},
      {"invalid UTF-8", "{\"schemaVersion\":2,\"manifests\":[],\"a\":\"\xff\"}", "UTF-8"},
      {"byte order mark", "\xef\xbb\xbf{\"schemaVersion\":2,\"manifests\":[]}", "byte order mark"},
      {"NaN", R"({"schemaVersion":2,"manifests":[],"a":NaN})", "invalid literal"},
      {"trailing object", R"({"schemaVersion":2,"manifests":[]}{})", "expected end of input"},
      {"NUL", std::string("{\"schemaVersion\":2,\"manifests\":[]}\0", 36), "NUL"},
      {"duplicate key", R"({"schemaVersion":2,"manifests":[],"manifests":[]})", "duplicate key"},
  }));
  const std::string target = GENERATE("/referrers/", "sig");
  CAPTURE(name, target);
  Stage stage;
  if (target == "sig") {
    stage.honest().add_manifest("shop/api", kIndexType, json, stage.image.digest.tag() + ".sig");
  } else {
    stage.registry.answer("GET", target, index_reply(json));
  }
  const Stopwatch watch;
  check_refused(stage.verify(), Outcome::malformed, words);
  watch.check_bounded();
}

TEST_CASE("compressed answers are refused: nobody asked for them, and they may be bombs [attack 25]") {
  const std::string encoding = GENERATE("gzip", "zstd", "br", "deflate, gzip");
  CAPTURE(encoding);
  Stage stage;
  stage.registry.change("GET", "/manifests/",
                        [&](const Call&, Reply& reply) { reply.set("Content-Encoding", encoding); });
  check_refused(manifest_of(stage, "1.0"), Outcome::malformed, "content encoding");
  for (const auto& call : stage.registry.calls())
    CHECK(call.header("accept-encoding").find("gzip") == std::string::npos);
}
