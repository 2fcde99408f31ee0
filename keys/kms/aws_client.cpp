#include "keys/kms/aws_client.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"
#include "keys/provider/signature.h"

namespace hallmark::keys::aws {
namespace {

constexpr std::string_view kService = "AWS KMS";
constexpr std::size_t kRawBytes = 4096;  // KMS API Reference, Sign: the most that a raw message may have

// "com.amazonaws.kms#NotFoundException", "NotFoundException:http://…" → "NotFoundException"
std::string short_code(std::string_view type) {
  if (const auto hash = type.rfind('#'); hash != std::string_view::npos) type.remove_prefix(hash + 1);
  return std::string(type.substr(0, type.find(':')));
}

// AWS JSON 1.1: the kind of error stands in the body, or in a header field.
ErrorAnswer read_error(const Reply& reply) {
  ErrorAnswer out;
  const base::Json* type = reply.json.find("__type");
  if (const std::string* header = reply.headers.find("x-amzn-ErrorType")) out.code = short_code(*header);
  if (type != nullptr && type->is_string()) out.code = short_code(*type->as_string());
  for (const char* name : {"message", "Message"}) {
    const base::Json* message = reply.json.find(name);
    if (message != nullptr && message->is_string()) out.message = *message->as_string();
  }
  return out;
}

base::Json sign_body(const std::string& key_id, const KmsKey& key, BytesView message) {
  const Hash hash = hash_of(key.public_key.algorithm());
  return base::Json::object({{"KeyId", key_id},
                             {"Message", base::base64_encode(hashed(hash, message))},
                             {"MessageType", hash == Hash::none ? "RAW" : "DIGEST"},
                             {"SigningAlgorithm", key.signing_algorithm}});
}

}  // namespace

Result<Answered> Client::send(const Call& call) {
  HM_TRY(const Credentials* credentials, chain_.get(place_.region, deadline_));
  Question question;
  question.service = kService;
  question.url = place_.endpoint + "/";
  question.headers = {{"X-Amz-Target", "TrentService." + call.action}};
  credentials->add_token(question.headers);
  question.body = call.body.dump();
  question.content_type = "application/x-amz-json-1.1";
  question.tls = settings_.tls();
  question.ca_hint = "name its CA with AWS_CA_BUNDLE=FILE";
  question.deadline = deadline_;
  question.aws = credentials->signature(place_.region, "kms");
  question.may_retry = call.may_retry;
  question.temporary_answers = true;
  const auto ask_once = [&] { return ask(services_.http, question); };
  return persistently({services_, deadline_, call.may_retry}, ask_once, read_error);
}

Error Client::explained(const Answered& answered, const Call& call) const {
  return explain(answered.error, {std::string(kService), "kms:" + call.action, call.object, place_.region},
                 clock_skew(answered.reply.headers, services_.clock));
}

Result<base::Json> Client::answer_to(const Call& call) {
  HM_TRY(Answered answered, send(call));
  if (!answered.reply.ok()) return fail(explained(answered, call));
  return std::move(answered.reply.json);
}

std::string Client::named(const Reference& reference) const {
  return reference.arn() ? reference.key() : reference.key() + " in " + place_.region;
}

Result<KmsKey> Client::public_key(const Reference& reference) {
  HM_TRY(const base::Json answer,
         answer_to({"GetPublicKey", named(reference), base::Json::object({{"KeyId", reference.key()}})}));
  return read_public_key(answer, reference, place_.region);
}

Result<Bytes> Client::sign(const Reference& reference, const KmsKey& key, BytesView message) {
  if (key.public_key.algorithm() == KeyAlgorithm::ed25519 && message.size() > kRawBytes)
    return fail(service_error(kService,
                              "an Ed25519 key there signs messages of " + std::to_string(kRawBytes) +
                                  " bytes at most, and this one has " + std::to_string(message.size()),
                              Cause::unsupported)
                    .with_hint("use an ECDSA key: of its messages only a digest is sent"));
  // By the name that was given: key policies may ask for the alias (kms:RequestAlias).
  HM_TRY(const base::Json answer, answer_to({"Sign", named(reference), sign_body(reference.key(), key, message)}));
  HM_TRY(Bytes signature, read_signature(answer, key));
  return checked_signature(key.public_key, message, std::move(signature), kService);
}

Result<Known> Client::may_sign(const Reference& reference, const KmsKey& key) {
  Call call{"Sign", named(reference), sign_body(reference.key(), key, as_bytes("hallmark: may this key sign?"))};
  call.body.set("DryRun", true);
  HM_TRY(const Answered answered, send(call));
  // "Indicates that the request would have succeeded" (KMS API Reference, DryRunOperationException).
  if (answered.reply.ok() || answered.error.code == "DryRunOperationException") return Known::yes;
  if (answered.error.code == "AccessDeniedException") return Known::no;
  return Known::unknown;
}

Result<KeyDescription> Client::describe(const Reference& reference) {
  HM_TRY(const base::Json answer,
         answer_to({"DescribeKey", named(reference), base::Json::object({{"KeyId", reference.key()}})}));
  HM_TRY(KeyDescription description, read_description(answer));
  if (!reference.may_be(description.arn))
    return fail(service_error(kService,
                              "it was asked for " + reference.key() + " and described " + description.arn.text,
                              Cause::wrong_answer));
  return description;
}

Result<KeyDescription> Client::create_key(const std::string& spec, const std::string& description) {
  HM_TRY(const base::Json answer,
         answer_to({"CreateKey", "keys in " + place_.region,
                    base::Json::object({{"Description", description}, {"KeySpec", spec}, {"KeyUsage", "SIGN_VERIFY"}}),
                    false}));
  return read_description(answer);
}

Result<void> Client::create_alias(const std::string& alias, const Arn& key) {
  const Call call{"CreateAlias", alias, base::Json::object({{"AliasName", alias}, {"TargetKeyId", key.text}}), false};
  HM_TRY(const Answered answered, send(call));
  if (!answered.reply.ok()) return fail(explained(answered, call));
  return {};
}

}  // namespace hallmark::keys::aws
