#include "cmd/common/json_report.h"

#include "hallmark/outcome.h"

namespace hallmark::cmd {

using base::Json;

namespace {

std::string_view word_of(Check::State state) {
  switch (state) {
    case Check::State::passed:
      return "passed";
    case Check::State::failed:
      return "failed";
    case Check::State::skipped:
      return "skipped";
  }
  return "skipped";
}

// Nothing of what is published: that is what a signature is when nothing is said.
std::string_view word_of(Signed::State state) {
  switch (state) {
    case Signed::State::published:
      break;
    case Signed::State::stored:
      return "stored";
    case Signed::State::unknown:
      return "unknown";
  }
  return {};
}

// Sizes and counts: those of real images fit int64 by far.
Json number(std::uint64_t value) { return Json(static_cast<std::int64_t>(value)); }

Json texts(const std::vector<std::string>& values) { return Json(Json::Array(values.begin(), values.end())); }

void set_unless_empty(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json.set(key, value);
}

Json finding_json(const Finding& finding) {
  Json json =
      Json::object({{"format", name(finding.format)}, {"source", finding.source}, {"outcome", word(finding.outcome)}});
  set_unless_empty(json, "key", finding.key);
  set_unless_empty(json, "predicate_type", finding.predicate_type);
  set_unless_empty(json, "reason", finding.reason);
  if (!finding.annotations.empty()) json.set("annotations", Json::from(finding.annotations));
  Json::Array checks;
  for (const Check& check : finding.checks) {
    Json entry = Json::object({{"name", check.name}, {"state", word_of(check.state)}});
    set_unless_empty(entry, "detail", check.detail);
    checks.push_back(std::move(entry));
  }
  json.set("checks", std::move(checks));
  return json;
}

Json node_json(const PolicyNode& node) {
  Json json = Json::object({{"text", node.text}, {"met", node.met}});
  if (node.needed > 0) json.set("needed", number(node.needed));
  set_unless_empty(json, "detail", node.detail);
  if (node.proof) json.set("finding", number(*node.proof));
  Json::Array parts;
  for (const PolicyNode& part : node.of) parts.push_back(node_json(part));
  if (!parts.empty()) json.set("of", std::move(parts));
  return json;
}

Json explanation_json(const PolicyExplanation& explained) {
  Json json = Json::object({{"mode", explained.warns ? "warn" : "enforce"}});
  set_unless_empty(json, "rule", explained.rule);
  set_unless_empty(json, "place", explained.place);
  json.set("tree", node_json(explained.tree));
  return json;
}

Json descriptor_json(const Descriptor& descriptor) {
  Json json = Json::object(
      {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", number(descriptor.size)}});
  set_unless_empty(json, "artifactType", descriptor.artifact_type);
  if (!descriptor.annotations.empty()) json.set("annotations", Json::from(descriptor.annotations));
  return json;
}

Json attached_json(const Attached& attached) {
  Json json = Json::object({{"kind", attached.kind},
                            {"format", attached.format},
                            {"found_by", attached.found_by},
                            {"descriptor", descriptor_json(attached.descriptor)}});
  set_unless_empty(json, "predicate_type", attached.predicate_type);
  set_unless_empty(json, "key_hint", attached.key_hint);
  set_unless_empty(json, "docker_reference", attached.docker_reference);
  if (!attached.annotations.empty()) json.set("annotations", Json::from(attached.annotations));
  if (!attached.log_entries.empty()) json.set("log_entries", texts(attached.log_entries));
  if (attached.problem) json.set("problem", attached.problem->message());
  return json;
}

// What every image of an inspection has, without the outcome that stands on the document alone.
void add_inspection(Json& json, const Inspection& inspection) {
  json.set("reference", inspection.reference);
  json.set("image", descriptor_json(inspection.image));
  if (inspection.image.platform) json.set("platform", inspection.image.platform->text());
  Json::Array attached;
  for (const Attached& one : inspection.attached) attached.push_back(attached_json(one));
  json.set("attached", std::move(attached));
  Json::Array children;
  for (const Inspection& child : inspection.children) {
    Json entry{Json::Object()};
    add_inspection(entry, child);
    children.push_back(std::move(entry));
  }
  if (!children.empty()) json.set("children", std::move(children));
  Json::Array problems;
  for (const Error& problem : inspection.problems) problems.push_back(problem.message());
  if (!problems.empty()) json.set("problems", std::move(problems));
}

}  // namespace

Json done() { return Json::object({{"outcome", "done"}, {"exit_code", 0}}); }

Json to_json(const Error& error, std::string_view reference) {
  Json json = Json::object({{"outcome", word(error.kind())}, {"exit_code", exit_code(error.kind())}});
  set_unless_empty(json, "reference", std::string(reference));
  json.set("reason", error.message());
  set_unless_empty(json, "cause", std::string(word(error.cause())));
  set_unless_empty(json, "hint", error.hint());
  return json;
}

Json to_json(const Verdict& verdict) {
  Json json = Json::object({{"outcome", word(verdict.outcome)},
                            {"exit_code", verdict.admitted ? 0 : exit_code(verdict.outcome)},
                            {"admitted", verdict.admitted},
                            {"reference", verdict.reference},
                            {"digest", verdict.digest.text()}});
  if (verdict.policy) json.set("enforced", verdict.enforced);
  if (verdict.platform) json.set("platform", verdict.platform->text());
  set_unless_empty(json, "reason", verdict.reason);
  set_unless_empty(json, "hint", verdict.hint);
  Json::Array findings;
  for (const Finding& finding : verdict.findings) findings.push_back(finding_json(finding));
  json.set("findings", std::move(findings));
  if (verdict.policy) json.set("policy", explanation_json(*verdict.policy));
  Json::Array children;
  for (const Verdict& child : verdict.children) children.push_back(to_json(child));
  if (!children.empty()) json.set("children", std::move(children));
  return json;
}

Json to_json(const std::vector<Signed>& signatures) {
  Json::Array list;
  for (const Signed& made : signatures) {
    list.push_back(Json::object({{"digest", made.digest.text()},
                                 {"manifest", made.manifest.text()},
                                 {"format", name(made.format)},
                                 {"key", made.key}}));
    set_unless_empty(list.back(), "state", std::string(word_of(made.state)));
  }
  return Json(std::move(list));
}

Json to_json(const Inspection& inspection) {
  Json json = done();
  if (const auto missing = incompleteness(inspection)) json = to_json(*missing, "");
  add_inspection(json, inspection);
  return json;
}

Json to_json(const CopyResult& result) {
  return Json::object({{"image", descriptor_json(result.image)},
                       {"manifests", number(result.manifests)},
                       {"blobs_copied", number(result.blobs_copied)},
                       {"blobs_present", number(result.blobs_present)},
                       {"bytes_copied", number(result.bytes_copied)},
                       {"referrers", number(result.referrers)},
                       {"signature_tags", number(result.signature_tags)},
                       {"skipped", texts(result.skipped)}});
}

}  // namespace hallmark::cmd
