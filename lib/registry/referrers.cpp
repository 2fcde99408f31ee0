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

Result<oci::Index::Start> index_in(const net::Response& response) {
  const Content content{
      Descriptor{std::string(oci::media_type::kIndex), Digest::of(response.body), response.body.size()}, response.body};
  return oci::Index::parse_start(content);
}

// Adds what is new; an entry listed twice is one. What does not fit in is an error, and hides nothing that came before.
Result<void> add(Referrers& all, std::set<Digest>& seen, oci::Index::Start page) {
  const auto full = [] {
    return fail(Error(Outcome::malformed, "more than " + std::to_string(limits::index_manifests) + " referrers")
                    .with_hint("remove those that nobody needs, or sign with --signature-repository"));
  };
  for (Descriptor& descriptor : page.index.manifests) {
    if (!seen.insert(descriptor.digest).second) continue;
    if (all.descriptors.size() == limits::index_manifests) return full();
    all.descriptors.push_back(std::move(descriptor));
  }
  if (page.left_out > 0) return full();
  return {};
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

// A listing, page by page. What ends it early is kept beside what was read until then; a first page that fails is an
// error.
class RegistryStore::Listing {
 public:
  Listing(const RegistryStore& store, const Endpoint& endpoint, const Digest& subject, std::string_view artifact_type)
      : store_(store),
        endpoint_(endpoint),
        doing_("listing the referrers of " + store.repository_.text() + "@" + subject.text()),
        target_(store.url(endpoint, "referrers/" + subject.text())) {
    if (!artifact_type.empty()) add_query(target_, "artifactType", artifact_type);
  }

  [[nodiscard]] Result<std::optional<Referrers>> read() {
    while (!target_.empty()) {
      auto page = ask();
      if (page && no_api(page->response)) {
        if (says_no_such_route(page->response)) store_.parts_.note_no_referrers(endpoint_.origin);
        return std::nullopt;
      }
      auto next = page ? take(*page) : Result<std::string>(fail(page.error()));
      if (!next && !begun_) return fail(next.error().within(doing_));
      if (!next) {
        all_.incomplete = next.error().within(doing_);
        break;
      }
      target_ = *std::move(next);
    }
    return std::move(all_);
  }

 private:
  [[nodiscard]] Result<Answer> ask() {
    if (!asked_.insert(target_).second) return fail(Outcome::malformed, "the pages lead in a circle");
    if (asked_.size() > limits::referrer_pages)
      return fail(Outcome::malformed, "more than " + std::to_string(limits::referrer_pages) + " pages");
    net::Request request;
    request.url = target_;
    request.headers.add("Accept", std::string(oci::media_type::kIndex));
    request.limit = limits::manifest_bytes;
    return store_.ask(endpoint_, std::move(request), "pull");
  }

  // Not every server that lacks it says 404; a page that is no index (a web front end that answers everything with 200)
  // is "no API" as well.
  [[nodiscard]] bool no_api(const net::Response& response) const {
    const int status = response.status;
    return asked_.size() == 1 &&
           (status == 404 || status == 405 || status == 501 || (status == 200 && !is_index_answer(response)));
  }

  // Keeps what a page lists and gives the address of the next, empty at the end.
  [[nodiscard]] Result<std::string> take(const Answer& page) {
    if (page.response.status != 200)
      return fail(store_.refused(endpoint_, page, "page " + std::to_string(asked_.size())));
    bytes_ += page.response.body.size();
    if (bytes_ > limits::referrer_bytes)
      return fail(Outcome::malformed, "more than " + std::to_string(limits::referrer_bytes) + " bytes");
    HM_TRY(auto index, index_in(page.response));
    begun_ = true;
    HM_DO(add(all_, seen_, std::move(index)));
    return store_.next_page(endpoint_, page.response);
  }

  const RegistryStore& store_;
  const Endpoint& endpoint_;
  const std::string doing_;
  std::string target_;
  Referrers all_;
  std::set<Digest> seen_;
  std::set<std::string> asked_;
  std::uint64_t bytes_ = 0;
  bool begun_ = false;  // a page was read: what comes after can only cut the list short
};

// Source: distribution-spec, "Listing Referrers".
Result<std::optional<Referrers>> RegistryStore::listed(const Endpoint& endpoint, const Digest& subject,
                                                       std::string_view artifact_type) const {
  return Listing(*this, endpoint, subject, artifact_type).read();
}

// Source: distribution-spec, "Referrers Tag Schema".
Result<Referrers> RegistryStore::tagged(const Endpoint& endpoint, const Digest& subject) const {
  auto fetched = fetch_manifest(endpoint, subject.tag());
  if (!fetched && fetched.error().kind() == Outcome::not_found) return Referrers();
  if (!fetched) return fail(fetched.error());
  const std::string doing = "reading " + repository_.text() + ":" + subject.tag();
  Content content = std::move(fetched->content);
  auto type = oci::media_type_of(content.bytes, content.descriptor.media_type);
  if (!type) return fail(type.error().within(doing));
  content.descriptor.media_type = *std::move(type);
  auto index = oci::Index::parse_start(content);
  if (!index) return fail(index.error().within(doing));
  Referrers all;
  std::set<Digest> seen;
  if (const auto added = add(all, seen, *std::move(index)); !added) {
    all.incomplete = added.error().within(doing);
  }
  return all;
}

// An empty list from a mirror is no answer: a cache that never saw the signatures lists none, and "unsigned" is for the
// registry itself to say. One that is not empty may satisfy; where it does not, `upstream` is asked.
Result<Referrers> RegistryStore::referrers(const Digest& subject, std::string_view artifact_type) {
  return first_of<Referrers>(Use::resolve, [&](const Endpoint& endpoint) -> Result<Referrers> {
    std::optional<Referrers> by_api;
    // Of a list of images each would ask again what is not there.
    if (!parts_.lacks_referrers(endpoint.origin)) {
      HM_TRY(by_api, listed(endpoint, subject, artifact_type));
    }
    Referrers found;
    if (by_api) {
      found = *std::move(by_api);
    } else {
      HM_TRY(found, tagged(endpoint, subject));
    }
    found.from_mirror = !endpoint.authority;
    if (found.from_mirror && found.descriptors.empty())
      return fail(Outcome::not_found, "mirror " + endpoint.host + " lists no referrers");
    return found;
  });
}

}  // namespace hallmark::registry
