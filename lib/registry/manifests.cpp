#include <thread>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "net/memory_body.h"
#include "oci/manifest.h"
#include "oci/media_type.h"
#include "registry/registry_error.h"
#include "registry/store.h"
#include "registry/text.h"

namespace hallmark::registry {
namespace {

constexpr int kTriesAgain = 4;

std::string accepted_types() {
  using namespace oci::media_type;
  return std::string(kManifest) + ", " + std::string(kIndex) + ", " + std::string(kDockerManifest) + ", " +
         std::string(kDockerManifestList);
}

// The media type without parameters. Types that only say "some JSON" say nothing: the document speaks for itself.
std::string media_type_in(const net::Response& response) {
  const std::string* field = response.headers.find("Content-Type");
  if (field == nullptr) return {};
  std::string type = lower(trim(std::string_view(*field).substr(0, field->find(';'))));
  if (type == "application/json" || type == "text/plain" || type == "application/octet-stream") return {};
  return type;
}

Result<std::optional<Digest>> digest_in(const net::Response& response, const std::string& doing) {
  const std::string* field = response.headers.find("Docker-Content-Digest");
  if (field == nullptr) return std::nullopt;
  auto digest = Digest::parse(trim(*field));
  if (!digest) return fail(digest.error().within(doing + ": Docker-Content-Digest"));
  return *std::move(digest);
}

// "shop/api:1.4" or "shop/api@sha256:…"
std::string named(const Repository& repository, std::string_view tag_or_digest) {
  return repository.text() + (tag_or_digest.find(':') == std::string_view::npos ? ":" : "@") +
         std::string(tag_or_digest);
}

net::Request manifest_request(std::string method, std::string url) {
  net::Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers.add("Accept", accepted_types());
  request.limit = limits::manifest_bytes;
  return request;
}

// A manifest is sent under its own digest, yet docker-registry calls that invalid, or fails with 500, while another
// request is just writing one of the blobs that it names: it then reads an empty file where that blob's digest will be.
bool is_passing(const net::Response& response) {
  return response.status == 500 || (response.status == 400 && error_code(response) == "DIGEST_INVALID");
}

// Asks again, after longer and longer pauses, while the answer is one that passes.
template <class Passing, class Ask>
auto again_while(std::chrono::milliseconds pause, Passing passing, Ask ask) {
  auto answer = ask();
  for (int again = 1; answer && passing(answer->response) && again <= kTriesAgain; ++again) {
    std::this_thread::sleep_for(pause * again);
    answer = ask();
  }
  return answer;
}

}  // namespace

// docker-registry answers 500 to who reads a tag or looks for a blob that another request is just writing: not the time
// to call it unreachable.
Result<RegistryStore::Answer> RegistryStore::ask_patiently(const Endpoint& endpoint,
                                                           const net::Request& request) const {
  return again_while(
      parts_.tuning.pause, [](const net::Response& response) { return response.status == 500; },
      [&] { return ask(endpoint, request, "pull"); });
}

Result<RegistryStore::Fetched> RegistryStore::fetch_manifest(const Endpoint& endpoint,
                                                             std::string_view tag_or_digest) const {
  const std::string doing = "reading " + named(repository_, tag_or_digest);
  const net::Request request = manifest_request("GET", url(endpoint, "manifests/" + std::string(tag_or_digest)));
  auto answer = ask_patiently(endpoint, request);
  if (!answer) return fail(answer.error().within(doing));
  if (answer->response.status != 200) return fail(refused(endpoint, *answer, doing));
  HM_TRY(const auto said, digest_in(answer->response, doing));
  Bytes& bytes = answer->response.body;
  if (said && !said->matches(bytes))
    return fail(Outcome::malformed, doing + ": registry " + endpoint.host + " says Docker-Content-Digest " +
                                        said->text() + " but the bytes are " +
                                        Digest::of(bytes, said->algorithm()).text());
  if (tag_or_digest.find(':') != std::string_view::npos) {  // here already, so that a mirror that lies is not the end
    HM_TRY(const Digest wanted, Digest::parse(tag_or_digest));
    if (!wanted.matches(bytes))
      return fail(Outcome::malformed, doing + ": registry " + endpoint.host + " sends other bytes: their digest is " +
                                          Digest::of(bytes, wanted.algorithm()).text());
  }
  Descriptor descriptor{media_type_in(answer->response), said ? *said : Digest::of(bytes), bytes.size()};
  const std::string* etag = answer->response.headers.find("ETag");
  return Fetched{Content{std::move(descriptor), std::move(bytes)}, etag == nullptr ? std::string() : *etag};
}

Result<Content> RegistryStore::read_manifest(std::string_view tag_or_digest) {
  const bool by_digest = tag_or_digest.find(':') != std::string_view::npos;
  return first_of<Content>(by_digest ? Use::pull : Use::resolve, [&](const Endpoint& endpoint) -> Result<Content> {
    HM_TRY(Fetched fetched, fetch_manifest(endpoint, tag_or_digest));
    Content& content = fetched.content;
    content.from_mirror = !by_digest && !endpoint.authority;
    // What is no manifest at all (a page of a proxy's own) is no answer of a mirror.
    if (content.from_mirror) HM_DO(oci::look_at(content.bytes, content.descriptor.media_type));
    return std::move(content);
  });
}

Result<Descriptor> RegistryStore::read_descriptor(std::string_view tag) {
  const std::string doing = "resolving " + named(repository_, tag);
  return first_of<Descriptor>(Use::resolve, [&](const Endpoint& endpoint) -> Result<Descriptor> {
    auto answer = ask(endpoint, manifest_request("HEAD", url(endpoint, "manifests/" + std::string(tag))), "pull");
    if (!answer) return fail(answer.error().within(doing));
    const int status = answer->response.status;
    if (status != 200 && status != 405) return fail(refused(endpoint, *answer, doing));
    HM_TRY(const auto digest, digest_in(answer->response, doing));
    const std::string* length = answer->response.headers.find("Content-Length");
    const std::string type = media_type_in(answer->response);
    std::uint64_t size = 0;
    const bool sized = length != nullptr && !length->empty() && length->size() < 10 &&
                       length->find_first_not_of("0123456789") == std::string::npos;
    if (sized) size = std::stoull(*length);
    if (status == 200 && digest && sized && !type.empty()) return Descriptor{type, *digest, size};
    HM_TRY(Fetched fetched, fetch_manifest(endpoint, tag));  // HEAD does not say enough
    if (!endpoint.authority) HM_DO(oci::look_at(fetched.content.bytes, fetched.content.descriptor.media_type));
    if (fetched.content.descriptor.media_type.empty()) fetched.content.descriptor.media_type = type;
    return std::move(fetched.content.descriptor);
  });
}

Result<bool> RegistryStore::exists(const Endpoint& endpoint, const std::string& path, const std::string& doing) const {
  auto answer = ask_patiently(endpoint, manifest_request("HEAD", url(endpoint, path)));
  if (!answer) return fail(answer.error().within(doing));
  if (answer->response.status == 200) return true;
  if (answer->response.status == 404) return false;
  return fail(refused(endpoint, *answer, doing));
}

Result<bool> RegistryStore::has_manifest(const Digest& digest) {
  const std::string doing = "looking for " + named(repository_, digest.text());
  auto found = first_of<bool>(Use::pull, [&](const Endpoint& endpoint) -> Result<bool> {
    HM_TRY(const bool there, exists(endpoint, "manifests/" + digest.text(), doing));
    if (!there) return fail(Outcome::not_found, doing + ": not found");  // the next may have it
    return true;
  });
  if (!found && found.error().kind() == Outcome::not_found) return false;
  return found;
}

Result<RegistryStore::Answer> RegistryStore::send_manifest(const Endpoint& endpoint, std::string_view tag_or_digest,
                                                           std::string_view media_type, BytesView bytes,
                                                           const Conditions& conditions) const {
  net::MemoryBody body(bytes);
  net::Request request;
  request.method = "PUT";
  request.url = url(endpoint, "manifests/" + std::string(tag_or_digest));
  request.headers.add("Content-Type", std::string(media_type));
  if (!conditions.if_match.empty()) request.headers.add("If-Match", conditions.if_match);
  if (conditions.if_absent) request.headers.add("If-None-Match", "*");
  request.body = &body;
  request.body_length = bytes.size();
  request.limit = limits::error_body_bytes;
  request.may_retry = conditions.may_retry;
  return ask(endpoint, std::move(request), "pull,push");
}

Result<RegistryStore::Answer> RegistryStore::send_patiently(const Endpoint& endpoint, const std::string& digest,
                                                            std::string_view media_type, BytesView bytes) const {
  return again_while(parts_.tuning.pause, is_passing,
                     [&] { return send_manifest(endpoint, digest, media_type, bytes, {}); });
}

Result<Descriptor> RegistryStore::published(const Endpoint& endpoint, const Answer& answer, std::string_view media_type,
                                            BytesView bytes, const std::string& doing) const {
  const int status = answer.response.status;
  if (status < 200 || status > 299) return fail(refused(endpoint, answer, doing));
  HM_TRY(const auto said, digest_in(answer.response, doing));
  if (said && !said->matches(bytes))
    return fail(Outcome::malformed, doing + ": registry " + endpoint.host + " says that it holds " + said->text() +
                                        ", which is not what was sent");
  return Descriptor{std::string(media_type), Digest::of(bytes), bytes.size()};
}

Result<Descriptor> RegistryStore::put_manifest(std::string_view media_type, BytesView bytes,
                                               const std::optional<std::string>& tag) {
  const std::string target = tag ? *tag : Digest::of(bytes).text();
  const std::string doing = "writing " + named(repository_, target);
  if (tag && !is_tag(*tag)) return fail(Outcome::usage, "\"" + base::printable(*tag) + "\" is not a tag");
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  auto answer = tag ? send_manifest(*endpoint, target, media_type, bytes, {})
                    : send_patiently(*endpoint, target, media_type, bytes);
  if (!answer) return fail(answer.error().within(doing));
  return published(*endpoint, *answer, media_type, bytes, doing);
}

}  // namespace hallmark::registry
