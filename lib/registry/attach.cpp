#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "base/json.h"
#include "base/limits.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "registry/store.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

using std::chrono::milliseconds;

constexpr int kReadBacks = 6;  // a listing may lag behind the write

// What a listing says of a referrer. Source: distribution-spec, "Pushing Manifests with Subject".
Result<base::Json> entry_of(const Content& referrer) {
  Descriptor descriptor = referrer.descriptor;
  if (oci::media_type::is_index(descriptor.media_type)) {
    HM_TRY(oci::Index index, oci::Index::parse(referrer));
    descriptor.artifact_type = std::move(index.artifact_type);
    descriptor.annotations = std::move(index.annotations);
  } else {
    HM_TRY(oci::Manifest manifest, oci::Manifest::parse(referrer));
    descriptor.artifact_type =
        manifest.artifact_type.empty() ? std::move(manifest.config.media_type) : std::move(manifest.artifact_type);
    descriptor.annotations = std::move(manifest.annotations);
  }
  return oci::to_json(descriptor);
}

// Adds entries to a fallback index as JSON, so that whatever else others wrote into it stays. What was seen in it once
// is put back when it is missing later: another writer may be done already and would not notice.
class FallbackIndex {
 public:
  explicit FallbackIndex(const Digest& digest, base::Json entry) { entries_.emplace(digest.text(), std::move(entry)); }

  [[nodiscard]] Result<std::optional<TagEdit>> operator()(const std::optional<Content>& current) {
    base::Json index = base::Json::object(
        {{"schemaVersion", 2}, {"mediaType", oci::media_type::kIndex}, {"manifests", base::Json::Array()}});
    if (current) {
      HM_TRY(index, parsed(*current));
    }
    base::Json::Array listed;
    std::map<std::string, base::Json> missing = entries_;
    std::set<std::string> seen;
    for (const base::Json& entry : *index.find("manifests")->as_array()) {
      const base::Json* digest = entry.find("digest");
      const bool named = digest != nullptr && digest->is_string();
      if (named && !seen.insert(*digest->as_string()).second) continue;  // twice is once
      listed.push_back(entry);
      if (!named) continue;
      missing.erase(*digest->as_string());
      entries_.emplace(*digest->as_string(), entry);
    }
    if (missing.empty()) return std::nullopt;
    for (auto& [digest, entry] : missing) listed.push_back(std::move(entry));
    // Readers take no more, and some (hallmark's earlier ones among them) none of a list that has more.
    if (listed.size() > limits::index_manifests) return fail(full());
    index.set("manifests", std::move(listed));
    return TagEdit{std::string(oci::media_type::kIndex), to_bytes(index.dump())};
  }

 private:
  static Error full() {
    return Error(Outcome::malformed, "the list of what refers to this image is full: it has " +
                                         std::to_string(limits::index_manifests) + " entries or more")
        .with_hint("remove from the fallback tag what nobody needs, or sign with --signature-repository");
  }

  static Result<base::Json> parsed(const Content& current) {
    HM_TRY(const auto checked, oci::Index::parse_start(current));
    if (checked.left_out > 0) return fail(full());
    HM_TRY(base::Json json, base::Json::parse(current.bytes, "referrers index"));
    if (json.find("manifests") == nullptr || !json.find("manifests")->is_array())
      json.set("manifests", base::Json::Array());
    json.set("mediaType", oci::media_type::kIndex);
    return json;
  }

  std::map<std::string, base::Json> entries_;
};

}  // namespace

Result<RegistryStore::Listed> RegistryStore::read_back(const Endpoint& endpoint, const Digest& referrer,
                                                       const Digest& subject, bool promised) const {
  milliseconds pause = parts_.tuning.pause;
  for (int tries = 0;; ++tries) {
    HM_TRY(const auto found, listed(endpoint, subject, ""));
    if (!found) return Listed::no_api;
    const bool there =
        std::ranges::any_of(found->descriptors, [&](const Descriptor& d) { return d.digest == referrer; });
    if (there) return Listed::there;
    if (found->incomplete) return fail(*found->incomplete);
    if (tries == (promised ? kReadBacks : kReadBacks / 2) || parts_.clock.steady() + pause > deadline_)
      return Listed::missing;
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

Result<Descriptor> RegistryStore::attach(const Content& referrer, const Descriptor& subject) {
  const Digest& digest = referrer.descriptor.digest;
  const std::string doing = "writing " + repository_.text() + "@" + digest.text();
  HM_TRY(base::Json entry, entry_of(referrer));
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  auto answer = send_patiently(*endpoint, digest.text(), referrer.descriptor.media_type, referrer.bytes);
  if (!answer) return fail(answer.error().within(doing));
  HM_TRY(const Descriptor written,
         published(*endpoint, *answer, referrer.descriptor.media_type, referrer.bytes, doing));
  // "A registry that processed the subject field MUST set OCI-Subject"; some have the API and do not say so.
  const std::string* processed = answer->response.headers.find("OCI-Subject");
  if (processed != nullptr && trim(*processed) != subject.digest.text())
    return fail(Outcome::malformed, doing + ": registry " + endpoint->host + " took it for a referrer of " +
                                        base::printable(*processed, 100));
  HM_TRY(const Listed listing, read_back(*endpoint, digest, subject.digest, processed != nullptr));
  if (listing == Listed::missing)
    return fail(Outcome::malformed, doing + ": registry " + endpoint->host +
                                        " took it but does not list it among the "
                                        "referrers of " +
                                        subject.digest.text());
  if (listing == Listed::there) return referrer.descriptor;
  FallbackIndex index(digest, std::move(entry));
  HM_DO(edit_tag(subject.digest.tag(), [&](const std::optional<Content>& current) { return index(current); }));
  return referrer.descriptor;
}

}  // namespace hallmark::registry
