// Registries that give other bytes than were asked for.
#include <catch2/catch.hpp>

#include "hostile/stage.h"
#include "oci/media_type.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

constexpr const char* kManifests = "/v2/shop/api/manifests/";

std::string path_of(const Digest& digest) { return kManifests + digest.text(); }

}  // namespace

TEST_CASE("a manifest whose JSON was rewritten under the old digest is refused [attack 13]") {
  struct Case {
    const char* name;
    std::function<void(std::string&)> rewrite;
  };
  const auto [name, rewrite] = GENERATE(values<Case>({
      {"white space at the end", [](std::string& json) { json += "\n"; }},
      {"white space within", [](std::string& json) { json.insert(1, " "); }},
      {"reordered",
       [](std::string& json) {
         const std::string part = "\"schemaVersion\":2,";
         const auto at = json.find(part);
         if (at == std::string::npos) return json.push_back(' ');
         json.erase(at, part.size());
         json.insert(json.size() - 1, ",\"schemaVersion\":2");
       }},
      {"escaped otherwise", [](std::string& json) { json.replace(json.find("oci"), 1, "\\u006f"); }},
  }));
  CAPTURE(name);
  Stage stage;
  const Descriptor index = stage.add_index("multi", "2.0");
  REQUIRE(stage.sign(Format::bundle, index.digest, {.recursive = true}));
  stage.registry.change("GET", path_of(index.digest), [&](const Call&, Reply& reply) { rewrite(reply.body); });
  check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::malformed, "but the bytes are");
}

TEST_CASE("a digest request that is answered with something else is refused before it is parsed [attack 14]") {
  Stage stage;
  const Descriptor index = stage.add_index("multi", "2.0");
  const Descriptor other = stage.add_index("other", "other");
  REQUIRE(stage.sign(Format::bundle, index.digest, {.recursive = true}));
  struct Case {
    const char* name;
    std::function<void(Reply&)> lie;
    const char* words;
  };
  const std::string other_json = stage.honest().manifest("shop/api", other.digest.text()).value();
  const std::vector<Case> cases{
      {"other bytes", [&](Reply& reply) { reply.body = other_json; }, "but the bytes are"},
      {"other bytes with a digest header that fits the question",
       [&](Reply& reply) {
         reply.body = other_json;
         reply.set("Docker-Content-Digest", index.digest.text());
       },
       "but the bytes are"},
      {"other bytes without a digest header",
       [&](Reply& reply) {
         reply.body = other_json;
         reply.set("Docker-Content-Digest", "");
       },
       "sends other bytes"},
      {"no JSON at all", [](Reply& reply) { reply.body = "<html>"; }, "but the bytes are"},
      {"nothing", [](Reply& reply) { reply.body = ""; }, "but the bytes are"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    stage.registry.be_honest();
    stage.registry.change("GET", path_of(index.digest), [&](const Call&, Reply& reply) { one.lie(reply); });
    check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::malformed, one.words);
  }
}

TEST_CASE("a Docker-Content-Digest header that does not fit the bytes is refused [attack 14]") {
  Stage stage;
  const Descriptor other = stage.add_image("other", "other");
  const std::string lie = GENERATE("other", "nonsense");
  stage.registry.change("", kManifests, [&](const Call&, Reply& reply) {
    reply.set("Docker-Content-Digest", lie == "other" ? other.digest.text() : "sha256:../../etc/passwd");
  });
  CAPTURE(lie);
  const auto content = stage.with_store<Content>([](ContentStore& store) { return store.manifest("1.0"); });
  check_refused(content, Outcome::malformed, "Docker-Content-Digest");
  if (lie == "nonsense") {
    const auto resolved = stage.with_store<Descriptor>([](ContentStore& store) { return store.resolve("1.0"); });
    check_refused(resolved, Outcome::malformed, "igest");
  }
}

TEST_CASE("a signature blob that is not what its manifest says is refused before it is parsed [attack 14]") {
  struct Case {
    const char* name;
    std::function<void(std::string&)> change;
    const char* words;
  };
  const auto [name, change, words] = GENERATE(values<Case>({
      {"one byte changed", [](std::string& blob) { blob[20] ^= 1; }, "digest"},
      {"longer", [](std::string& blob) { blob += " "; }, "is longer than"},
      {"shorter", [](std::string& blob) { blob.pop_back(); }, ""},
      {"empty", [](std::string& blob) { blob.clear(); }, ""},
  }));
  const Format format = GENERATE(Format::bundle, Format::simple);
  CAPTURE(name);
  Stage stage;
  REQUIRE(stage.sign(format, stage.image.digest));
  stage.registry.change("GET", "/v2/shop/api/blobs/", [&](const Call&, Reply& reply) { change(reply.body); });
  check_refused(stage.verify(), Outcome::malformed, words);
}

TEST_CASE("a child whose size or type differs from what its index says is refused [attack 14]") {
  Stage stage;
  const Descriptor child = stage.add_image("child", "");
  const std::string entry = GENERATE(R"("mediaType":"application/vnd.oci.image.manifest.v1+json","size":7)",
                                     R"("mediaType":"application/vnd.oci.image.index.v1+json","size":SIZE)");
  std::string fields = entry;
  if (const auto at = fields.find("SIZE"); at != std::string::npos) fields.replace(at, 4, std::to_string(child.size));
  const Descriptor index = stage.honest().add_manifest(
      "shop/api", kIndexType,
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":")" +
          child.digest.text() + "\"," + fields + "}]}");
  check_refused(stage.verify(index.digest, {.recursive = true}), Outcome::malformed, "its index says");
}

TEST_CASE("a tag that moves is resolved once, and the verdict names the digest that was verified [attack 15]") {
  Stage stage;
  const Descriptor evil = stage.add_image("evil", "evil");
  REQUIRE(stage.sign(Format::bundle, stage.image.digest));
  // From the second look at the tag on, it points elsewhere.
  stage.registry.tell({.target = "/manifests/1.0", .from = 2, .instead = [&](const Call& call) -> std::optional<Reply> {
                         Call other = call;
                         other.path = "/v2/shop/api/manifests/evil";
                         return stage.honest().answer(other);
                       }});
  stage.registry.forget_calls();
  const auto verdict = stage.with_store<Verdict>([&](ContentStore& store) -> Result<Verdict> {
    const auto resolved = store.resolve("1.0");
    if (!resolved) return fail(resolved.error());
    return verify(store, resolved->digest, {.keys = {stage.signer.public_key()}});
  });
  check_verified(verdict);
  CHECK(verdict->digest == stage.image.digest);
  CHECK_THAT(verdict->reference, Catch::EndsWith("@" + stage.image.digest.text()));
  CHECK(stage.registry.count("", "/manifests/1.0") == 1);
  // The digest it moved to is signed by nobody.
  check_refused(stage.verify(evil.digest), Outcome::unsigned_, "nothing signed this digest");
}

TEST_CASE("a document that is manifest and index at once, or says another type, is refused [attack 16]") {
  Stage stage;
  struct Case {
    std::string json;
    std::string_view content_type;
    const char* words;
  };
  const std::string config = R"("config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":")"
                             R"(sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2})";
  const auto [json, type, words] = GENERATE_COPY(values<Case>({
      {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"layers":[],)" +
           config + "}",
       kIndexType, "layers"},
      {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[],"layers":[],)" +
           config + "}",
       kManifestType, "manifests"},
      {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[],)" + config + "}",
       kIndexType, "application/vnd.oci.image.manifest.v1+json"},
      {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})", kManifestType,
       "application/vnd.oci.image.index.v1+json"},
      {R"({"schemaVersion":1,"name":"shop/api","tag":"1.0","fsLayers":[],"history":[]})",
       "application/vnd.docker.distribution.manifest.v1+prettyjws", "docker schema 1"},
      {R"({"schemaVersion":1,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[],)" + config + "}",
       kManifestType, "docker schema 1"},
  }));
  CAPTURE(json);
  const Descriptor document = stage.honest().add_manifest("shop/api", type, json, "odd");
  check_refused(stage.verify(document.digest, {.platform = Platform::parse("linux/amd64").value()}), Outcome::malformed,
                words);
  check_refused(stage.verify(document.digest, {.recursive = true}), Outcome::malformed, words);
}
