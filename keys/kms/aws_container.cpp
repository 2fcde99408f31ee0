#include "keys/kms/aws_container.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"
#include "net/proxy.h"
#include "net/url.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "the container credential service";
constexpr std::string_view kTaskService = "http://169.254.170.2";
constexpr std::array<std::string_view, 3> kAddresses = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

std::optional<std::string> url_set(const Services& services) {
  if (const auto path = services.setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    return std::string(kTaskService) + *path;
  return services.setting("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

// Nobody else may be told the token, nor tell us who we are.
Result<net::Url> checked(const std::string& text) {
  const auto url = net::Url::parse(text);
  if (!url)
    return fail(service_error(kService, "what AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI says makes no URL",
                              Cause::unsupported));
  const bool known = net::is_loopback(url->host) || std::ranges::find(kAddresses, url->host) != kAddresses.end();
  if (!url->tls() && !known)
    return fail(service_error(kService,
                              "AWS_CONTAINER_CREDENTIALS_FULL_URI names " + base::printable(url->host) +
                                  " in plain HTTP: only loopback, 169.254.170.2, 169.254.170.23 and [fd00:ec2::23] may "
                                  "be asked so",
                              Cause::unsupported)
                    .with_hint("use https"));
  return *url;
}

// Of EKS: a service-account token, whose file is written anew each hour.
Result<Secret> authorization(const Services& services) {
  const auto file = services.setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!file) {
    auto token = services.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    return token ? *std::move(token) : Secret();
  }
  auto token = base::read_secret_file(*file, limits::login_answer_bytes, Outcome::key);
  if (!token)
    return fail(token.error().within("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").because(Cause::no_credentials));
  const std::string_view text = token->text();
  token->shrink(text.find_last_not_of(" \t\r\n") + 1);
  return token;
}

// {"code": "AccessDeniedException", "message": "…"}, or no JSON at all.
Error refusal(const Reply& reply) {
  const base::Json* code = reply.json.find("code");
  const std::string said = code != nullptr && code->is_string() ? ": " + base::printable(*code->as_string(), 80) : "";
  const bool ours = reply.status >= 400 && reply.status < 500;
  return service_error(kService, "it answers " + std::to_string(reply.status) + said,
                       ours ? Cause::refused_credentials : Cause::unreachable)
      .with_hint("look at the task's role, or at the pod identity association of its service account");
}

}  // namespace

Result<std::optional<Credentials>> container_credentials(const Scene& scene) {
  const auto text = url_set(scene.services);
  if (!text) return std::nullopt;
  HM_TRY(const net::Url url, checked(*text));
  HM_TRY(const Secret token, authorization(scene.services));
  const bool near = stays_near(url.text);
  Question question;
  question.service = kService;
  question.method = "GET";
  question.url = url.text;
  question.limit = limits::login_answer_bytes;
  question.headers = {{"Accept", "application/json"}};
  if (!token.empty()) question.headers.add("Authorization", std::string(token.text()));
  question.deadline = scene.deadline;
  if (near) question.deadline = std::min(question.deadline, scene.services.clock.steady() + limits::metadata_time);
  HM_TRY(const Reply reply, ask(near ? scene.services.metadata : scene.services.http, question));
  if (!reply.ok()) return fail(refusal(reply));
  HM_TRY(Credentials credentials, read_credentials(reply.json, "Token", kService));
  return credentials;
}

}  // namespace hallmark::keys::aws
