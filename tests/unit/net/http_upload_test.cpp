#include <cstring>

#include "client_fixture.h"

namespace hallmark::net {

using test::HttpServer;
using test::Peer;
using test::ReceivedRequest;
using test::response;

namespace {

class TextSource final : public BlobSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (offset >= breaks_at) return fail(Outcome::config, "the disk went away");
    const std::size_t count = std::min<std::size_t>(into.size(), text_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), text_.data() + offset, count);
    return count;
  }
  std::uint64_t breaks_at = UINT64_MAX;

 private:
  std::string text_;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

}  // namespace

TEST_CASE("bodies of every size arrive whole, with their length and without Expect") {
  const std::size_t size = GENERATE(0u, 1u, 1000u, 256u << 10, (256u << 10) + 1, 3'000'000u);
  const auto method = GENERATE("PUT", "POST", "PATCH");
  TextSource source(pattern(size));
  HttpServer server(always(response(201)));
  Request request = get(server.url());
  request.method = method;
  request.body = &source;
  request.headers.add("Content-Type", "application/octet-stream");
  const auto answer = new_client()->send(request);
  REQUIRE(answer);
  CHECK(answer->status == 201);
  const ReceivedRequest seen = server.requests().at(0);
  CHECK(seen.method == method);
  CHECK(seen.header("content-length") == std::to_string(size));
  CHECK(seen.header("content-type") == "application/octet-stream");
  CHECK(seen.header("expect").empty());
  CHECK((seen.body == pattern(size)));
}

TEST_CASE("a part of a body is sent as asked") {
  TextSource source(pattern(10'000));
  HttpServer server(always(response(202)));
  Request request = get(server.url());
  request.method = "PATCH";
  request.body = &source;
  request.body_offset = 4000;
  request.body_length = 2500;
  REQUIRE(new_client()->send(request));
  CHECK((server.requests().at(0).body == pattern(10'000).substr(4000, 2500)));
  request.body_length.reset();
  REQUIRE(new_client()->send(request));
  CHECK((server.requests().at(1).body == pattern(10'000).substr(4000)));
}

TEST_CASE("POST without a body says so, DELETE says nothing") {
  HttpServer server(always(response(202)));
  const auto client = new_client();
  Request request = get(server.url());
  request.method = "POST";
  REQUIRE(client->send(request));
  request.method = "DELETE";
  REQUIRE(client->send(request));
  CHECK(server.requests().at(0).header("content-length") == "0");
  CHECK(server.requests().at(0).header("content-type").empty());
  CHECK(server.requests().at(1).method == "DELETE");
}

TEST_CASE("a body is sent again from its start on a retry") {
  std::atomic<int> failures = 2;
  HttpServer server([&](const ReceivedRequest&, Peer& peer) {
    if (failures-- > 0) {
      peer.hang_up(true);
    } else {
      peer.send(response(201));
    }
  });
  TextSource source(pattern(700'000));
  Request request = get(server.url());
  request.method = "PUT";
  request.body = &source;
  REQUIRE(new_client()->send(request));
  REQUIRE(server.requests().size() == 3);
  CHECK((server.requests().back().body == pattern(700'000)));
}

TEST_CASE("the source's own error ends the request and is handed up as it is") {
  TextSource source(pattern(2'000'000));
  source.breaks_at = GENERATE(0u, 500'000u);
  HttpServer server(always(response(201)));
  Request request = get(server.url());
  request.method = "PUT";
  request.body = &source;
  const Error error = failure_of(*new_client(), request);
  CHECK(error.kind() == Outcome::config);
  CHECK(error.message() == "the disk went away");
  CHECK(server.requests().empty());
}

TEST_CASE("a source that is shorter than it said is an error") {
  TextSource source(pattern(1000));
  HttpServer server(always(response(201)));
  Request request = get(server.url());
  request.method = "PUT";
  request.body = &source;
  request.body_length = 2000;
  CHECK_THAT(failure_of(*new_client(), request).message(), Contains("ends before the size it said"));
}

}  // namespace hallmark::net
