// HTTP/2 against a real server: nginx, where it is installed.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>

#include "client_fixture.h"
#include "support/temporary_folder.h"

namespace hallmark::net {
namespace {

using namespace std::chrono_literals;

std::string nginx_program() {
  for (const char* path : {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  std::cout << "SKIPPED http2: nginx is not installed\n";
  return {};
}

// Files under www/, writable by PUT, over TLS with HTTP/2 (or only 1.1), on a port of its own.
class Nginx {
 public:
  Nginx(const std::string& program, bool http2) {
    folder_.put("server.crt", identity_.certificate);
    folder_.put("server.key", identity_.key);
    folder_.put("ca.crt", ca_.certificate());
    std::filesystem::create_directory(folder_ / "www");
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
    std::filesystem::permissions(folder_ / "www", std::filesystem::perms::all);
    {
      const test::HttpServer free([](const auto&, auto&) {});
      port_ = free.port();
    }
    const std::string root = folder_.path().string();
    folder_.put("nginx.conf", "daemon off; pid " + root + "/pid; error_log " + root +
                                  "/error; worker_processes 1; events {} http { access_log off; client_max_body_size 0;"
                                  "client_body_temp_path " +
                                  root + "/t1; proxy_temp_path " + root +
                                  "/t2;"
                                  "fastcgi_temp_path " +
                                  root + "/t3; uwsgi_temp_path " + root +
                                  "/t4;"
                                  "scgi_temp_path " +
                                  root + "/t5; server { listen 127.0.0.1:" + std::to_string(port_) + " ssl" +
                                  (http2 ? " http2" : "") + "; ssl_certificate " + root +
                                  "/server.crt; ssl_certificate_key " + root + "/server.key; root " + root +
                                  "/www; dav_methods PUT; } }");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl(program.c_str(), program.c_str(), "-e", (root + "/error").c_str(), "-p", root.c_str(), "-c",
              (root + "/nginx.conf").c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Nginx() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  [[nodiscard]] Request request(const std::string& path) const {
    Request made = get("https://127.0.0.1:" + std::to_string(port_) + path, 20s);
    made.tls.ca_files = {folder_ / "ca.crt"};
    return made;
  }
  void put(const std::string& name, const std::string& text) const {
    const auto path = folder_.put("www/" + name, text);
    std::filesystem::permissions(path, std::filesystem::perms::all);
  }
  // With another client, so that the one under test starts cold.
  [[nodiscard]] bool is_up() const {
    const auto client = new_client();
    for (int i = 0; i < 100; ++i) {
      if (client->send(request("/"))) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  [[nodiscard]] std::string errors() const { return test::text_of(folder_ / "error"); }

 private:
  test::TemporaryFolder folder_;
  test::TestCa ca_;
  test::Issued identity_ = ca_.issue();
  int port_ = 0;
  pid_t pid_ = -1;
};

class TextSource final : public BlobSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    const std::size_t count = std::min<std::size_t>(into.size(), text_.size() - static_cast<std::size_t>(offset));
    std::memcpy(into.data(), text_.data() + offset, count);
    return count;
  }

 private:
  std::string text_;
};

}  // namespace

TEST_CASE("many requests at once share one HTTP/2 connection, from the first on") {
  const std::string program = nginx_program();
  if (program.empty()) return;
  const bool http2 = GENERATE(true, false);
  const Nginx nginx(program, http2);
  INFO(nginx.errors());
  REQUIRE(nginx.is_up());
  nginx.put("small", "hello");
  const auto client = new_client();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&] {
      const auto answer = client->send(nginx.request("/small"));
      good += answer && as_text(answer->body) == "hello" ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 12);
  if (http2) CHECK(client->statistics().connections == 1);
}

TEST_CASE("documents and blobs follow each other on one client, in any order") {
  const std::string program = nginx_program();
  if (program.empty()) return;
  const Nginx nginx(program, GENERATE(true, false));
  INFO(nginx.errors());
  REQUIRE(nginx.is_up());
  nginx.put("small", "hello");
  const auto client = new_client();
  for (const bool streamed : {false, true, true, false, false, true}) {
    std::string received;
    Request request = nginx.request("/small");
    if (streamed)
      request.sink = [&](BytesView piece) -> Result<void> {
        received += as_text(piece);
        return {};
      };
    const auto answer = client->send(request);
    INFO((answer ? std::string() : answer.error().message()));
    REQUIRE(answer);
    CHECK((streamed ? received : std::string(as_text(answer->body))) == "hello");
  }
}

TEST_CASE("bodies of many megabytes go both ways over HTTP/2 and 1.1, with a slow sink") {
  const std::string program = nginx_program();
  if (program.empty()) return;
  const Nginx nginx(program, GENERATE(true, false));
  INFO(nginx.errors());
  REQUIRE(nginx.is_up());
  std::string body(12'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 7);
  const auto client = new_client();

  TextSource source(body);
  Request put = nginx.request("/up");
  put.method = "PUT";
  put.body = &source;
  const auto stored = client->send(put);
  REQUIRE(stored);
  CHECK(stored->status == 201);

  std::string got;
  Request request = nginx.request("/up");
  request.sink = [&](BytesView piece) -> Result<void> {
    got += as_text(piece);
    if (got.size() % 5 == 0) std::this_thread::sleep_for(3ms);
    return {};
  };
  std::thread beside([&] { CHECK(client->send(nginx.request("/")).has_value()); });
  const auto answer = client->send(request);
  beside.join();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK((got == body));
}

TEST_CASE("over HTTP/2, too, a body over its limit is broken off [attack 21]") {
  const std::string program = nginx_program();
  if (program.empty()) return;
  const Nginx nginx(program, true);
  REQUIRE(nginx.is_up());
  nginx.put("large", std::string(2'000'000, 'x'));
  const auto client = new_client();
  const Error error = failure_of(*client, nginx.request("/large"));
  CHECK(error.kind() == Outcome::malformed);
  CHECK_THAT(error.message(), Contains("announces a body of 2000000 bytes"));
  CHECK(client->send(nginx.request("/")));
}

}  // namespace hallmark::net
