// Whatever an API server or an exec plugin answers is taken or refused with words fit to be shown, and what was sent as
// a secret is none of them. The first byte chooses what the rest is: a secret, a refusal, a plugin's answer, a token or
// certificate, a reference.
#include <cstdlib>

#include "base/encoding.h"
#include "hallmark/clock.h"
#include "keys/kubernetes/api.h"
#include "keys/kubernetes/exec_plugin.h"
#include "keys/kubernetes/identity.h"
#include "keys/kubernetes/key_secret.h"
#include "support/key_services.h"

namespace hallmark::keys {
namespace {

constexpr const char* kToken = "hush-4711";

class NoonClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time(std::chrono::hours(500'000)); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
};

void expect_showable(const Error& error) {
  for (const std::string& text : {error.message(), error.hint()}) {
    if (base::printable(text, text.size()) != text) std::abort();
  }
  if (error.kind() != Outcome::key) std::abort();
}

void secret(BytesView bytes) {
  auto json = base::Json::parse(bytes, "answer");
  if (!json) return;
  const SecretReference reference{"ci", "release-key"};
  const auto read = KeySecret::parse(*json, reference);
  if (!read) return expect_showable(read.error());
  if (const auto key = read->open_public(reference); !key) expect_showable(key.error());
  const auto pair_document = [&] {
    const auto pem = read->key ? std::string(read->key->text()) : std::string();
    const auto key = read->open_public(reference);
    if (!key) return base::Json();
    return key_secret_document(reference, {Secret::copy_of(std::string_view(pem)), *key},
                               Secret::copy_of(std::string_view("password")));
  }();
  if (!pair_document.is_null() && !KeySecret::parse(pair_document, reference)) std::abort();
  wipe_texts(*json);
}

// As it comes: what it repeats of the token is blotted out by ask().
void refused(BytesView bytes, int status) {
  test::ScriptedHttp http([&](const test::SentRequest&) -> Result<net::Response> {
    net::Headers headers = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    if (bytes.size() % 2 == 0) headers = {};
    return net::Response{status, std::move(headers), Bytes(bytes.begin(), bytes.end()), {}};
  });
  const Identity identity = bytes.size() % 5 == 0 ? Identity{} : Identity{kToken, "", ""};
  Question question;
  question.service = "Kubernetes";
  question.headers.add("Authorization", "Bearer " + std::string(kToken));
  const auto reply = ask(http, question);
  if (!reply) return expect_showable(reply.error());
  const SecretReference reference{"ci", "release-key"};
  Cluster cluster;
  cluster.authority = "api.test:443";
  cluster.user.name = bytes.size() % 3 == 0 ? "" : "u";
  const Error error = refusal(*reply, {"get", reference}, identity, cluster, NoonClock());
  expect_showable(error);
  if ((error.message() + error.hint()).find(kToken) != std::string::npos) std::abort();
}

}  // namespace
}  // namespace hallmark::keys

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark::keys;
  if (size == 0) return 0;
  const hallmark::BytesView bytes(data + 1, size - 1);
  const std::string text(hallmark::as_text(bytes));
  constexpr int kCodes[] = {400, 401, 403, 404, 409, 429, 500};
  switch (data[0]) {
    case 's':
      secret(bytes);
      break;
    case 'x':
      if (const auto given = parse_exec_credential(bytes, "client.authentication.k8s.io/v1"); !given)
        expect_showable(given.error());
      break;
    case 't':
      (void)end_of({text, "", ""});
      break;
    case 'c':
      (void)end_of({"", text, "key"});
      break;
    case 'r':
      if (const auto reference = SecretReference::parse(text); !reference)
        expect_showable(reference.error());
      else if ("k8s://" + reference->path() != text)
        std::abort();
      break;
    default:
      if (data[0] >= '0' && data[0] <= '6') refused(bytes, kCodes[data[0] - '0']);
  }
  return 0;
}
