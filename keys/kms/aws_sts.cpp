#include "keys/kms/aws_sts.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/kms/aws_request.h"
#include "keys/kms/aws_xml.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "AWS STS";
constexpr const char* kVersion = "2011-06-15";
using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_for(const Scene& scene, const std::string& action, const Role& role) {
  std::string session = role.session_name;
  if (session.empty()) session = "hallmark-" + std::to_string(scene.services.clock.now().time_since_epoch().count());
  Fields fields = {
      {"Action", action}, {"Version", kVersion}, {"RoleArn", role.arn}, {"RoleSessionName", std::move(session)}};
  if (!role.external_id.empty()) fields.emplace_back("ExternalId", role.external_id);
  if (!role.duration_seconds.empty()) fields.emplace_back("DurationSeconds", role.duration_seconds);
  return fields;
}

// <ErrorResponse><Error><Code/><Message/></Error></ErrorResponse>
ErrorAnswer read_error(const Reply& reply) {
  const auto document = XmlElement::parse(as_text(reply.body));
  if (!document) return {};
  return {0, document->text_at({"Error", "Code"}), document->text_at({"Error", "Message"})};
}

Result<Credentials> ask_sts(const Scene& scene, const std::string& action, const Role& role, const Fields& fields,
                            const Credentials* by) {
  Question question;
  question.service = kService;
  HM_TRY(const std::string endpoint, endpoint_of("sts", scene.region, scene.settings.sts));
  question.url = endpoint + "/";
  question.body = form(fields);
  for (const auto& [name, value] : fields)
    if (name == "WebIdentityToken") question.secrets.push_back(value);
  question.content_type = "application/x-www-form-urlencoded";
  question.limit = limits::login_answer_bytes;
  question.tls = scene.settings.tls();
  question.ca_hint = "name its CA with AWS_CA_BUNDLE=FILE";
  question.deadline = scene.deadline;
  question.temporary_answers = true;
  if (by != nullptr) {
    by->add_token(question.headers);
    question.aws = by->signature(scene.region, "sts");
  }
  const auto ask = [&] { return ask_for_text(scene.services.http, question); };
  HM_TRY(const Answered answered, persistently({scene.services, scene.deadline}, ask, read_error));
  if (answered.reply.ok()) return read_role_answer(as_text(answered.reply.body), action, role.arn);
  return fail(explain(answered.error, {std::string(kService), "sts:" + action, "the role " + role.arn},
                      clock_skew(answered.reply.headers, scene.services.clock)));
}

}  // namespace

Result<Credentials> assume_role_with_web_identity(const Scene& scene, const Role& role, const std::string& file) {
  if (role.arn.empty())
    return fail(service_error(kService, "a web identity token is set, but no role: AWS_ROLE_ARN, or role_arn",
                              Cause::no_credentials));
  const auto token = base::read_secret_file(file, limits::login_answer_bytes, Outcome::key);
  if (!token) return fail(token.error().within("the web identity token of AWS").because(Cause::no_credentials));
  std::string_view text = token->text();
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  Fields fields = fields_for(scene, "AssumeRoleWithWebIdentity", role);
  fields.emplace_back("WebIdentityToken", std::string(text));
  return ask_sts(scene, "AssumeRoleWithWebIdentity", role, fields, nullptr);
}

Result<Credentials> assume_role(const Scene& scene, const Role& role, const Credentials& by) {
  return ask_sts(scene, "AssumeRole", role, fields_for(scene, "AssumeRole", role), &by);
}

Result<Credentials> read_role_answer(std::string_view document, const std::string& action,
                                     const std::string& role_arn) {
  const auto answer = XmlElement::parse(document);
  if (!answer) return fail(malformed_answer(kService, answer.error()));
  const XmlElement* found = answer->find({action + "Result", "Credentials"});
  if (answer->name != action + "Response" || found == nullptr)
    return fail(service_error(kService, "it answered " + action + " with another document", Cause::malformed_answer));
  return make_credentials({found->text_at({"AccessKeyId"}), found->text_at({"SecretAccessKey"}),
                           found->text_at({"SessionToken"}), found->text_at({"Expiration"})},
                          "AWS STS for the role " + base::printable(role_arn));
}

}  // namespace hallmark::keys::aws
