#include <set>

#include "base/json.h"
#include "base/limits.h"
#include "registry/store.h"
#include "registry/text.h"

namespace hallmark::registry {

Result<std::vector<std::string>> RegistryStore::tags() {
  return first_of<std::vector<std::string>>(Use::resolve, [&](const Endpoint& endpoint) { return tags_at(endpoint); });
}

Result<std::vector<std::string>> RegistryStore::tags_at(const Endpoint& endpoint) const {
  const std::string doing = "listing the tags of " + repository_.text();
  std::vector<std::string> all;
  std::set<std::string> asked;
  std::string target = url(endpoint, "tags/list");
  add_query(target, "n", "1000");
  while (!target.empty()) {
    if (!asked.insert(target).second || asked.size() > limits::referrer_pages)
      return fail(Outcome::malformed, doing + ": the pages do not end");
    net::Request request;
    request.url = target;
    request.limit = limits::manifest_bytes;
    auto answer = ask(endpoint, std::move(request), "pull");
    if (!answer) return fail(answer.error().within(doing));
    if (answer->response.status != 200) return fail(refused(endpoint, *answer, doing));
    HM_TRY(const base::Json json, base::Json::parse(answer->response.body, "tags"));
    const base::JsonReader reader(json, "tags");
    HM_DO(reader.expect_object());
    const base::Json* names = json.find("tags");
    if (names != nullptr && !names->is_null() && !names->is_array()) return fail(reader.error("expected a list"));
    for (const base::Json& name : names != nullptr && names->is_array() ? *names->as_array() : base::Json::Array()) {
      if (!name.is_string() || !is_tag(*name.as_string())) return fail(reader.error("lists what is no tag"));
      if (all.size() == limits::index_manifests)
        return fail(Outcome::malformed, doing + ": more than " + std::to_string(limits::index_manifests));
      all.push_back(*name.as_string());
    }
    HM_TRY(target, next_page(endpoint, answer->response));
  }
  return all;
}

}  // namespace hallmark::registry
