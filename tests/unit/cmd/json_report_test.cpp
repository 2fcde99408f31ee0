#include "cmd/common/json_report.h"

#include <catch2/catch.hpp>

#include "cmd/common/text_report.h"

using namespace hallmark;
using namespace hallmark::cmd;

namespace {
const Digest kDigest = Digest::of(as_bytes("image"));

Verdict verdict_of(Outcome outcome, bool admitted) {
  return {.reference = "registry.example/app:1",
          .digest = kDigest,
          .outcome = outcome,
          .admitted = admitted,
          .reason = admitted ? "" : "no signature by a trusted key",
          .hint = admitted ? "" : "inspect it",
          .findings = {},
          .children = {},
          .platform = {}};
}

Descriptor descriptor() { return {.media_type = "m", .digest = kDigest, .size = 1}; }
}  // namespace

TEST_CASE("a refusal and a failure have the same fields") {
  const Verdict verdict = verdict_of(Outcome::untrusted, false);
  const base::Json refused = to_json(verdict);
  const base::Json failed =
      to_json(Error(Outcome::unreachable, "no route").with_hint("try later"), "registry.example/app:1");
  for (const auto* json : {&refused, &failed})
    for (const char* key : {"outcome", "exit_code", "reference", "reason", "hint"}) CHECK(json->find(key) != nullptr);
  CHECK(*refused.find("exit_code")->as_integer() == 12);
  CHECK(*failed.find("exit_code")->as_integer() == 20);
  CHECK(*failed.find("outcome")->as_string() == "unreachable");
}

TEST_CASE("an admitted image exits 0 whatever its outcome word") {
  const Verdict verdict = verdict_of(Outcome::untrusted, true);
  CHECK(*to_json(verdict).find("exit_code")->as_integer() == 0);
}

TEST_CASE("a finding's checks are listed with their states") {
  Finding finding;
  finding.format = Format::bundle;
  finding.source = "sha256:00";
  finding.key = "9c1e";
  finding.outcome = Outcome::verified;
  finding.checks = {{"signature", Check::State::passed, "ecdsa-p256"}, {"log", Check::State::skipped, ""}};
  Verdict verdict = verdict_of(Outcome::verified, true);
  verdict.findings = {finding};
  CHECK(
      to_json(verdict).find("findings")->dump() ==
      R"([{"format":"bundle","source":"sha256:00","outcome":"verified","key":"9c1e","checks":[{"name":"signature","state":"passed","detail":"ecdsa-p256"},{"name":"log","state":"skipped"}]}])");
}

TEST_CASE("the tree of an inspection shows problems beside what was found") {
  Inspection child{.reference = "", .image = descriptor(), .attached = {}, .children = {}, .problems = {}};
  child.image.platform = Platform{"linux", "amd64", ""};
  Inspection inspection = child;
  inspection.reference = "registry.example/app";
  inspection.attached.push_back({.kind = "signature",
                                 .format = "bundle",
                                 .descriptor = descriptor(),
                                 .found_by = "referrers API",
                                 .predicate_type = "",
                                 .key_hint = "0123456789abcdef",
                                 .log_entries = {},
                                 .problem = std::nullopt,
                                 .annotations = {{"stage", "dev\x1b"}},
                                 .docker_reference = "acme.test/app"});
  inspection.problems.emplace_back(Outcome::unreachable, "the .att tag: timed\nout");
  inspection.children.push_back(child);
  const auto lines = tree_of(inspection);
  REQUIRE(lines.size() == 4);
  CHECK_THAT(lines[1], Catch::Contains("├─ signature  bundle  sha256:") && Catch::Contains("key 0123456789ab…") &&
                           Catch::Contains("for acme.test/app  stage=dev\\x1b") && Catch::Contains("(referrers API)"));
  const auto said = *to_json(inspection).find("attached")->as_array();
  CHECK(*to_json(inspection).find("outcome")->as_string() == "unreachable");
  CHECK(to_json(child).find("exit_code")->dump() == "0");
  CHECK(*said.at(0).find("docker_reference")->as_string() == "acme.test/app");
  CHECK_THAT(lines[2], Catch::Contains("├─ PROBLEM: the .att tag: timed\\x0aout"));
  CHECK_THAT(lines[3], Catch::Contains("└─ linux/amd64") && Catch::Contains("nothing attached"));
}
