// Who we are to AWS, from the environment or the machine's metadata service, as a request that Google can send.
#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/gcp_aws_source.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kProvider = "AWS, the identity provider of the external account";
constexpr std::string_view kMetadata = "the EC2 metadata service";
constexpr const char* kSessionSeconds = "300";  // what Google's clients ask for; it lasts for three questions

// The metadata service that the credentials file names: each question within one short time.
class Metadata {
 public:
  Metadata(const GcpAwsSource& source, const Services& services, net::Deadline deadline)
      : source_(source),
        services_(services),
        deadline_(std::min(deadline, services.clock.steady() + limits::metadata_time)) {}

  [[nodiscard]] Result<Reply> get(const std::string& url) {
    HM_DO(begin());
    Question question = to(url, "GET");
    if (!session_.empty()) question.headers.add("X-aws-ec2-metadata-token", std::string(session_.text()));
    HM_TRY(Reply reply, ask_for_text(services_.metadata, question));
    if (!reply.ok()) return fail(refused(url, reply.status));
    return reply;
  }

 private:
  [[nodiscard]] Question to(const std::string& url, const char* method) const {
    Question question;
    question.service = kMetadata;
    question.method = method;
    question.url = url;
    question.limit = limits::login_answer_bytes;
    question.deadline = deadline_;
    return question;
  }

  // IMDSv2: a session token goes with every question, where the file says how to get one.
  Result<void> begin() {
    if (source_.session_url.empty() || !session_.empty()) return {};
    Question question = to(source_.session_url, "PUT");
    question.headers.add("X-aws-ec2-metadata-token-ttl-seconds", kSessionSeconds);
    question.may_retry = false;
    HM_TRY(const Reply reply, ask_for_text(services_.metadata, question));
    if (!reply.ok()) return fail(refused(source_.session_url, reply.status));
    const std::string_view token = as_text(reply.body);
    if (token.empty() || token.size() > 4096 || !is_visible(token))
      return fail(service_error(kMetadata, "what it gives as session token is none", Cause::malformed_answer));
    session_ = Secret::copy_of(token);
    return {};
  }

  [[nodiscard]] Error refused(const std::string& url, int status) const {
    const std::string problem = net::redacted(url) + " answers with status " + std::to_string(status);
    if (status == 404) return service_error(kMetadata, problem, Cause::no_credentials);
    if (status != 401 && status != 403) return service_error(kMetadata, problem, Cause::unreachable);
    return service_error(kMetadata, problem, Cause::refused_credentials)
        .with_hint(
            source_.session_url.empty()
                ? "it may want IMDSv2: write the credentials file anew with \"gcloud iam workload-identity-pools "
                  "create-cred-config … --aws --enable-imdsv2\""
                : "see that the machine's metadata service is switched on");
  }

  const GcpAwsSource& source_;
  const Services& services_;
  net::Deadline deadline_;
  Secret session_{};
};

// Whether the metadata service may be asked at `url`, and why it was come to that.
Result<void> may_ask(const Services& services, const std::string& url, const char* member, const std::string& instead) {
  std::string off = services.setting("AWS_EC2_METADATA_DISABLED").value_or("");
  std::ranges::transform(off, off.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (off != "true" && !url.empty()) return {};
  const std::string why = off == "true" ? std::string(kMetadata) + " is switched off by AWS_EC2_METADATA_DISABLED"
                                        : std::string("the credential_source has no ") + member;
  return fail(service_error(kProvider, instead + "; " + why, Cause::no_credentials));
}

// A hint of lib/net would tell how to reach a host that may well not be there.
Error with_what_was_missing(const Error& error, const std::string& instead) {
  const std::string why = instead + ", so the machine was asked";
  if (error.cause() == Cause::unreachable)
    return error.with_hint(why + "; in a container the service's hop limit has to be 2");
  return error.hint().empty() ? error.with_hint(why) : error;
}

// docs.aws.amazon.com, CreateRole: letters, digits and "+=,.@-_".
bool is_role(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+=,.@-_").find(c) != std::string_view::npos;
  });
}

Result<GcpAwsKey> key_of_role(Metadata& metadata, const std::string& url, Time now) {
  HM_TRY(const Reply named, metadata.get(url));
  const std::string_view text = as_text(named.body);
  const std::string role(text.substr(0, text.find_first_of("\r\n")));
  if (role.empty()) return fail(service_error(kMetadata, "it knows no role of this machine", Cause::no_credentials));
  if (!is_role(role)) return fail(service_error(kMetadata, "the role it names cannot be one", Cause::malformed_answer));
  HM_TRY(const Reply reply, metadata.get(url + "/" + role));
  const auto json = base::Json::parse(reply.body, "answer");
  if (!json) return fail(service_error(kMetadata, "what it gives for the role is no JSON", Cause::malformed_answer));
  auto key = read_aws_key(*json, now);
  if (key) return key;
  const Error& error = key.error();
  if (error.cause() == Cause::none) return fail(malformed_answer(kMetadata, error));
  return fail(error.within(kMetadata).as(Outcome::key));
}

Result<GcpAwsKey> find_key(const GcpAwsSource& source, const Services& services, Metadata& metadata) {
  const auto id = services.setting("AWS_ACCESS_KEY_ID");
  const auto secret = services.secret("AWS_SECRET_ACCESS_KEY");
  if (id && secret) {
    const auto token = services.secret("AWS_SESSION_TOKEN");
    auto key = aws_key_of(*id, secret->text(), token ? token->text() : std::string_view());
    if (key) return *std::move(key);
    return fail(service_error(kProvider, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN is none",
                              Cause::no_credentials));
  }
  const std::string instead = id       ? "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not"
                              : secret ? "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"
                                       : "AWS_ACCESS_KEY_ID is not set";
  HM_DO(may_ask(services, source.role_url, "url", instead));
  auto key = key_of_role(metadata, source.role_url, services.clock.now());
  if (!key) return fail(with_what_was_missing(key.error(), instead));
  return key;
}

Result<std::string> find_region(const GcpAwsSource& source, const Services& services, Metadata& metadata) {
  if (auto set = services.first_setting({"AWS_REGION", "AWS_DEFAULT_REGION"})) {
    if (is_aws_region(*set)) return *std::move(set);
    return fail(service_error(kProvider, "AWS_REGION or AWS_DEFAULT_REGION names no region: " + base::printable(*set),
                              Cause::no_credentials));
  }
  static const std::string kInstead = "AWS_REGION is not set";
  HM_DO(may_ask(services, source.region_url, "region_url", kInstead));
  const auto zone = metadata.get(source.region_url);
  if (!zone) return fail(with_what_was_missing(zone.error(), kInstead));
  auto region = region_of_zone(as_text(zone->body));
  if (!region) return fail(service_error(kMetadata, "the zone it names is none", Cause::malformed_answer));
  return *std::move(region);
}

// What the server that takes the token may say back of it: the signature, and the session token in each of its
// spellings.
std::vector<std::string> secrets_in(const std::string& authorization, const GcpAwsKey& key) {
  const std::string token(key.session_token.text());
  const std::string once = base::percent_encode(token);
  return {authorization.substr(authorization.rfind('=') + 1), token, once, base::percent_encode(once)};
}

}  // namespace

// Headers in the order that Google's clients send: by their bytes. The last one keeps the request from being taken for
// another pool.
Result<GcpSubject> aws_subject(const GcpExternalAccount& account, const Services& services, net::Deadline deadline) {
  const GcpAwsSource& source = account.source.aws;
  if (!is_visible(account.audience))
    return fail(
        service_error(kProvider, "the audience holds blanks or other bytes that none has", Cause::no_credentials));
  Metadata metadata(source, services, deadline);
  HM_TRY(const GcpAwsKey key, find_key(source, services, metadata));
  HM_TRY(const std::string region, find_region(source, services, metadata));
  const std::string url = in_aws_region(source.verification_url, region);
  const auto host = sts_host(url);
  if (!host) return fail(service_error(kProvider, net::redacted(url) + " is not AWS STS", Cause::unsupported));
  GcpAwsRequest request{"POST", std::string(kCallerIdentity), {}, region, "sts", services.clock.now()};
  request.headers = {{"host", *host}, {"x-amz-date", aws_date(request.at)}};
  if (!key.session_token.empty())
    request.headers.emplace_back("x-amz-security-token", std::string(key.session_token.text()));
  request.headers.emplace_back("x-goog-cloud-target-resource", account.audience);
  HM_TRY(const std::string authorization, aws_authorization(request, key));
  base::Json::Array headers{base::Json::object({{"key", "Authorization"}, {"value", authorization}})};
  for (const auto& [name, value] : request.headers)
    headers.push_back(base::Json::object({{"key", name}, {"value", value}}));
  const std::string text =
      base::Json::object({{"url", url}, {"method", request.method}, {"headers", std::move(headers)}}).dump();
  return GcpSubject{Secret::copy_of(std::string_view(base::percent_encode(text))), secrets_in(authorization, key)};
}

}  // namespace hallmark::keys
