// Application default credentials, the tokens that files and programs hold for them, and references; the first byte
// says which.
#include <cstdlib>

#include "base/encoding.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView rest(data + 1, size - 1);
  Result<Secret> token = Secret();
  switch (data[0]) {
    case 'r':
      read_reference(as_text(rest));
      return 0;
    case 'n':
      (void)keys::same_gcp_resource("projects/p/locations/l", as_text(rest));
      return 0;
    case 't':
      token = keys::token_in(rest, "");
      break;
    case 'j':
      token = keys::token_in(rest, "value");
      break;
    case 'x':
      token = keys::token_of_executable(rest, false, Time(std::chrono::seconds(1'800'000'000)));
      break;
    default:
      read_file(rest);
      return 0;
  }
  if (!token) expect_printable(token.error());
  if (token && token->empty()) std::abort();
  return 0;
}
