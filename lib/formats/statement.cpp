#include "formats/statement.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::formats {
namespace {

constexpr std::string_view kStatementV1 = "https://in-toto.io/Statement/v1";
constexpr std::string_view kStatementV01 = "https://in-toto.io/Statement/v0.1";

bool is_known_algorithm(std::string_view name) { return name == "sha256" || name == "sha384" || name == "sha512"; }

// in-toto's DigestSet, as far as we know its algorithms.
Result<std::vector<Digest>> digests_of(const base::JsonReader& subject) {
  HM_TRY(const auto set, subject.at("digest"));
  HM_DO(set.expect_object());
  const auto& members = *set.value().as_object();
  if (members.empty()) return fail(set.error("no digest"));
  if (members.size() > limits::subject_digests) return fail(set.error("too many digests for one subject"));
  std::vector<Digest> digests;
  for (const auto& [algorithm, value] : members) {
    const auto* hex = value.as_string();
    if (hex == nullptr) return fail(set.error(base::printable(algorithm) + ": expected a string"));
    if (!is_known_algorithm(algorithm)) continue;
    auto digest = Digest::parse(algorithm + ":" + *hex);
    if (!digest) return fail(set.error(digest.error().message()));
    digests.push_back(*std::move(digest));
  }
  return digests;
}

Result<Annotations> annotations_of(const base::JsonReader& subject) {
  Annotations annotations;
  if (!subject.has("annotations")) return annotations;
  HM_TRY(const auto given, subject.at("annotations"));
  HM_DO(given.expect_object());
  for (const auto& [key, value] : *given.value().as_object()) {
    if (const auto* text = value.as_string()) annotations.emplace(key, *text);
  }
  return annotations;
}

}  // namespace

std::string sign_statement(const Digest& subject, const Annotations& annotations) {
  // The fields, their order and the empty annotations are those of cosign 3's own statements.
  const auto digest = base::Json::object({{std::string(subject.algorithm_name()), subject.hex()}});
  auto said = base::Json::from(annotations);
  if (annotations.empty()) said = base::Json(base::Json::Object{});
  const auto named = base::Json::object({{"digest", digest}, {"annotations", said}});
  return base::Json::object({{"_type", kStatementV1},
                             {"subject", base::Json::Array{named}},
                             {"predicateType", kCosignSignPredicate},
                             {"predicate", base::Json::Object{}}})
      .dump();
}

Result<Claim> claim_of_statement(BytesView payload, const Digest& subject) {
  HM_TRY(const auto json, base::Json::parse(payload, "statement"));
  const base::JsonReader statement(json, "statement");
  HM_DO(statement.expect_object());
  HM_TRY(const std::string type, statement.string("_type"));
  if (type != kStatementV1 && type != kStatementV01) {
    return fail(
        statement.error("_type is \"" + base::printable(type) + "\", expected an in-toto statement v1 or v0.1"));
  }
  Claim claim;
  HM_TRY(claim.predicate_type, statement.string("predicateType"));
  if (claim.predicate_type.empty()) return fail(statement.error("predicateType is empty"));
  HM_TRY(const auto subjects, statement.array("subject"));
  if (subjects.empty()) return fail(statement.error("no subject"));
  if (subjects.size() > limits::statement_subjects) {
    return fail(statement.error("more than " + std::to_string(limits::statement_subjects) + " subjects"));
  }
  for (const auto& entry : subjects) {
    HM_DO(entry.expect_object());
    HM_TRY(auto digests, digests_of(entry));
    // in-toto's digest_set.md: two sets match when any of their fields matches.
    if (std::ranges::find(digests, subject) != digests.end()) {
      HM_TRY(auto annotations, annotations_of(entry));
      claim.annotations.merge(annotations);
    }
    std::ranges::move(digests, std::back_inserter(claim.subjects));
  }
  return claim;
}

}  // namespace hallmark::formats
