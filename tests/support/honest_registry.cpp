#include "support/honest_registry.h"

#include <algorithm>
#include <tuple>

#include "base/json.h"
#include "hallmark/digest.h"

namespace hallmark::test {

namespace {

using base::Json;

std::string sha256(std::string_view bytes) { return Digest::of(as_bytes(bytes)).text(); }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// What a manifest says of itself; nothing where it is no JSON at all.
std::string member(std::string_view json, std::string_view outer, std::string_view inner = {}) {
  const auto parsed = Json::parse(as_bytes(json), "manifest");
  const Json* value = parsed ? parsed->find(outer) : nullptr;
  if (value != nullptr && !inner.empty()) value = value->find(inner);
  const auto* text = value != nullptr ? value->as_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

Json listing_entry(const std::string& digest, std::string_view media_type, std::string_view json) {
  const std::string type = member(json, "artifactType");
  Json entry = Json::object({{"mediaType", media_type},
                             {"digest", digest},
                             {"size", static_cast<std::int64_t>(json.size())},
                             {"artifactType", type.empty() ? member(json, "config", "mediaType") : type}});
  const auto parsed = Json::parse(as_bytes(json), "manifest");
  const Json* annotations = parsed ? parsed->find("annotations") : nullptr;
  if (annotations != nullptr) entry.set("annotations", *annotations);
  return entry;
}

std::string query_of(const Call& call, const std::string& name) {
  const auto at = call.query.find(name);
  return at == call.query.end() ? std::string() : at->second;
}

}  // namespace

std::string Call::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

void Reply::set(std::string_view name, std::string_view value) {
  std::erase_if(headers, [&](const auto& field) { return same_name(field.first, name); });
  if (!value.empty()) headers.emplace_back(name, value);
}

std::string Reply::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (same_name(field, name)) return value;
  }
  return {};
}

Reply error_reply(int status, std::string_view code, std::string_view message) {
  const Json error = Json::object({{"code", code}, {"message", message}});
  return {.status = status, .body = Json::object({{"errors", Json::Array{error}}}).dump()};
}

Reply HonestRegistry::answer(const Call& call) {
  const std::lock_guard lock(mutex_);
  if (call.path == "/v2/" || call.path == "/v2") return {.body = "{}"};
  if (!call.path.starts_with("/v2/")) return error_reply(404, "NOT_FOUND");
  const auto split = [&](std::string_view word) -> std::optional<std::pair<std::string, std::string>> {
    const auto at = call.path.rfind(word);
    if (at == std::string::npos || at < 4) return std::nullopt;
    return {{call.path.substr(4, at - 4), call.path.substr(at + word.size())}};
  };
  if (const auto at = split("/blobs/uploads/")) return uploads(call, at->first, repositories_[at->first], at->second);
  if (const auto at = split("/blobs/")) return blobs(call, repositories_[at->first], at->second);
  if (const auto at = split("/manifests/")) return manifests(call, repositories_[at->first], at->second);
  if (const auto at = split("/referrers/")) return referrers(call, repositories_[at->first], at->second);
  if (const auto at = split("/tags/list")) return tags(call, repositories_[at->first]);
  return error_reply(404, "NOT_FOUND");
}

const HonestRegistry::Manifest* HonestRegistry::find(const Repository& repository, const std::string& reference,
                                                     std::string& digest) {
  const auto tag = repository.tags.find(reference);
  digest = tag != repository.tags.end() ? tag->second : reference;
  const auto manifest = repository.manifests.find(digest);
  return manifest != repository.manifests.end() ? &manifest->second : nullptr;
}

Reply HonestRegistry::manifests(const Call& call, Repository& repository, const std::string& reference) {
  if (call.method == "PUT") return put_manifest(call, repository, reference);
  std::string digest;
  const Manifest* manifest = find(repository, reference, digest);
  if (manifest == nullptr) return error_reply(404, "MANIFEST_UNKNOWN", "manifest unknown");
  if (call.method == "DELETE") {
    repository.manifests.erase(digest);
    return {.status = 202};
  }
  return {.headers = {{"Docker-Content-Digest", digest}, {"ETag", "\"" + digest + "\""}},
          .body = manifest->bytes,
          .content_type = manifest->media_type};
}

Reply HonestRegistry::put_manifest(const Call& call, Repository& repository, const std::string& reference) {
  std::string current;
  const bool exists = find(repository, reference, current) != nullptr;
  const std::string wanted = call.header("if-match");
  if (features_.conditional && !wanted.empty() && (!exists || wanted != "\"" + current + "\""))
    return error_reply(412, "PRECONDITION_FAILED");
  if (features_.conditional && call.header("if-none-match") == "*" && exists)
    return error_reply(412, "PRECONDITION_FAILED");
  const std::string digest = sha256(call.body);
  if (reference.starts_with("sha256:") && reference != digest) return error_reply(400, "DIGEST_INVALID");
  store(repository, call.header("content-type"), call.body);
  if (reference != digest) repository.tags[reference] = digest;
  Reply reply{.status = 201, .headers = {{"Docker-Content-Digest", digest}, {"Location", call.path}}};
  const std::string subject = member(call.body, "subject", "digest");
  if (features_.referrers_api && !subject.empty()) reply.set("OCI-Subject", subject);
  return reply;
}

Reply HonestRegistry::blobs(const Call& call, Repository& repository, const std::string& digest) {
  const auto blob = repository.blobs.find(digest);
  if (blob == repository.blobs.end()) return error_reply(404, "BLOB_UNKNOWN", "blob unknown to registry");
  (void)call;
  return {
      .headers = {{"Docker-Content-Digest", digest}}, .body = blob->second, .content_type = "application/octet-stream"};
}

Reply HonestRegistry::uploads(const Call& call, const std::string& name, Repository& repository,
                              const std::string& id) {
  const std::string digest = query_of(call, "digest");
  const auto finish = [&](const std::string& bytes) -> Reply {
    if (sha256(bytes) != digest) return error_reply(400, "DIGEST_INVALID");
    repository.blobs[digest] = bytes;
    return {.status = 201,
            .headers = {{"Location", "/v2/" + name + "/blobs/" + digest}, {"Docker-Content-Digest", digest}}};
  };
  if (call.method == "POST") {
    if (const std::string mount = query_of(call, "mount"); !mount.empty()) {
      const auto& from = repositories_[query_of(call, "from")].blobs;
      if (const auto blob = from.find(mount); blob != from.end()) {
        repository.blobs[mount] = blob->second;
        return {.status = 201, .headers = {{"Location", "/v2/" + name + "/blobs/" + mount}}};
      }
    } else if (!digest.empty()) {
      return finish(call.body);
    }
    const std::string fresh = std::to_string(next_upload_++);
    uploads_[fresh] = "";
    return {.status = 202, .headers = {{"Location", "/v2/" + name + "/blobs/uploads/" + fresh}}};
  }
  const auto upload = uploads_.find(id);
  if (upload == uploads_.end()) return error_reply(404, "BLOB_UPLOAD_UNKNOWN");
  const std::string range = call.header("content-range");
  if (!range.empty() && !range.starts_with(std::to_string(upload->second.size()) + "-"))
    return error_reply(416, "BLOB_UPLOAD_INVALID");
  upload->second += call.body;
  if (call.method == "PUT") {
    const std::string bytes = std::exchange(upload->second, {});
    uploads_.erase(upload);
    return finish(bytes);
  }
  const std::size_t size = upload->second.size();
  return {.status = call.method == "PATCH" ? 202 : 204,
          .headers = {{"Location", call.path}, {"Range", "0-" + std::to_string(size == 0 ? 0 : size - 1)}}};
}

std::pair<std::size_t, std::size_t> HonestRegistry::page_of(const Call& call, std::size_t count, Reply& reply) const {
  const std::string from = query_of(call, "from");
  const std::size_t first = std::min<std::size_t>(count, from.empty() ? 0 : std::stoul(from));
  const std::size_t last = features_.page == 0 ? count : std::min(count, first + features_.page);
  if (last < count) reply.set("Link", "<" + call.path + "?from=" + std::to_string(last) + ">; rel=\"next\"");
  return {first, last};
}

Reply HonestRegistry::referrers(const Call& call, Repository& repository, const std::string& subject) {
  if (!features_.referrers_api) return error_reply(404, "NOT_FOUND");
  Json::Array all;
  for (const auto& digest : repository.order) {
    const auto manifest = repository.manifests.find(digest);
    if (manifest == repository.manifests.end() || manifest->second.subject != subject) continue;
    all.push_back(manifest->second.entry);
  }
  Reply reply{.content_type = "application/vnd.oci.image.index.v1+json"};
  const auto [first, last] = page_of(call, all.size(), reply);
  const auto at = [&](std::size_t index) { return all.begin() + static_cast<std::ptrdiff_t>(index); };
  reply.body = Json::object({{"schemaVersion", 2},
                             {"mediaType", "application/vnd.oci.image.index.v1+json"},
                             {"manifests", Json::Array(at(first), at(last))}})
                   .dump();
  return reply;
}

Reply HonestRegistry::tags(const Call& call, const Repository& repository) {
  Json::Array names;
  for (const auto& [tag, digest] : repository.tags) names.emplace_back(tag);
  Reply reply;
  const auto [first, last] = page_of(call, names.size(), reply);
  const auto at = [&](std::size_t index) { return names.begin() + static_cast<std::ptrdiff_t>(index); };
  reply.body = Json::object({{"name", "repository"}, {"tags", Json::Array(at(first), at(last))}}).dump();
  return reply;
}

std::string HonestRegistry::store(Repository& repository, std::string_view media_type, std::string_view bytes) {
  const std::string digest = sha256(bytes);
  repository.manifests[digest] = {std::string(media_type), std::string(bytes), member(bytes, "subject", "digest"),
                                  listing_entry(digest, media_type, bytes)};
  auto& order = repository.order;
  if (std::find(order.begin(), order.end(), digest) == order.end()) order.push_back(digest);
  return digest;
}

Descriptor HonestRegistry::add_blob(const std::string& repository, std::string_view media_type,
                                    std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const Digest digest = Digest::of(as_bytes(bytes));
  repositories_[repository].blobs[digest.text()] = bytes;
  return {.media_type = std::string(media_type), .digest = digest, .size = bytes.size()};
}

Descriptor HonestRegistry::add_manifest(const std::string& repository, std::string_view media_type,
                                        std::string_view json, const std::string& tag) {
  const std::lock_guard lock(mutex_);
  const std::string digest = store(repositories_[repository], media_type, json);
  if (!tag.empty()) repositories_[repository].tags[tag] = digest;
  return {.media_type = std::string(media_type), .digest = Digest::of(as_bytes(json)), .size = json.size()};
}

std::optional<std::string> HonestRegistry::digest_of(const std::string& repository, const std::string& tag) const {
  const std::lock_guard lock(mutex_);
  const auto found = repositories_.find(repository);
  if (found == repositories_.end() || !found->second.tags.contains(tag)) return std::nullopt;
  return found->second.tags.at(tag);
}

std::optional<std::string> HonestRegistry::manifest(const std::string& repository, const std::string& reference) const {
  const std::lock_guard lock(mutex_);
  const auto found = repositories_.find(repository);
  if (found == repositories_.end()) return std::nullopt;
  std::string digest;
  const Manifest* manifest = find(found->second, reference, digest);
  if (manifest == nullptr) return std::nullopt;
  return manifest->bytes;
}

void HonestRegistry::set_tag(const std::string& repository, const std::string& tag, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  repositories_[repository].tags[tag] = digest;
}

void HonestRegistry::remove_manifest(const std::string& repository, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  repositories_[repository].manifests.erase(digest);
}

void HonestRegistry::corrupt(const std::string& repository, const std::string& digest, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  auto& place = repositories_[repository];
  if (const auto manifest = place.manifests.find(digest); manifest != place.manifests.end())
    manifest->second.bytes = bytes;
  if (const auto blob = place.blobs.find(digest); blob != place.blobs.end()) blob->second = bytes;
}

}  // namespace hallmark::test
