// The program itself, when the world around it fails.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "base/json.h"
#include "base/limits.h"
#include "formats/simple_signing.h"
#include "hostile/bounds.h"
#include "hostile/stage.h"
#include "support/key_vectors.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

// An image in a registry and the built program. Where it was not built, tests are skipped.
struct Scene {
  explicit Scene(StageOptions options = {}) : stage(options) {
    if (program) key = folder.put("release.pub", stage.signer.public_key().pem());
  }
  [[nodiscard]] bool ready() const {
    if (!program) WARN("SKIPPED: the program hallmark was not built");
    return program.has_value();
  }
  [[nodiscard]] std::string reference() const { return stage.repository().text() + "@" + stage.image.digest.text(); }
  [[nodiscard]] ProgramOptions environment() const { return {.environment = {{"HOME", folder.path().string()}}}; }
  ProgramRun verify(ProgramOptions options, const std::vector<std::string>& more = {}) const {
    options.environment.emplace("HOME", folder.path().string());
    std::vector<std::string> arguments{*program, "verify", "--timeout", "8s", "--key", key.string(), "-o", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(reference());
    return run_program(arguments, options);
  }

  Stage stage;
  TemporaryFolder folder;
  std::filesystem::path key;
  std::optional<std::string> program = built_hallmark();
};

// Refused within 10 seconds and 256 MiB, by the program's own decision.
void check_refused(const ProgramRun& run, Outcome outcome, const std::string& words) {
  INFO(run.out << run.err);
  CHECK(run.exit_code == exit_code(outcome));
  check_bounded(run);
  CHECK_THAT(run.out + run.err, Catch::Contains(words));
}

// The names of the checks that passed, of the signature that satisfied.
std::set<std::string> passed_checks(const std::string& json) {
  std::set<std::string> names;
  const auto parsed = base::Json::parse(as_bytes(json), "output");
  if (!parsed) return names;
  const auto* findings = parsed->find("findings") != nullptr ? parsed->find("findings") : parsed->find("signatures");
  if (findings == nullptr || !findings->is_array()) return names;
  for (const auto& finding : *findings->as_array()) {
    const auto* checks = finding.find("checks");
    if (checks == nullptr || !checks->is_array()) continue;
    for (const auto& check : *checks->as_array()) {
      const auto* state = check.find("state") != nullptr ? check.find("state") : check.find("result");
      if (state != nullptr && state->as_string() != nullptr && *state->as_string() == "passed")
        names.insert(*check.find("name")->as_string());
    }
  }
  return names;
}

bool skipped_if_sanitized() {
  if (test::sanitized) WARN("SKIPPED: not in a build with sanitizers");
  return test::sanitized;
}

std::string fault_library() {
  return (std::filesystem::path(std::getenv("HALLMARK_BUILD")) / "tests/hostile/libfault.so").string();
}

ProgramOptions with_fault(const std::string& function, long nth, const std::filesystem::path& count = {}) {
  return {.environment = {{"LD_PRELOAD", fault_library()},
                          {"HALLMARK_TEST_FAULT", function + ":" + std::to_string(nth)},
                          {"HALLMARK_TEST_FAULT_COUNT", count.string()}}};
}

// Positions to fail at: all of the first 24, then ever fewer.
std::vector<long> positions(long calls) {
  std::vector<long> list;
  for (long nth = 1; nth <= calls; nth += std::max(1L, nth < 24 ? 1 : nth / 6)) list.push_back(nth);
  return list;
}

}  // namespace

TEST_CASE("a closed or full standard output never gives exit 0 [attack 45]") {
  const Scene scene;
  if (!scene.ready()) return;
  Scene signed_scene;
  REQUIRE(signed_scene.stage.sign(Format::bundle, signed_scene.stage.image.digest));
  CHECK(signed_scene.verify({}).exit_code == 0);
  const ProgramRun full = signed_scene.verify({.standard_output = "/dev/full"});
  check_refused(full, Outcome::internal, "standard output");
  const ProgramRun closed = signed_scene.verify({.close_standard_output = true});
  INFO(closed.err);
  CHECK(closed.exit_code != 0);
  CHECK(closed.signal == 0);
  for (const auto* command : {"version", "--help"}) {
    const ProgramRun run = run_program({*scene.program, command}, {.standard_output = "/dev/full"});
    CHECK(run.exit_code > 0);
  }
}

TEST_CASE("too little memory never gives exit 0 for an unsigned image [attack 45]") {
  const Scene scene;
  if (!scene.ready() || skipped_if_sanitized()) return;
  for (std::size_t mib = 16; mib <= 512; mib *= 2) {
    const ProgramRun run = scene.verify({.address_space = mib << 20});
    CAPTURE(mib, run.exit_code, run.signal, run.err);
    CHECK(run.exit_code != 0);
    CHECK((run.signal == 0 || run.signal == SIGABRT));
  }
}

TEST_CASE(
    "endless and huge answers cost the program neither 10 seconds nor 256 MiB [attack 20][attack 21][attack 23]") {
  const Scene scene;
  if (!scene.ready()) return;
  auto& registry = const_cast<LyingRegistry&>(scene.stage.registry);
  const std::string index(kIndexType);
  std::string million = R"({"schemaVersion":2,"manifests":[{})";
  for (int i = 0; i < 1'000'000; ++i) million += ",{}";
  million += "]}";
  struct Case {
    Reply reply;
    const char* words;
  };
  const std::vector<Case> cases{
      {{.body = std::string(1u << 20, ' '), .content_type = index, .endless = true}, "more than"},
      {{.body = std::string(1u << 20, ' '), .content_type = index, .declared_length = 10ull << 30}, "more than"},
      {{.body = std::string(1'000'000, '['), .content_type = index}, "nested deeper than the limit of 64"},
      {{.body = million, .content_type = index}, "limit"},
  };
  for (const auto& one : cases) {
    registry.be_honest();
    registry.answer("GET", "/referrers/", one.reply);
    check_refused(scene.verify({}), Outcome::malformed, one.words);
  }
}

TEST_CASE("two thousand signatures by others cost the program neither 10 seconds nor 256 MiB [attack 20]") {
  Scene scene;
  if (!scene.ready()) return;
  TestSigner stranger = TestSigner::generate();
  std::vector<Descriptor> layers;
  for (int i = 0; i < 1'000; ++i) {
    const std::string payload =
        formats::simple_signing_payload(scene.stage.image.digest, "x", {{"n", std::to_string(i)}});
    scene.stage.honest().add_blob("shop/api", formats::kSimpleSigningType, payload);
    layers.push_back(formats::simple_signature_layer(as_bytes(payload), stranger.sign(as_bytes(payload)).value()));
  }
  const Descriptor config = scene.stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json", "{}");
  scene.stage.add_manifest("shop/api", scene.stage.image.digest.tag() + ".sig", config, layers);
  check_refused(scene.verify({}), Outcome::untrusted, "no signature by a trusted key");
}

TEST_CASE("eight images with 70 MiB of signatures each, of one list, take neither 10 seconds nor 256 MiB [attack 20]") {
  Scene scene;
  if (!scene.ready() || skipped_if_sanitized()) return;
  TestSigner stranger = TestSigner::generate();
  const std::string filler(limits::payload_bytes - 4'096, 'x');
  std::vector<Descriptor> layers;
  for (int i = 0; i < 70; ++i) {
    const std::string payload =
        formats::simple_signing_payload(scene.stage.image.digest, "x", {{"n", std::to_string(i) + filler}});
    scene.stage.honest().add_blob("shop/api", formats::kSimpleSigningType, payload);
    layers.push_back(formats::simple_signature_layer(as_bytes(payload), stranger.sign(as_bytes(payload)).value()));
  }
  const Descriptor config = scene.stage.honest().add_blob("shop/api", "application/vnd.oci.image.config.v1+json", "{}");
  scene.stage.add_manifest("shop/api", scene.stage.image.digest.tag() + ".sig", config, layers);
  std::string list;
  for (int i = 0; i < 7; ++i) list += scene.reference() + "\n";
  const auto file = scene.folder.put("images.txt", list);
  check_refused(scene.verify({}, {"--from-file", file.string()}), Outcome::malformed, "looked at 64 MiB");
}

TEST_CASE("no single failing call lets an unsigned or falsely signed image pass [attack 47]") {
  Scene scene;
  if (!scene.ready() || skipped_if_sanitized()) return;
  // Sound in all but one thing: the signature is by another key under our hint.
  TestSigner stranger = TestSigner::generate();
  REQUIRE(scene.stage.sign_as(stranger, Format::bundle, scene.stage.image.digest));
  const auto count = scene.folder / "count";
  std::size_t runs = 0;
  for (const auto* function :
       {"malloc", "read", "recv", "send", "EVP_MD_CTX_new", "EVP_DigestInit_ex2", "EVP_DigestUpdate",
        "EVP_DigestFinal_ex", "EVP_Digest", "EVP_DigestVerifyInit", "EVP_DigestVerify", "d2i_PUBKEY", "d2i_PUBKEY_ex",
        "i2d_PUBKEY", "EVP_EncodeBlock", "EVP_DecodeBlock"}) {
    const ProgramRun plain = scene.verify(with_fault(function, 0, count));
    check_refused(plain, Outcome::untrusted, "another key");
    for (const long nth : positions(std::atol(text_of(count).c_str()))) {
      const ProgramRun run = scene.verify(with_fault(function, nth));
      ++runs;
      CAPTURE(function, nth, run.exit_code, run.signal, run.out, run.err);
      REQUIRE(run.exit_code != 0);
      CHECK((run.signal == 0 || run.signal == SIGABRT));
    }
  }
  CHECK(runs > 40);
}

TEST_CASE("a failing call never makes a check disappear from a good image's verdict [attack 47]") {
  Scene scene;
  if (!scene.ready() || skipped_if_sanitized()) return;
  REQUIRE(scene.stage.sign(Format::bundle, scene.stage.image.digest));
  const ProgramRun plain = scene.verify({});
  REQUIRE(plain.exit_code == 0);
  const auto expected = passed_checks(plain.out);
  REQUIRE(expected.count("signature") + expected.count("subject") == 2);
  const auto count = scene.folder / "count";
  for (const auto* function : {"malloc", "read", "recv", "EVP_MD_CTX_new", "EVP_DigestUpdate", "EVP_DigestFinal_ex",
                               "EVP_Digest", "EVP_DigestVerifyInit", "EVP_DigestVerify", "EVP_DecodeBlock"}) {
    REQUIRE(scene.verify(with_fault(function, 0, count)).exit_code == 0);
    for (const long nth : positions(std::atol(text_of(count).c_str()))) {
      const ProgramRun run = scene.verify(with_fault(function, nth));
      CAPTURE(function, nth, run.exit_code, run.signal, run.out, run.err);
      if (run.exit_code == 0) {
        REQUIRE(passed_checks(run.out) == expected);
      } else {
        CHECK((run.signal == 0 || run.signal == SIGABRT));
      }
    }
  }
}

TEST_CASE("keys that cannot or must not be used are refused, each for its own reason [attack 48]") {
  const Scene scene;
  if (!scene.ready()) return;
  const std::string good = key_text("p256.pkcs8.pem");
  const auto put = [&](const char* name, const std::string& text, ::mode_t mode) {
    const auto file = scene.folder.put(name, text);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file.string();
  };
  struct Case {
    std::string file;
    std::string password;
    const char* words;
  };
  const std::vector<Case> cases{
      {put("open.key", good, 0644), "", "other"},
      {put("truncated.key", good.substr(0, good.size() / 2), 0600), "", "PEM"},
      {put("two.key", good + good, 0600), "", "expected exactly one"},
      {put("certificate.key", key_text("refused-certificate.pem"), 0600), "", "certificate"},
      {put("public.key", key_text("p256.pub.pem"), 0600), "", "public"},
      {put("cosign.key", key_text("cosign.key"), 0600), "not-the-password-7c1", "password"},
      {put("none.key", "", 0600), "", "none.key"},
      {(scene.folder / "missing.key").string(), "", "no such file"},
  };
  for (const auto& one : cases) {
    ProgramOptions options = scene.environment();
    options.environment["HALLMARK_PASSWORD"] = one.password;
    const ProgramRun run =
        run_program({*scene.program, "sign", "--verbose", "-o", "json", "--key", one.file, scene.reference()}, options);
    CAPTURE(one.file);
    check_refused(run, Outcome::key, one.words);
    if (!one.password.empty()) CHECK((run.out + run.err).find(one.password) == std::string::npos);
    CHECK((run.out + run.err).find("BEGIN") == std::string::npos);
    CHECK((run.out + run.err).find(good.substr(40, 30)) == std::string::npos);
  }
  CHECK(scene.stage.registry.count("PUT") == 0);
}

TEST_CASE("neither password nor token stands in what --verbose prints [attack 48]") {
  Scene scene;
  if (!scene.ready()) return;
  const std::string secret = "hunter2-the-secret";
  const auto key = scene.folder.put("release.key", key_text("p256.pkcs8.pem"));
  REQUIRE(::chmod(key.c_str(), 0600) == 0);
  scene.folder.put(".docker/config.json", R"({"auths":{")" + scene.stage.registry.authority() +
                                              R"(":{"username":"alice","password":")" + secret + R"("}}})");
  scene.stage.registry.tell({.target = "/v2/", .instead = [&](const Call& call) -> std::optional<Reply> {
                               if (!call.header("authorization").empty()) return std::nullopt;
                               Reply reply = error_reply(401, "UNAUTHORIZED");
                               reply.set("WWW-Authenticate", "Basic realm=\"r\"");
                               return reply;
                             }});
  const ProgramRun run =
      run_program({*scene.program, "sign", "--verbose", "--key", key.string(), scene.reference()}, scene.environment());
  INFO(run.out << run.err);
  CHECK(run.exit_code == 0);
  for (const auto& text : {secret, std::string("YWxpY2U6"), std::string("Basic ")})
    CHECK((run.out + run.err).find(text) == std::string::npos);
}
