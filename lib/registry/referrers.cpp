#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "registry/link_header.h"
#include "registry/registry_error.h"
#include "registry/store.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

bool is_index_answer(const net::Response& response) {
  const std::string* field = response.headers.find("Content-Type");
  return field != nullptr &&
         lower(trim(std::string_view(*field).substr(0, field->find(';')))) == oci::media_type::kIndex;
}

Result<std::vector<Descriptor>> descriptors_of(const net::Response& response) {
  const Content content{
      Descriptor{std::string(oci::media_type::kIndex), Digest::of(response.body), response.body.size()}, response.body};
  HM_TRY(oci::Index index, oci::Index::parse(content));
  return std::move(index.manifests);
}

// Adds what is new; an entry listed twice is one.
std::optional<Error> add(Referrers& all, std::set<Digest>& seen, std::vector<Descriptor> page) {
  for (Descriptor& descriptor : page) {
    if (!seen.insert(descriptor.digest).second) continue;
    if (all.descriptors.size() == limits::index_manifests)
      return Error(Outcome::malformed, "more than " + std::to_string(limits::index_manifests) + " referrers");
    all.descriptors.push_back(std::move(descriptor));
  }
  return std::nullopt;
}

}  // namespace

// The next page is asked from where the listing began and from nowhere else: a Link cannot send us about.
Result<std::string> RegistryStore::next_page(const Endpoint& endpoint, const net::Response& response) const {
  HM_TRY(const auto next, next_link(response.headers.all("Link")));
  if (!next) return std::string();
  HM_TRY(std::string target, net::resolve_url(response.url, *next));
  HM_TRY(const std::string origin, net::origin_of(target));
  if (origin != endpoint.origin)
    return fail(Outcome::malformed, "registry " + endpoint.host + " sends us to " + net::redacted(target) +
                                        " for the next page, which is another server");
  return target;
}

// Source: distribution-spec, "Listing Referrers". Not every server that lacks it says 404; a page that is no index
// (a web front end that answers everything with 200) is "no API" as well.
Result<std::optional<Referrers>> RegistryStore::listed(const Endpoint& endpoint, const Digest& subject,
                                                       std::string_view artifact_type) const {
  const std::string doing = "listing the referrers of " + repository_.text() + "@" + subject.text();
  Referrers all;
  std::set<Digest> seen;
  std::set<std::string> asked;
  std::uint64_t bytes = 0;
  std::string target = url(endpoint, "referrers/" + subject.text());
  if (!artifact_type.empty()) add_query(target, "artifactType", artifact_type);
  const auto cut_short = [&](const Error& error) {
    all.incomplete = error.within(doing);
    return std::optional<Referrers>(std::move(all));
  };
  while (!target.empty()) {
    if (!asked.insert(target).second) return cut_short(Error(Outcome::malformed, "the pages lead in a circle"));
    if (asked.size() > limits::referrer_pages)
      return cut_short(Error(Outcome::malformed, "more than " + std::to_string(limits::referrer_pages) + " pages"));
    net::Request request;
    request.url = target;
    request.headers.add("Accept", std::string(oci::media_type::kIndex));
    request.limit = limits::manifest_bytes;
    auto answer = ask(endpoint, std::move(request), "pull");
    const bool first = asked.size() == 1;
    if (!answer && first) return fail(answer.error().within(doing));
    if (!answer) return cut_short(answer.error());
    const int status = answer->response.status;
    if (first && (status == 404 || status == 405 || status == 501)) return std::nullopt;
    if (first && status == 200 && !is_index_answer(answer->response)) return std::nullopt;
    if (status != 200 && first) return fail(refused(endpoint, *answer, doing));
    if (status != 200) return cut_short(refused(endpoint, *answer, "page " + std::to_string(asked.size())));
    bytes += answer->response.body.size();
    if (bytes > limits::referrer_bytes)
      return cut_short(Error(Outcome::malformed, "more than " + std::to_string(limits::referrer_bytes) + " bytes"));
    auto page = descriptors_of(answer->response);
    if (!page && first) return fail(page.error().within(doing));
    if (!page) return cut_short(page.error());
    if (const auto too_many = add(all, seen, *std::move(page))) return cut_short(*too_many);
    auto next = next_page(endpoint, answer->response);
    if (!next) return cut_short(next.error());
    target = *std::move(next);
  }
  return all;
}

// Source: distribution-spec, "Referrers Tag Schema".
Result<Referrers> RegistryStore::tagged(const Endpoint& endpoint, const Digest& subject) const {
  auto fetched = fetch_manifest(endpoint, subject.tag());
  if (!fetched && fetched.error().kind() == Outcome::not_found) return Referrers();
  if (!fetched) return fail(fetched.error());
  const auto what = [&](const Error& error) {
    return fail(error.within("reading " + repository_.text() + ":" + subject.tag()));
  };
  Content content = std::move(fetched->content);
  auto type = oci::media_type_of(content.bytes, content.descriptor.media_type);
  if (!type) return what(type.error());
  content.descriptor.media_type = *std::move(type);
  auto index = oci::Index::parse(content);
  if (!index) return what(index.error());
  Referrers all;
  std::set<Digest> seen;
  if (const auto too_many = add(all, seen, std::move(index->manifests))) all.incomplete = *too_many;
  return all;
}

// An empty list from a mirror is no answer: a cache that never saw the signatures lists none, and "unsigned" is for the
// registry itself to say.
Result<Referrers> RegistryStore::referrers(const Digest& subject, std::string_view artifact_type) {
  return first_of<Referrers>(Use::resolve, [&](const Endpoint& endpoint) -> Result<Referrers> {
    HM_TRY(auto by_api, listed(endpoint, subject, artifact_type));
    Referrers found;
    if (by_api) {
      found = *std::move(by_api);
    } else {
      HM_TRY(found, tagged(endpoint, subject));
    }
    if (endpoint.mirror() && found.descriptors.empty())
      return fail(Outcome::not_found, "mirror " + endpoint.host + " lists no referrers");
    return found;
  });
}

}  // namespace hallmark::registry
