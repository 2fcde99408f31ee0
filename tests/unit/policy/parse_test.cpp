#include "hallmark/policy.h"

#include <catch2/catch.hpp>

#include "unit/policy/people.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

const std::string kTrust = "version: 1\ntrust:\n  a: {key: a}\n  b: {key: b}\n  c: {key: c}\n";
const std::string kRules = "rules:\n  - match: \"**\"\n    ";  // the demand stands in line 8 from column 5

// What check says of one file.
std::vector<std::string> problems_in(const std::string& text, const std::string& file = "p.yaml") {
  std::vector<std::string> texts;
  for (const auto& problem : Policy::check({{file, text}}))
    texts.push_back((problem.warning ? "warning " : "") + problem.text());
  return texts;
}

struct Case {
  std::string text;
  std::string problem;
};

void check_refused(const std::string& text, const std::string& problem) {
  const auto problems = problems_in(text);
  CAPTURE(text);
  REQUIRE_FALSE(problems.empty());
  CHECK_THAT(problems.front(), Catch::StartsWith("p.yaml:") && Catch::Contains(problem));
  const auto policy = Policy::load({{"p.yaml", text}});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().kind() == Outcome::config);
  CHECK_THAT(policy.error().message(), Catch::Contains(problem));
}

}  // namespace

TEST_CASE("the policy of the design is read as it stands there, but for what comes later") {
  const auto policy = load(R"(version: 1
trust:
  release:  {key: keys/release.pub, from: 2026-01-01, until: 2027-01-01}
  platform: {key: [keys/platform-a.pub, {pem: "-----BEGIN PUBLIC KEY-----"}]}
revoked: {digests: ["sha256:0000000000000000000000000000000000000000000000000000000000000000"], keys: [old.pub]}
cache: {admit: 12h, deny: 30s}
rules:
  - match: registry.acme.test/prod/**
    require: {at-least: 2, of: [release, platform]}
    attestations: [{type: slsaprovenance1, by: [platform]}]
    signatures: registry.acme.test/signatures
  - match: registry.acme.test/vendor/**
    require: {any: [release]}
    mode: warn
  - match: registry.acme.test/hotfix/api
    accept: {digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111", until: 2026-12-01T08:00:00Z, reason: "INC-4711, approved by two"}
  - match: "**"
    reject: nothing else runs here
)");
  REQUIRE(policy.anchors().size() == 2);
  CHECK(policy.anchors()[0].from == at(1767225600));
  CHECK(policy.anchors()[1].keys.at(1).kind == PolicyKey::Kind::pem);
  CHECK(policy.where(policy.anchors()[1].place) == "policy.yaml:4:3");
  REQUIRE(policy.rules().size() == 4);
  const auto& prod = policy.rules()[0];
  CHECK(prod.require->needed == 2);
  CHECK(prod.require->of.at(1).anchor == 1);
  CHECK(prod.attestations.at(0).predicate_type == "https://slsa.dev/provenance/v1");
  CHECK(prod.signatures->text() == "registry.acme.test/signatures");
  CHECK(prod.enforce);
  CHECK_FALSE(policy.rules()[1].enforce);
  CHECK(policy.rules()[2].accept.at(0).reason == "INC-4711, approved by two");
  CHECK(policy.rules()[3].reject == "nothing else runs here");
  CHECK(policy.cache().deny == std::chrono::seconds(30));
  CHECK(policy.revoked_digests().size() == 1);
  CHECK(policy.revoked_keys().at(0).text == "old.pub");
  CHECK(policy.where(policy.rules()[0].place) == "policy.yaml:8:5");
}

TEST_CASE("JSON and YAML of the same words are the same policy; .json must be JSON") {
  const std::string json =
      R"({"version": 1, "trust": {"a": {"key": "a"}}, "rules": [{"match": "**", "require": {"any": ["a"]}}]})";
  CHECK(load(json, "p.json").rules().size() == 1);
  CHECK(load(json, "p.yaml").rules().size() == 1);
  CHECK_THAT(problems_in(kTrust + kRules + "reject: x", "p.json").at(0), Catch::Contains("not strict JSON"));
}

TEST_CASE("a policy with an unknown or misspelt part is refused where it stands [attack 37]") {
  const auto [text, problem] = GENERATE(values<Case>({
      {"", "1:1: empty"},
      {"# nothing\n", "1:1: empty"},
      {"[]", "expected a mapping, found a list"},
      {"{}", "empty"},
      {"version: 1\n", "it holds nothing"},
      {"rules: [{match: \"**\", reject: x}]\n", "version is missing"},
      {"version: 2\nrules: [{match: \"**\", reject: x}]\n", "1:1: version: this program reads version 1"},
      {"version: \"1\"\nrules: []\n", "expected a number, found text"},
      {kTrust + "rule:\n  - match: x/y\n", "6:1: rule: unknown key; known are version"},
      {kTrust + "Rules: []\nrules: []\n", "7:1: duplicate key \"rules\""},
      {kTrust + "rules: []\n", "rules: an empty list"},
      {kTrust + "rules:\n", "rules: expected a list, found nothing"},
      {kTrust + "rules: [x]\n", "rules[0]: expected a mapping, found text"},
      {kTrust + kRules + "requir: {any: [a]}\n", "8:5: rules[0].requir: unknown key; known are match, require"},
      {kTrust + "rules:\n  - require: {any: [a]}\n", "rules[0]: match is missing"},
      {kTrust + "rules:\n  - match: \"**\"\n", "it demands nothing"},
      {"version: 1\ntrust: {}\n", "trust: empty"},
      {"version: 1\ntrust: {a: {key: a, form: 2026-01-01}}\n", "trust.a.form: unknown key"},
      {"version: 1\ntrust: {a: {}}\n", "trust.a: empty"},
      {"version: 1\ntrust: {a: {from: 2026-01-01}}\n", "trust.a: key is missing"},
      {"version: 1\ntrust: {a: {key: \"pkcs11:object=k?Pin-Value=hush\"}}\n", "a PIN stands in this key's reference"},
      {"version: 1\ntrust: {a: {key: []}}\n", "trust.a.key: an empty list"},
      {"version: 1\ntrust: {a: {key: \"\"}}\n", "trust.a.key: empty text"},
      {"version: 1\ntrust: {a: {key: 12}}\n", "trust.a.key: expected text (put it in quotes if it is), found a number"},
      {"version: 1\ntrust: {a: {key: no}}\n", "found what readers of YAML take for a number, a date or yes and no"},
      {"version: 1\ntrust: {a: {key: {file: x}}}\n", "trust.a.key.file: unknown key; known are pem"},
      {"version: 1\ntrust: {\"a b\": {key: x}}\n", "the name of an anchor is letters"},
      {"version: 1\ntrust: {a: x}\n", "trust.a: expected a mapping, found text"},
      {"version: 1\ntrust: {a: {key: a, from: soon}}\n", "trust.a.from: expected a date or time"},
      {"version: 1\ntrust: {a: {key: a, from: 1e3}}\n", "expected a date or time"},
      {"version: 1\ntrust: {a: {key: a, from: 2027-01-01, until: 2026-01-01}}\n", "until is before from"},
      {"version: 1\nrevoked: {digest: []}\n", "revoked.digest: unknown key; known are digests, keys"},
      {"version: 1\nrevoked: {digests: [sha256:00]}\n", "revoked.digests[0]: "},
      {"version: 1\ncache: {admit: 1 day}\n", "cache.admit: expected a time span like 90s"},
      {"version: 1\ncache: {admit: 60}\n", "expected a time span"},
      {"version: 1\nserial: -1\ncache: {admit: 1h}\n", "serial: expected a number of 0 or more"},
  }));
  check_refused(text, problem);
}

TEST_CASE("anchors and conditions of later versions are errors, never ignored [attack 37]") {
  const auto [text, problem] = GENERATE(values<Case>({
      {"version: 1\ntrust:\n  a: {keyless: {issuer: x, identity: y}}\n",
       "3:7: trust.a.keyless: this version verifies signatures by keys only"},
      {"version: 1\ntrust:\n  a: {x509: {store: x}}\n", "trust.a.x509: this version"},
      {"version: 1\ntrust:\n  a: {key: x, keyless: {issuer: x}}\n", "trust.a.keyless: this version"},
      {kTrust + kRules + "require: {any: [a]}\n    attestations: [{type: vuln, by: [a], where: {x: 1}}]\n",
       "attestations[0].where: this version does not look into attestations"},
      {kTrust + kRules + "require: {any: [a]}\n    max-age: 30d\n",
       "max-age: no anchor of this rule can prove when it signed"},
  }));
  check_refused(text, problem);
}

TEST_CASE("a requirement that says too little, too much or nothing is refused [attack 8, 37]") {
  const auto [demand, problem] = GENERATE(values<Case>({
      {"require: {any: []}", "require.any: an empty list"},
      {"require: {}", "require: empty"},
      {"require:", "require: expected any"},
      {"require: a", "require: expected any: […], all: […] or at-least"},
      {"require: {any: [a], all: [b]}", "expected exactly one of any"},
      {"require: {any: [a], of: [b]}", "expected exactly one of any"},
      {"require: {at-least: 1}", "expected exactly one of any"},
      {"require: {at-least: 0, of: [a]}", "0 would let anything in"},
      {"require: {at-least: -1, of: [a]}", "expected a number of 0 or more"},
      {"require: {at-least: 3, of: [a, b]}", "there are only 2 in the list"},
      {"require: {at-least: two, of: [a, b]}", "expected a number, found text"},
      {"require: {at-least: 0o2, of: [a, b]}", "expected a number, found what readers"},
      {"require: {any: [a, a]}", "anchor a is named twice"},
      {"require: {any: [d]}", "8:21: require: no anchor named d in trust"},
      {"require: {any: [[a]]}", "require.any[0]: expected text, found a list"},
      {"require: {any: [{any: [{any: [{any: [{any: [{any: [{any: [{any: [{any: [a]}]}]}]}]}]}]}]}]}",
       "nested deeper than the limit of 8"},
      {"require: {any: [a]}\n    reject: x", "reject goes with neither"},
      {"reject: \"\"", "reject: empty text"},
      {"reject: 2026-01-01", "expected text (put it in quotes"},
      {"reject: x\n    mode: permissive", "mode: expected enforce or warn"},
      {"reject: x\n    attestations: [{type: vuln, by: [a]}]", "attestations: goes with require only"},
      {"reject: x\n    signatures: registry.example/s", "signatures: goes with require only"},
      {"require: {any: [a]}\n    signatures: registry.example/s:1", "signatures: "},
      {"require: {any: [a]}\n    attestations: []", "attestations: an empty list"},
      {"require: {any: [a]}\n    attestations: [{type: vuln}]", "by is missing"},
      {"require: {any: [a]}\n    attestations: [{by: [a]}]", "type is missing"},
      {"require: {any: [a]}\n    attestations: [{type: vuln, by: []}]", "by: an empty list"},
      {"require: {any: [a]}\n    attestations: [{type: provenance, by: [a]}]", "no type that cosign knows, and no URI"},
      {"require: {any: [a]}\n    attestations: [{type: \"https://sigstore.dev/cosign/sign/v1\", by: [a]}]",
       "the type of a signature"},
      {"accept: {until: 2026-01-01, reason: x}", "digest is missing"},
      {"accept: {digest: \"sha256:00\", until: 2026-01-01, reason: x}", "accept.digest: "},
      {"accept: {digest: \"sha256:0000000000000000000000000000000000000000000000000000000000000000\", reason: x}",
       "until is missing"},
      {"accept: {digest: \"sha256:0000000000000000000000000000000000000000000000000000000000000000\", until: "
       "2026-01-01}",
       "reason is missing"},
      {"accept: []", "accept: an empty list"},
  }));
  check_refused(kTrust + kRules + demand + "\n", problem);
}

TEST_CASE("check tells everything that is wrong at once, in the order of the file") {
  const auto problems = problems_in(
      "version: 3\ntrust:\n  a: {key: 1}\n  b: {kay: b}\nrules:\n  - match: X/Y\n    reject: x\n  - match: a/b\n    "
      "require: {any: [z]}\nfoo: 1\n");
  REQUIRE(problems.size() == 6);
  CHECK_THAT(problems[0], Catch::StartsWith("p.yaml:1:1: version"));
  CHECK_THAT(problems[1], Catch::StartsWith("p.yaml:3:7: trust.a.key"));
  CHECK_THAT(problems[2], Catch::StartsWith("p.yaml:4:7: trust.b.kay"));
  CHECK_THAT(problems[3], Catch::StartsWith("p.yaml:6:5: rules[0].match: the path of a repository is lower case"));
  CHECK_THAT(problems[4], Catch::StartsWith("p.yaml:9:21: require: no anchor named z"));
  CHECK_THAT(problems[5], Catch::StartsWith("p.yaml:10:1: foo: unknown key"));
  const auto policy = Policy::load({{"p.yaml", "version: 3\nrules: []\n"}});
  CHECK_THAT(policy.error().message(), Catch::EndsWith("(and 1 more)"));
}

TEST_CASE("anchors that nobody asks for and rules that nothing matches are warnings") {
  CHECK(problems_in(kTrust + kRules + "require: {any: [a, b]}\n") ==
        std::vector<std::string>{"warning p.yaml:5:3: trust.c: no rule asks for this anchor"});
  const std::string shadowed = "version: 1\nrules:\n  - {match: r.test/*/**, reject: x}\n";
  CHECK(problems_in(shadowed + "  - {match: r.test/**/api, reject: x}\n") ==
        std::vector<std::string>{
            "warning p.yaml:4:5: match: more specific rules take every image that this one is about"});
  CHECK(problems_in(shadowed + "  - {match: r.test/*/api, reject: x}\n  - {match: \"**\", reject: x}\n").empty());
}

TEST_CASE("files add up, in any order") {
  const PolicySource trust{"b.yaml", "version: 1\ntrust: {a: {key: a}}\n"};
  const PolicySource rules{"a.yaml", "version: 1\nserial: 7\nrules: [{match: \"**\", require: {any: [a]}}]\n"};
  const PolicySource revoked{"c.yaml", "version: 1\nrevoked: {keys: [x]}\ncache: {admit: 1h}\n"};
  const auto one = Policy::load({trust, rules, revoked});
  const auto other = Policy::load({revoked, rules, trust});
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->hash() == other->hash());
  CHECK(one->serials() == std::vector<std::uint64_t>{0, 7, 0});
  CHECK(one->revoked_keys().size() == 1);
  CHECK(Policy::load({trust, rules})->hash() != one->hash());

  struct Both {
    std::string first, second, problem;
  };
  const auto [first, second, problem] = GENERATE(values<Both>({
      {"trust: {a: {key: a}}", "trust: {a: {key: b}}",
       "b.yaml:2:9: trust.a: there is an anchor of this name already: a.yaml:2:9"},
      {"cache: {admit: 1h}", "cache: {admit: 1h}", "b.yaml:2:1: cache: stands in another file already"},
      {"rules: [{match: x/y, reject: x}]", "rules: [{match: docker.io/x/y, reject: x}]",
       "b.yaml:2:9: match: as specific as the rule of a.yaml:2:9 (x/y), and one name can match both"},
      {"trust: {a: {key: a}}", "trust: {b: {key: b}}", "no file has a rule"},
  }));
  const auto merged =
      Policy::load({{"a.yaml", "version: 1\n" + first + "\n"}, {"b.yaml", "version: 1\n" + second + "\n"}});
  REQUIRE_FALSE(merged);
  CHECK_THAT(merged.error().message(), Catch::Contains(problem));
}
