// AWS Signature Version 4 as it arrives at the service, which computes it anew ("Signing AWS API requests").
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/encoding.h"
#include "client_fixture.h"
#include "net/memory_body.h"

namespace hallmark::net {
namespace {

using test::HttpServer;
using test::ReceivedRequest;
using test::response;

Bytes hmac(BytesView key, std::string_view text) {
  Bytes out(32);
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text).data(), text.size(), out.data(), &size);
  return out;
}

std::string hex_sha256(std::string_view text) {
  Bytes out(32);
  EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  return base::hex_encode(out);
}

// The value of "Name=…" in an Authorization header.
std::string field(const std::string& header, const std::string& name) {
  const auto at = header.find(name + "=");
  REQUIRE(at != std::string::npos);
  const auto begin = at + name.size() + 1;
  return header.substr(begin, header.find_first_of(", ", begin) - begin);
}

// What the service does with a request: canonical request, string to sign, key of the day, signature.
std::string signature_of(const ReceivedRequest& sent, const AwsSignature& by) {
  const std::string names = field(sent.header("authorization"), "SignedHeaders");
  std::string canonical = sent.method + "\n" + sent.target + "\n\n";
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(';', at), names.size());
    const std::string name = names.substr(at, end - at);
    canonical += name + ":" + sent.header(name) + "\n";
    at = end + 1;
  }
  canonical += "\n" + names + "\n" + hex_sha256(sent.body);
  const std::string time = sent.header("x-amz-date");
  const std::string scope = time.substr(0, 8) + "/" + by.region + "/" + by.service + "/aws4_request";
  Bytes key = hmac(as_bytes("AWS4" + by.secret_access_key), time.substr(0, 8));
  for (const std::string& step : {by.region, by.service, std::string("aws4_request")}) key = hmac(key, step);
  return base::hex_encode(hmac(key, "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + hex_sha256(canonical)));
}

}  // namespace

TEST_CASE("a request is signed as AWS computes it, over its body, its target and a session token") {
  HttpServer server(always(response(200, "{}")));
  const AwsSignature by{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-north-1", "kms"};
  const std::string text = R"({"KeyId":"alias/release"})";
  MemoryBody body(as_bytes(text));
  Request request = get(server.url("/"));
  request.method = "POST";
  request.body = &body;
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "TrentService.Sign"},
                     {"X-Amz-Security-Token", "a-session-token"}};
  request.aws = by;
  REQUIRE(new_client()->send(request));
  const ReceivedRequest sent = server.requests().at(0);
  CHECK(sent.body == text);
  const std::string authorization = sent.header("authorization");
  CHECK_THAT(authorization, Catch::StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
  CHECK_THAT(field(authorization, "Credential"), Contains("/eu-north-1/kms/aws4_request"));
  for (const char* name : {"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"})
    CHECK_THAT(field(authorization, "SignedHeaders"), Contains(name));
  CHECK(field(authorization, "Signature") == signature_of(sent, by));
  for (const auto& [name, value] : sent.headers) CHECK_THAT(value, !Contains(by.secret_access_key));
}

TEST_CASE("a signed request that is tried again carries its body again") {
  std::atomic<int> tries = 0;
  HttpServer server(
      [&](const ReceivedRequest&, test::Peer& peer) { peer.send(tries++ == 0 ? response(503) : response(200, "{}")); });
  MemoryBody body(as_bytes(std::string_view("{}")));
  Request request = get(server.url());
  request.method = "POST";
  request.body = &body;
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"}};
  request.aws = AwsSignature{"id", "secret", "eu-north-1", "kms"};
  REQUIRE(new_client()->send(request));
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests().at(1).body == "{}");
  CHECK(field(server.requests().at(1).header("authorization"), "Signature") ==
        signature_of(server.requests().at(1), *request.aws));
}

}  // namespace hallmark::net
