#include "keys/kms/aws_metadata.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/aws_reference.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "the EC2 metadata service";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr const char* kTokenLife = "21600";  // seconds: the most there is

// One visit: the token, and what is asked with it.
class Visit {
 public:
  static Result<std::optional<Visit>> begin(const Scene& scene, std::string& why);

  [[nodiscard]] Result<Reply> get(const std::string& path) const {
    Question question = to(scene_, deadline_, path);
    question.method = "GET";
    question.headers = {{"X-aws-ec2-metadata-token", token_}};
    return ask_for_text(scene_.services.metadata, question);
  }

 private:
  Visit(const Scene& scene, net::Deadline deadline, std::string token)
      : scene_(scene), deadline_(deadline), token_(std::move(token)) {}

  static Question to(const Scene& scene, net::Deadline deadline, const std::string& path) {
    Question question;
    question.service = kService;
    question.url = scene.settings.metadata.endpoint + path;
    question.limit = limits::login_answer_bytes;
    question.deadline = deadline;
    return question;
  }

  const Scene& scene_;
  net::Deadline deadline_;
  std::string token_;
};

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 4096 &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<std::optional<Visit>> Visit::begin(const Scene& scene, std::string& why) {
  const MetadataSettings& settings = scene.settings.metadata;
  if (settings.disabled) {
    why = "switched off by AWS_EC2_METADATA_DISABLED";
    return std::nullopt;
  }
  if (!stays_near(settings.endpoint))
    return fail(service_error(kService,
                              "its endpoint " + base::printable(net::redacted(settings.endpoint)) +
                                  " is neither a link-local address nor on this machine, so no credentials are taken "
                                  "from it",
                              Cause::unsupported));
  const auto deadline = std::min(scene.deadline, scene.services.clock.steady() + limits::metadata_time);
  Question question = to(scene, deadline, "/latest/api/token");
  question.method = "PUT";
  question.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", kTokenLife}};
  question.may_retry = false;
  const auto reply = ask_for_text(scene.services.metadata, question);
  if (!reply && reply.error().cause() != Cause::unreachable) return fail(reply.error());
  if (!reply || !reply->ok()) {
    why = reply ? "gives no session token (" + std::to_string(reply->status) + ")"
                : "does not answer; in a container its hop limit has to be 2";
    return std::nullopt;
  }
  if (!is_token(as_text(reply->body)))
    return fail(service_error(kService, "what it gives as session token is none", Cause::malformed_answer));
  return Visit(scene, deadline, std::string(as_text(reply->body)));
}

// The answer's text, without a line end; nothing for 404.
Result<std::optional<std::string>> text_at(const Visit& visit, const std::string& path) {
  HM_TRY(const Reply reply, visit.get(path));
  if (reply.status == 404) return std::nullopt;
  if (!reply.ok())
    return fail(service_error(kService, path + " answers " + std::to_string(reply.status), Cause::unreachable));
  std::string text(as_text(reply.body));
  return text.substr(0, text.find_first_of("\r\n"));
}

// docs.aws.amazon.com, CreateRole: letters, digits and "+=,.@-_".
bool is_role(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+=,.@-_").find(c) != std::string_view::npos;
  });
}

Result<Credentials> credentials_of(const Visit& visit, const std::string& role) {
  HM_TRY(const Reply reply, visit.get(std::string(kRolePath) + role));
  if (!reply.ok())
    return fail(service_error(kService,
                              "it has no credentials for the role " + role + " (" + std::to_string(reply.status) + ")",
                              Cause::no_credentials));
  const auto json = base::Json::parse(reply.body, "answer");
  if (!json) return fail(malformed_answer(kService, json.error()));
  const base::Json* code = json->find("Code");
  if (code != nullptr && (!code->is_string() || *code->as_string() != "Success"))
    return fail(service_error(kService,
                              "the role " + role + " cannot be used: " +
                                  base::printable(code->is_string() ? *code->as_string() : "no reason", 60),
                              Cause::refused_credentials)
                    .with_hint("look at the trust policy of the instance's role: ec2.amazonaws.com must assume it"));
  return read_credentials(*json, "Token", kService);
}

}  // namespace

Result<std::optional<Credentials>> instance_credentials(const Scene& scene, std::string& why) {
  HM_TRY(const auto visit, Visit::begin(scene, why));
  if (!visit) return std::nullopt;
  HM_TRY(const auto role, text_at(*visit, std::string(kRolePath)));
  if (!role || role->empty()) {
    why = "knows no role of this machine";
    return std::nullopt;
  }
  if (!is_role(*role)) return fail(service_error(kService, "the role it names cannot be one", Cause::malformed_answer));
  HM_TRY(Credentials credentials, credentials_of(*visit, *role));
  return credentials;
}

Result<std::optional<std::string>> instance_region(const Scene& scene, std::string& why) {
  HM_TRY(const auto visit, Visit::begin(scene, why));
  if (!visit) return std::nullopt;
  HM_TRY(auto region, text_at(*visit, "/latest/meta-data/placement/region"));
  if (!region) why = "does not say where it is";
  if (region && !is_region(*region))
    return fail(service_error(kService, "the region it names is none", Cause::malformed_answer));
  return region;
}

}  // namespace hallmark::keys::aws
