#include "keys/kms/gcp_client.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_crc32c.h"

namespace hallmark::keys {
namespace {

constexpr std::size_t kPages = 32;  // of versions; a key that is rotated daily fills one a year
constexpr const char* kPageSize = "500";

// What is not as documented, seen from the user.
template <class T>
Result<T> as_answer(Result<T> parsed) {
  if (parsed || parsed.error().kind() == Outcome::key) return parsed;
  return fail(malformed_answer(kGcpService, parsed.error()));
}

// Digest of the API: "sha256", "sha384", "sha512"; Ed25519 takes the data.
std::string sign_body(Hash hash, BytesView what) {
  const std::string encoded = base::base64_encode(what);
  const std::string sum = std::to_string(crc32c(what));  // int64 is a string in JSON
  if (hash == Hash::none) return base::Json::object({{"data", encoded}, {"dataCrc32c", sum}}).dump();
  const char* name = hash == Hash::sha384 ? "sha384" : "sha256";
  return base::Json::object({{"digest", base::Json::object({{name, encoded}})}, {"digestCrc32c", sum}}).dump();
}

Error no_enabled_version(const GcpKeyName& name) {
  return gcp_error(name.key_path() + " has no version that is enabled", Cause::disabled)
      .with_hint("\"gcloud kms keys versions list\" shows the versions and their states");
}

}  // namespace

Result<base::Json> GcpClient::call(const std::string& method, const std::string& path, const std::string& body,
                                   GcpAction action, net::Deadline deadline) {
  HM_TRY(GcpSession::Access access, session_.access(deadline));
  Question question;
  question.service = kGcpService;
  question.method = method;
  question.url = access.origin + "/v1/" + path;
  question.headers = std::move(access.headers);
  question.body = body;
  question.deadline = deadline;
  HM_TRY(Reply reply, ask(services_.http, question));
  if (reply.ok()) {
    if (!reply.json.is_object())
      return fail(gcp_error("it answered with nothing that is as documented", Cause::malformed_answer));
    // What an answer says may be told, in an error or as the name of a key.
    if (reply.json.dump().find(access.token) != std::string::npos)
      return fail(gcp_error("it sends the access token back", Cause::wrong_answer));
    if (reply.json.find("error") == nullptr) return std::move(reply.json);
    return fail(gcp_error("it answered with an error that says success", Cause::wrong_answer));
  }
  action.caller = access.caller;
  Error error = refused_by_google(reply, action, services_.clock);
  if (reply.status == 401) session_.forget();
  return fail(std::move(error));
}

Result<GcpPublicKey> GcpClient::public_key(const GcpKeyName& name, net::Deadline deadline) {
  const std::string version = name.version_path();
  HM_TRY(const base::Json answer, call("GET", version + "/publicKey", "",
                                       {.permission = "cloudkms.cryptoKeyVersions.viewPublicKey",
                                        .role = "roles/cloudkms.publicKeyViewer",
                                        .resource = version},
                                       deadline));
  return as_answer(parse_gcp_public_key(answer, version));
}

Result<Bytes> GcpClient::sign(const std::string& version, KeyAlgorithm algorithm, BytesView message,
                              net::Deadline deadline) {
  const Hash hash = hash_of(algorithm);
  HM_TRY(
      const base::Json answer,
      call("POST", version + ":asymmetricSign", sign_body(hash, hashed(hash, message)),
           {.permission = "cloudkms.cryptoKeyVersions.useToSign", .role = "roles/cloudkms.signer", .resource = version},
           deadline));
  return as_answer(parse_gcp_signature(answer, version, hash));
}

Result<GcpKeyName> GcpClient::with_version(GcpKeyName name, net::Deadline deadline) {
  if (!name.version.empty()) return name;
  const std::string key = name.key_path();
  std::uint64_t newest = 0;
  std::string page;
  for (std::size_t pages = 0; pages < kPages; ++pages) {
    std::vector<std::pair<std::string, std::string>> query{{"pageSize", kPageSize}, {"filter", "state=ENABLED"}};
    if (!page.empty()) query.emplace_back("pageToken", page);
    HM_TRY(const base::Json answer, call("GET", key + "/cryptoKeyVersions?" + form(query), "",
                                         {.permission = "cloudkms.cryptoKeyVersions.list",
                                          .role = "roles/cloudkms.viewer, or name a version,",
                                          .resource = key},
                                         deadline));
    HM_TRY(GcpVersions versions, as_answer(parse_gcp_versions(answer, key)));
    for (const std::uint64_t number : versions.enabled) newest = std::max(newest, number);
    page = std::move(versions.next_page);
    if (!page.empty()) continue;
    if (newest == 0) return fail(no_enabled_version(name));
    name.version = std::to_string(newest);
    return name;
  }
  return fail(gcp_error(key + " has more enabled versions than hallmark looks at", Cause::malformed_answer)
                  .with_hint("name one: /cryptoKeyVersions/N"));
}

Result<std::set<std::string>> GcpClient::held_permissions(const GcpKeyName& name, const std::vector<std::string>& asked,
                                                          net::Deadline deadline) {
  base::Json body;
  body.set("permissions", base::Json::Array(asked.begin(), asked.end()));
  HM_TRY(const base::Json answer,
         call("POST", name.key_path() + ":testIamPermissions", body.dump(),
              {.permission = "testIamPermissions", .role = "any role", .resource = name.key_path()}, deadline));
  return as_answer(parse_gcp_permissions(answer));
}

Result<void> GcpClient::create(const GcpKeyName& name, const GcpAlgorithm& algorithm, net::Deadline deadline) {
  const base::Json body = base::Json::object(
      {{"purpose", "ASYMMETRIC_SIGN"}, {"versionTemplate", base::Json::object({{"algorithm", algorithm.name}})}});
  HM_TRY(
      const base::Json answer,
      call("POST", name.ring_path() + "/cryptoKeys?" + form({{"cryptoKeyId", name.key}}), body.dump(),
           {.permission = "cloudkms.cryptoKeys.create", .role = "roles/cloudkms.admin", .resource = name.ring_path()},
           deadline));
  const base::JsonReader created(answer, "answer");
  const auto called = as_answer(created.string("name"));
  if (!called) return fail(called.error());
  if (same_gcp_resource(name.key_path(), *called)) return {};
  return fail(gcp_error("it made " + base::printable(*called) + ", asked was " + name.key_path(), Cause::wrong_answer));
}

}  // namespace hallmark::keys
