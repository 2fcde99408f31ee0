#include "base/limits.h"
#include "hallmark/format.h"
#include "policy/parse.h"

namespace hallmark::policy {
namespace {

std::optional<Pattern> parse_match(const Field& field, PolicyRule& into) {
  const auto match = field.need("match");
  if (!match) return std::nullopt;
  auto text = match->text();
  if (!text) return std::nullopt;
  auto pattern = Pattern::parse(*text);
  if (!pattern) {
    match->error(pattern.error().message());
    return std::nullopt;
  }
  into.match = *std::move(text);
  return *std::move(pattern);
}

void parse_mode(const Field& field, PolicyRule& into) {
  const auto mode = field.find("mode");
  if (!mode) return;
  const auto text = mode->text();
  if (!text) return;
  if (*text != "warn" && *text != "enforce") mode->error("expected enforce or warn");
  into.enforce = *text != "warn";
}

void parse_accept(const Field& field, PolicyRule& into) {
  if (!field.is_mapping_of({"digest", "until", "reason"})) return;
  const auto digest_field = field.need("digest");
  const auto until_field = field.need("until");
  const auto reason_field = field.need("reason");
  if (!digest_field || !until_field || !reason_field) return;
  auto digest = digest_field->digest();
  const auto until = until_field->time();
  auto reason = reason_field->text();
  if (digest && until && reason) {
    into.accept.push_back({*std::move(digest), *until, *std::move(reason), field.place()});
  }
}

void parse_attestation(const Field& field, PolicyRule& into) {
  if (const auto where = field.find("where")) {
    where->error("this version does not look into attestations: where cannot be used");
  }
  if (!field.is_mapping_of({"type", "by", "where"})) return;
  const auto type_field = field.need("type");
  const auto by_field = field.need("by");
  if (!type_field || !by_field) return;
  auto type = type_field->text();
  auto by = parse_requirement(*by_field);
  if (!type || !by) return;
  std::string uri = predicate_type_of(*type);
  if (uri.empty()) type_field->error("no type that cosign knows, and no URI");
  if (uri == kCosignSignPredicate) type_field->error("this is the type of a signature, which require asks for");
  into.attestations.push_back({*std::move(type), std::move(uri), *std::move(by), field.place()});
}

void parse_signatures(const Field& field, PolicyRule& into) {
  const auto text = field.text();
  if (!text) return;
  auto repository = Repository::parse(*text);
  if (repository) {
    into.signatures = *std::move(repository);
  } else {
    field.error(repository.error().message());
  }
}

void parse_max_age(const Field& field, PolicyRule& into) {
  into.max_age = field.duration();
  // Anchors of kind key are all there are, and no key proves when it signed.
  field.error("no anchor of this rule can prove when it signed: anchors that are keys cannot");
}

// What does not go together.
void check_parts(const Field& field, const PolicyRule& rule) {
  const bool require = field.find("require").has_value();
  const bool accept = field.find("accept").has_value();
  const bool reject = field.find("reject").has_value();
  if (int{require} + int{reject} > 1 || (accept && reject)) field.error("reject goes with neither require nor accept");
  if (!require && !accept && !reject) field.error("it demands nothing: expected require, accept or reject");
  for (const std::string_view key : {"attestations", "max-age", "signatures"}) {
    if (const auto part = field.find(key); part && !require) part->error("goes with require only");
  }
  if (rule.accept.size() > limits::rule_accepts) {
    field.error("more than the limit of " + std::to_string(limits::rule_accepts) + " accepted digests");
  }
}

void parse_demands(const Field& field, PolicyRule& into) {
  if (const auto require = field.find("require")) into.require = parse_requirement(*require);
  if (const auto attestations = field.find("attestations")) {
    for (const auto& item : attestations->items()) parse_attestation(item, into);
  }
  if (const auto max_age = field.find("max-age")) parse_max_age(*max_age, into);
  if (const auto accept = field.find("accept")) {
    for (const auto& item : accept->items_or_self()) parse_accept(item, into);
  }
  if (const auto reject = field.find("reject")) into.reject = reject->text();
  if (const auto signatures = field.find("signatures")) parse_signatures(*signatures, into);
}

}  // namespace

std::optional<std::pair<PolicyRule, Pattern>> parse_rule(const Field& field) {
  const bool known =
      field.is_mapping_of({"match", "require", "attestations", "accept", "reject", "mode", "max-age", "signatures"});
  if (field.value().as_mapping() == nullptr) return std::nullopt;
  PolicyRule rule;
  rule.place = field.place();
  auto pattern = parse_match(field, rule);
  parse_mode(field, rule);
  parse_demands(field, rule);
  if (known) check_parts(field, rule);
  if (!pattern) return std::nullopt;
  return std::pair(std::move(rule), *std::move(pattern));
}

}  // namespace hallmark::policy
