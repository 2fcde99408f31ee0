#include "keys/kms/azure_managed_identity.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/azure_entra.h"

namespace hallmark::keys::azure {
namespace {

constexpr std::string_view kAppService = "the managed identity of the app";
constexpr std::string_view kMachine = "the metadata service of the machine";
constexpr std::string_view kImds = "http://169.254.169.254/metadata/identity/oauth2/token";

std::string with_query(std::string_view url, std::string_view version, std::string_view resource,
                       const std::optional<std::string>& client) {
  std::vector<std::pair<std::string, std::string>> fields{{"api-version", std::string(version)},
                                                          {"resource", std::string(resource)}};
  if (client) fields.emplace_back("client_id", *client);
  return std::string(url) + (url.find('?') == std::string_view::npos ? "?" : "&") + form(fields);
}

Question metadata_question(std::string_view service, std::string url, net::Deadline deadline) {
  Question question;
  question.service = service;
  question.method = "GET";
  question.url = std::move(url);
  question.limit = limits::login_answer_bytes;
  question.deadline = deadline;
  return question;
}

// What the Azure SDKs would ask here, and hallmark does not.
std::optional<std::string_view> foreign_place(const Services& services) {
  const bool endpoint = services.setting("IDENTITY_ENDPOINT").has_value();
  const bool header = services.setting("IDENTITY_HEADER").has_value();
  if (endpoint && header && services.setting("IDENTITY_SERVER_THUMBPRINT"))
    return "Service Fabric (IDENTITY_SERVER_THUMBPRINT)";
  if (endpoint && header) return std::nullopt;
  if (services.setting("MSI_ENDPOINT"))
    return services.setting("MSI_SECRET") ? "Azure Machine Learning (MSI_ENDPOINT and MSI_SECRET)"
                                          : "Cloud Shell (MSI_ENDPOINT)";
  if (endpoint && services.setting("IMDS_ENDPOINT")) return "Azure Arc (IDENTITY_ENDPOINT and IMDS_ENDPOINT)";
  return std::nullopt;
}

Error refused(std::string_view service, const Reply& reply, const std::optional<std::string>& client) {
  const std::string status = " (HTTP " + std::to_string(reply.status) + ")";
  if (reply.status >= 500)
    return service_error(service, "it cannot give a token just now" + status, Cause::unreachable);
  if (client)
    return service_error(
               service,
               "the identity " + base::printable(*client, 60) + " (AZURE_CLIENT_ID) is not assigned here" + status,
               Cause::refused_credentials)
        .with_hint("assign that user-assigned identity, or unset AZURE_CLIENT_ID to use the system-assigned one");
  return service_error(service, "it gives no token" + status, Cause::refused_credentials)
      .with_hint("assign an identity, or set AZURE_CLIENT_ID where there are several");
}

bool is_passing(const Reply& reply) { return reply.status >= 500; }
// learn.microsoft.com, "How to use managed identities … (error handling)": 404 and 410 pass, too.
bool is_passing_on_machines(const Reply& reply) {
  return reply.status == 404 || reply.status == 410 || reply.status >= 500;
}

Result<std::optional<Token>> of_app(const Services& services, std::string_view resource, net::Deadline deadline) {
  const std::string endpoint = *services.setting("IDENTITY_ENDPOINT");
  const auto client = services.setting("AZURE_CLIENT_ID");
  if (!stays_near(endpoint))
    return fail(service_error(kAppService,
                              "IDENTITY_ENDPOINT (" + net::redacted(endpoint) +
                                  ") is neither a loopback nor a link-local address: IDENTITY_HEADER is not sent there",
                              Cause::unsupported));
  Question question = metadata_question(kAppService, with_query(endpoint, "2019-08-01", resource, client), deadline);
  question.headers.add("X-IDENTITY-HEADER", *services.setting("IDENTITY_HEADER"));
  HM_TRY(const Reply reply, ask_patiently(services.metadata, question, services.clock, is_passing));
  if (!reply.ok()) return fail(refused(kAppService, reply, client));
  return read_token(reply.json, kAppService, resource, services.clock.now());
}

// Whether anything is there: a question without the header that it demands, as azidentity asks it. Waiting for a token
// may take longer than metadata_time, this may not.
bool answers(const Services& services, net::Deadline deadline, std::string& why) {
  Question question = metadata_question(kMachine, std::string(kImds),
                                        std::min(deadline, services.clock.steady() + limits::metadata_time));
  question.may_retry = false;
  const auto reply = ask_for_text(services.metadata, question);
  if (reply || reply.error().cause() != Cause::unreachable) return true;
  why = "nothing answers at 169.254.169.254";
  return false;
}

// Whatever answers there in JSON is one; Docker Desktop and proxies are not, and say so in words.
bool is_no_metadata_service(const Reply& reply) { return reply.status < 500 && reply.json.is_null(); }

Result<std::optional<Token>> of_machine(const Services& services, std::string_view resource, net::Deadline deadline,
                                        Looked& looked) {
  std::string why;
  if (!answers(services, deadline, why)) {
    looked.push_back("a managed identity: " + why);
    return std::nullopt;
  }
  const auto client = services.setting("AZURE_CLIENT_ID");
  Question question = metadata_question(kMachine, with_query(kImds, "2018-02-01", resource, client), deadline);
  question.headers.add("Metadata", "true");
  HM_TRY(const Reply reply, ask_patiently(services.metadata, question, services.clock, is_passing_on_machines));
  if (reply.ok()) return read_token(reply.json, kMachine, resource, services.clock.now());
  if (is_no_metadata_service(reply)) {
    looked.push_back("a managed identity: what answers at 169.254.169.254 is no metadata service (HTTP " +
                     std::to_string(reply.status) + ")");
    return std::nullopt;
  }
  if (reply.status == 400 && !client) {
    looked.push_back("a managed identity: " + std::string(kMachine) + " answers, and there is no identity");
    return std::nullopt;
  }
  return fail(refused(kMachine, reply, client));
}

}  // namespace

Result<std::optional<Token>> managed_identity(const Services& services, std::string_view resource,
                                              net::Deadline deadline, Looked& looked) {
  if (const auto place = foreign_place(services))
    return fail(service_error("managed identity", "hallmark cannot ask for the identity of " + std::string(*place),
                              Cause::unsupported)
                    .with_hint("give AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET instead"));
  if (services.setting("IDENTITY_ENDPOINT") && services.setting("IDENTITY_HEADER"))
    return of_app(services, resource, deadline);
  return of_machine(services, resource, deadline, looked);
}

}  // namespace hallmark::keys::azure
