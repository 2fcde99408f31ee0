// The login of a machine at Google: its metadata server (cloud.google.com/compute/docs/metadata), on Compute Engine,
// GKE, Cloud Run and the like.
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_error.h"
#include "keys/kms/gcp_token.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kMetadata = "Google's metadata server";
constexpr std::string_view kFlavor = "Metadata-Flavor";

Error no_account(const Reply& reply) {
  return service_error(kMetadata,
                       reply.status == 404 ? "this machine has no service account"
                                           : "it answers with status " + std::to_string(reply.status),
                       reply.status >= 500 ? Cause::unreachable : Cause::no_credentials);
}

}  // namespace

// Its own header in the answer tells it from whatever else answers at that address.
Result<GcpToken> token_of(const GcpMetadataServer& server, const GcpCredentials& credentials, const Services& services,
                          net::Deadline deadline) {
  Question question;
  question.service = kMetadata;
  question.method = "GET";
  question.url = server.url + "/computeMetadata/v1/instance/service-accounts/default/token?" +
                 form({{"scopes", std::string(scope_of(credentials))}});
  question.headers.add(std::string(kFlavor), "Google");
  question.limit = limits::login_answer_bytes;
  question.deadline = std::min(deadline, services.clock.steady() + limits::metadata_time);
  HM_TRY(const Reply reply, ask(services.metadata, question));
  const std::string* flavor = reply.headers.find(kFlavor);
  if (flavor == nullptr || *flavor != "Google")
    return fail(
        service_error(kMetadata, "what answers at " + server.url + " is none of Google's", Cause::no_credentials));
  if (!reply.ok()) return fail(no_account(reply));
  auto token = parse_oauth_token(reply.json, services.clock.now());
  if (!token) return fail(malformed_answer(kMetadata, token.error()));
  return token;
}

}  // namespace hallmark::keys
