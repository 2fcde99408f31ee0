#include "keys/kms/gcp_subject_source.h"

#include <array>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/kms/gcp_aws_source.h"
#include "keys/provider/rest.h"
#include "net/url.h"

namespace hallmark::keys {
namespace {

using base::JsonReader;

Result<void> read_format(const JsonReader& source, GcpSubjectSource& into) {
  if (!source.has("format")) return {};
  HM_TRY(const JsonReader format, source.at("format"));
  const auto type = format.string_or("type", "text");  // no HM_TRY: GCC 12 would see a string that is not initialised
  if (!type) return fail(type.error());
  if (*type == "text") return {};
  if (*type != "json") return fail(format.error("type is neither text nor json: " + base::printable(*type, 40)));
  HM_TRY(into.field, format.string("subject_token_field_name"));
  if (into.field.empty()) return fail(format.error("subject_token_field_name is empty"));
  return {};
}

Result<GcpSubjectSource> read_url(const JsonReader& source) {
  GcpSubjectSource out{GcpSubjectSource::Kind::url, {}};
  HM_TRY(out.place, source.string("url"));
  const auto url = net::Url::parse(out.place);
  if (!url || !(url->tls() || stays_near(out.place)))
    return fail(source.error("url is neither https nor a metadata service near by: " + net::redacted(out.place)));
  HM_TRY(auto headers, source.string_map("headers"));
  for (auto& [name, value] : headers) out.headers.emplace_back(name, Secret::copy_of(std::string_view(value)));
  HM_DO(read_format(source, out));
  return out;
}

// google.aip.dev/auth/4117: timeout_millis is 5 to 120 seconds.
Result<GcpSubjectSource> read_executable(const JsonReader& source) {
  HM_TRY(const JsonReader executable, source.at("executable"));
  GcpSubjectSource out{GcpSubjectSource::Kind::executable, {}};
  HM_TRY(out.place, executable.string("command"));
  if (!out.place.starts_with('/')) return fail(executable.error("command does not begin with an absolute path"));
  HM_TRY(out.output_file, executable.string_or("output_file", ""));
  if (!executable.has("timeout_millis")) return out;
  HM_TRY(const auto patience, executable.size("timeout_millis"));
  if (patience < 5'000 || patience > 120'000) return fail(executable.error("timeout_millis is none of 5000 to 120000"));
  out.patience = std::chrono::milliseconds(patience);
  return out;
}

}  // namespace

Result<Secret> secret_field(const JsonReader& from, std::string_view key) {
  HM_TRY(const std::string text, from.string(key));
  if (text.empty()) return fail(from.error(std::string(key) + " is empty"));
  return Secret::copy_of(std::string_view(text));
}

Result<GcpSubjectSource> read_subject_source(const JsonReader& source) {
  HM_TRY(const std::string environment, source.string_or("environment_id", ""));
  if (environment.starts_with("aws")) {
    GcpSubjectSource out{GcpSubjectSource::Kind::aws, {}};
    HM_TRY(out.aws, read_aws_source(source));
    return out;
  }
  if (source.has("certificate"))
    return fail(source.error("federation with X.509 certificates is not supported").because(Cause::unsupported));
  const int kinds = int{source.has("file")} + int{source.has("url")} + int{source.has("executable")};
  if (kinds != 1) return fail(source.error("expected one of file, url and executable"));
  if (source.has("url")) return read_url(source);
  if (source.has("executable")) return read_executable(source);
  GcpSubjectSource out{GcpSubjectSource::Kind::file, {}};
  HM_TRY(out.place, source.string("file"));
  HM_DO(read_format(source, out));
  return out;
}

Result<Secret> token_in(BytesView held, const std::string& field) {
  if (!field.empty()) {
    HM_TRY(const base::Json json, base::Json::parse(held, "token"));
    return secret_field(JsonReader(json, "token"), field);
  }
  std::string_view text = as_text(held);
  static constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return fail(Outcome::malformed, "no token is there");
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  if (text.find('\0') != std::string_view::npos) return fail(Outcome::malformed, "what is there is no token");
  return Secret::copy_of(text);
}

Result<Secret> token_of_executable(BytesView printed, bool with_expiration, Time now) {
  HM_TRY(const base::Json json, base::Json::parse(printed, "answer"));
  const JsonReader answer(json, "answer");
  HM_TRY(const auto version, answer.size("version"));
  if (version != 1) return fail(answer.error("version is " + std::to_string(version) + ", expected 1"));
  HM_TRY(const JsonReader success, answer.at("success"));
  const auto succeeded = success.value().as_bool();
  if (!succeeded) return fail(success.error("expected true or false"));
  if (!*succeeded) {
    HM_TRY(const std::string code, answer.string("code"));
    return fail(answer.error("it failed with code " + base::printable(code, 60)).because(Cause::refused_credentials));
  }
  if (with_expiration || answer.has("expiration_time")) {
    HM_TRY(const auto end, answer.size("expiration_time"));
    if (static_cast<std::int64_t>(end) <= now.time_since_epoch().count())
      return fail(answer.error("the token has expired").because(Cause::expired_credentials));
  }
  HM_TRY(const std::string type, answer.string("token_type"));
  static constexpr std::array<std::string_view, 2> kWithIdToken{"urn:ietf:params:oauth:token-type:jwt",
                                                                "urn:ietf:params:oauth:token-type:id_token"};
  if (type == kWithIdToken[0] || type == kWithIdToken[1]) return secret_field(answer, "id_token");
  if (type == "urn:ietf:params:oauth:token-type:saml2") return secret_field(answer, "saml_response");
  return fail(answer.error("token_type is not known: " + base::printable(type, 80)));
}

}  // namespace hallmark::keys
