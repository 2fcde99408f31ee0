// Exchange: one try of one request: on the wire through the loop, its bodies to and from the sender's thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "net/answer.h"
#include "net/event_loop.h"
#include "net/failure.h"
#include "net/mailbox.h"
#include "net/tls.h"

namespace hallmark::net {

// All that one try needs; whatever it points at outlives the exchange.
struct Try {
  const Request& request;  // method, body, limit, sink
  const Url& url;          // the request's, or where it was redirected to
  const Headers& headers;  // as they are sent
  Route route;
  const TlsSettings* tls = nullptr;        // for https
  const TlsSettings* proxy_tls = nullptr;  // for an https:// proxy
  const std::string& user_agent;
  std::chrono::milliseconds time_left;
  std::uint64_t resume_from = 0;  // bytes the sink has had
  bool http2 = true;
  bool wait_for_multiplex = false;  // rather share a connection that is being set up than open another
};

class Exchange final : public Transfer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Exchange>> create(const Try& what, EasyPool& handles);
  ~Exchange() override;

  // Blocks until the answer is complete or the try has failed.
  [[nodiscard]] std::expected<Answer, Failure> run(EventLoop& loop);

  // Afterwards.
  [[nodiscard]] std::uint64_t delivered() const {
    return delivered_;
  }  // bytes the sink has had, earlier tries included
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  [[nodiscard]] long new_connections() const { return new_connections_; }
  [[nodiscard]] bool multiplexed() const { return multiplexed_; }

  [[nodiscard]] CURL* handle() override { return handle_.get(); }
  void finish(CURLcode code) override;

 private:
  Exchange(const Try& what, EasyPool& handles, EasyHandle handle);
  void set_callbacks();
  [[nodiscard]] Result<void> work_through(EventLoop& loop);
  [[nodiscard]] Result<void> read_source(std::uint64_t position);
  [[nodiscard]] static std::uint64_t upload_bytes(const Request& request);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  Try what_;
  Answer answer_;
  Mailbox mailbox_;
  std::optional<Error> refused_;  // the answer broke a bound
  Breakage breakage_;
  std::uint64_t delivered_;
  std::uint64_t body_bytes_ = 0;
  long new_connections_ = 0;
  bool multiplexed_ = false;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  CurlList lines_;
  EasyPool& handles_;
  EasyHandle handle_;  // last: it points at the members above
};

}  // namespace hallmark::net
