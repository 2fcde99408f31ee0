// Application default credentials, the tokens that files and programs hold for them, what a machine at AWS says of
// itself, and references; the first byte says which.
#include <cstdlib>

#include "base/encoding.h"
#include "keys/kms/gcp_aws_source.h"
#include "keys/kms/gcp_reference.h"
#include "keys/kms/gcp_subject_source.h"

namespace {

using namespace hallmark;

void expect_printable(const Error& error) {
  for (const std::string& text : {error.message(), error.hint()})
    if (base::printable(text, text.size()) != text) std::abort();
}

void read_file(BytesView bytes) {
  const auto credentials = keys::GcpCredentials::parse(bytes, "file");
  if (!credentials) {
    if (credentials.error().kind() != Outcome::key || credentials.error().cause() == Cause::none) std::abort();
    return expect_printable(credentials.error());
  }
  if (credentials->who().empty() && !std::holds_alternative<keys::GcpServiceAccount>(credentials->login)) std::abort();
  if (!keys::is_universe(credentials->universe)) std::abort();
  const auto& url = credentials->impersonation.url;
  if (!url.empty() && !keys::is_google(url, credentials->universe)) std::abort();
}

// What is taken is written the same way again.
void read_reference(std::string_view text) {
  const auto name = keys::GcpKeyName::parse(text);
  if (!name) return expect_printable(name.error());
  const std::string again = "gcpkms://" + (name->version.empty() ? name->key_path() : name->version_path());
  const auto second = keys::GcpKeyName::parse(again);
  if (!second || second->key_path() != name->key_path() || second->version != name->version) std::abort();
  if (!keys::same_gcp_resource(name->key_path(), second->key_path())) std::abort();
}

void read_aws(BytesView bytes, Time now) {
  const auto json = base::Json::parse(bytes, "answer");
  if (!json) return;
  const auto key = keys::read_aws_key(*json, now);
  if (!key) return expect_printable(key.error());
  if (key->id.empty() || key->secret.empty()) std::abort();
  for (const std::string_view text : {std::string_view(key->id), key->secret.text(), key->session_token.text()})
    if (!keys::is_visible(text)) std::abort();
}

// What Google is sent to is AWS, whatever the text.
void read_sts(std::string_view text) {
  const auto host = keys::sts_host(text);
  if (!host) return;
  if (!host->starts_with("sts.") || host->find_first_of("/:@?#") != std::string::npos) std::abort();
  if (!host->ends_with(".amazonaws.com") && !host->ends_with(".amazonaws.com.cn")) std::abort();
}

void read_zone(std::string_view text) {
  const auto region = keys::region_of_zone(text);
  if (region && (!keys::is_aws_region(*region) || !keys::is_visible(*region))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView rest(data + 1, size - 1);
  const Time now(std::chrono::seconds(1'800'000'000));
  Result<Secret> token = Secret();
  switch (data[0]) {
    case 'r':
      read_reference(as_text(rest));
      return 0;
    case 'n':
      (void)keys::same_gcp_resource("projects/p/locations/l", as_text(rest));
      return 0;
    case 'a':
      read_aws(rest, now);
      return 0;
    case 's':
      read_sts(as_text(rest));
      return 0;
    case 'z':
      read_zone(as_text(rest));
      return 0;
    case 't':
      token = keys::token_in(rest, "");
      break;
    case 'j':
      token = keys::token_in(rest, "value");
      break;
    case 'x':
      token = keys::token_of_executable(rest, false, now);
      break;
    default:
      read_file(rest);
      return 0;
  }
  if (!token) expect_printable(token.error());
  if (token && token->empty()) std::abort();
  return 0;
}
