// HttpServer: a scripted HTTP/1.1 server for tests. It sends exactly the bytes it is told to, honest or not, over a
// plain socket or TLS, and remembers what it was asked.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/test_ca.h"

namespace hallmark::test {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::size_t connection = 0;  // which one it came over, from 1

  // The first header of this (lower-case) name, or empty.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// One end of a connection, within a handler.
class Peer {
 public:
  virtual ~Peer() = default;
  // False once the other side is gone; handlers that drip should stop then.
  virtual bool send(std::string_view bytes) = 0;
  // Up to `most` bytes; empty at the end.
  virtual std::string receive(std::size_t most) = 0;
  // Whether bytes, or the end, have come within this time.
  virtual bool readable(std::chrono::milliseconds time) = 0;
  // After the handler: end the connection, with an RST when asked.
  virtual void hang_up(bool reset = false) = 0;
  // Waits, but not beyond the server's end. False when that has come.
  virtual bool pause(std::chrono::milliseconds time) = 0;
};

struct ServerTls {
  Issued identity = {};
  std::string client_ca = {};  // PEM: demand client certificates by it
  bool only_tls_1_0 = false;   // speaks nothing newer
};

class HttpServer {
 public:
  using Handler = std::function<void(const ReceivedRequest&, Peer&)>;

  // Listens on 127.0.0.1, on a free port; a thread per connection. Handlers may run side by side and must not use
  // Catch's macros.
  explicit HttpServer(Handler handler);
  HttpServer(Handler handler, ServerTls tls);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url(std::string_view path = "/") const;  // http(s)://127.0.0.1:port/path
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  class Connection;
  void listen();
  void accept_all();
  void serve(int socket, std::size_t number);

  Handler handler_;
  std::shared_ptr<void> tls_context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// "HTTP/1.1 200 X" with Content-Length and these header lines ("Name: value\r\n" each).
[[nodiscard]] std::string response(int status, std::string_view body = {}, std::string_view header_lines = {});

}  // namespace hallmark::test
