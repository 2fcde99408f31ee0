// What a vault, Entra ID and metadata services answer: keys, signatures, tokens, refusals and challenges.
#include <cstdint>
#include <cstdlib>

#include "keys/kms/azure_challenge.h"
#include "keys/kms/azure_entra.h"
#include "keys/kms/azure_error.h"
#include "keys/kms/azure_key.h"
#include "support/key_services.h"

using namespace hallmark;
using namespace hallmark::keys::azure;

namespace {

constexpr std::string_view kResource = "https://vault.azure.net";

// What is said of a refusal is bounded and has no control bytes.
void expect_fit(const Error& error) {
  if (error.kind() != Outcome::key || error.cause() == Cause::none || error.message().size() > 2'000) std::abort();
  for (const char c : error.message())
    if (static_cast<unsigned char>(c) < ' ') std::abort();
}

void read_as_key(const base::Json& json, const KeyReference& asked) {
  const auto key = read_key(json, asked);
  if (!key) return expect_fit(key.error());
  if (key->version.empty() || !key->id.ends_with("/" + key->version)) std::abort();
  if (auto signature = read_signature(json, *key); !signature) expect_fit(signature.error());
  const auto* value = json.find("signature");
  if (value != nullptr) (void)read_signature(*value, *key);
}

void read_as_refusal(const base::Json& json, const net::Headers& headers, const KeyReference& asked) {
  const test::StandingClock clock;
  const Token token{Secret::copy_of(std::string_view("eyJhbGciOiJub25lIn0")), clock.now(), "t"};
  for (const int status : {400, 401, 403, 404, 409, 418, 500})
    for (const auto action : {Attempt::Action::get, Attempt::Action::sign, Attempt::Action::create})
      expect_fit(vault_error({status, headers, {}, json}, {action, asked, token}, clock));
}

void read_as_login(BytesView bytes) {
  test::KeyServices outside;
  const keys::Services services = outside.services();
  const Application application{"https://login.microsoftonline.com", "t", "app"};
  for (const auto kind : {Proof::Kind::secret, Proof::Kind::certificate}) {
    const Proof proof{kind, Secret::copy_of(std::string_view("hush"))};
    for (const int status : {200, 400}) {
      outside.http.answer([&](const test::SentRequest&) -> Result<net::Response> {
        return net::Response{status, {}, Bytes(bytes.begin(), bytes.end()), {}};
      });
      // The deadline is now: nothing is waited for.
      const auto token = log_in(services, {application, proof, kResource, outside.clock.steady()});
      if (!token) expect_fit(token.error());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  (void)KeyReference::parse(text);
  const net::Headers headers{{"WWW-Authenticate", std::string(text)}};
  if (const auto challenge = read_challenge(headers))
    if (is_believable(*challenge, "acme.vault.azure.net") && !is_tenant(challenge->tenant)) std::abort();
  read_as_login({data, size});
  const KeyReference asked = *KeyReference::parse("azurekms://acme.vault.azure.net/release");
  auto json = base::Json::parse({data, size}, "answer");
  read_as_refusal(json ? *json : base::Json(), headers, asked);
  if (json) read_as_key(*json, asked);
  return 0;
}
