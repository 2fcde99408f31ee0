#include "formats/log_entry.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::formats {
namespace {

constexpr std::string_view kBundleAnnotation = "dev.sigstore.cosign/bundle";

// The kind stands in the body, which is a document of the log's own making; one that cannot be read has none.
std::string kind_of_body(BytesView body) {
  const auto json = base::Json::parse(body, "log entry");
  if (!json) return {};
  const auto* kind = json->find("kind");
  return kind != nullptr && kind->as_string() != nullptr ? *kind->as_string() : std::string();
}

Result<std::int64_t> integer_or_zero(const base::JsonReader& json, std::string_view key) {
  if (!json.has(key)) return 0;
  HM_TRY(const auto number, json.integer(key));
  if (number < 0) return fail(json.error(std::string(key) + " is negative"));
  return number;
}

Result<LogEntry> entry_of(const base::JsonReader& json) {
  HM_DO(json.expect_object());
  LogEntry entry;
  HM_TRY(const auto index, integer_or_zero(json, "logIndex"));
  entry.log_index = static_cast<std::uint64_t>(index);
  HM_TRY(entry.integrated_time, integer_or_zero(json, "integratedTime"));
  if (json.has("logId")) {
    HM_TRY(const auto id, json.at("logId"));
    HM_DO(id.expect_object());
    if (id.has("keyId")) {
      HM_TRY(const auto key, id.base64("keyId"));
      entry.log_id = base::hex_encode(key);
    }
  }
  if (json.has("kindVersion")) {
    HM_TRY(const auto kind, json.at("kindVersion"));
    HM_TRY(entry.kind, kind.string_or("kind", ""));
  }
  return entry;
}

}  // namespace

Result<std::vector<LogEntry>> log_entries_of_annotations(const Annotations& annotations) {
  std::vector<LogEntry> entries;
  const auto found = annotations.find(std::string(kBundleAnnotation));
  if (found == annotations.end() || found->second.empty()) return entries;
  HM_TRY(const auto json, base::Json::parse(as_bytes(found->second), "annotation " + std::string(kBundleAnnotation)));
  if (json.is_null()) return entries;
  const base::JsonReader bundle(json, "annotation " + std::string(kBundleAnnotation));
  HM_TRY(const auto payload, bundle.at("Payload"));
  HM_DO(payload.expect_object());
  LogEntry entry;
  HM_TRY(const auto index, integer_or_zero(payload, "logIndex"));
  entry.log_index = static_cast<std::uint64_t>(index);
  HM_TRY(entry.integrated_time, integer_or_zero(payload, "integratedTime"));
  HM_TRY(entry.log_id, payload.string_or("logID", ""));
  HM_TRY(const auto body, payload.base64("body"));
  entry.kind = kind_of_body(body);
  entries.push_back(std::move(entry));
  return entries;
}

Result<std::vector<LogEntry>> log_entries_of_material(const base::JsonReader& material) {
  HM_TRY(const auto list, material.array("tlogEntries"));
  if (list.size() > limits::log_entries) {
    return fail(material.error("more than " + std::to_string(limits::log_entries) + " log entries"));
  }
  std::vector<LogEntry> entries;
  for (const auto& json : list) {
    HM_TRY(auto entry, entry_of(json));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace hallmark::formats
