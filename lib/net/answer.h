// Answer: takes in one HTTP response as it arrives and holds it to its bounds. Knows no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"

namespace hallmark::net {

struct AnswerOptions {
  std::size_t limit = 0;          // bytes of a 2xx body kept in memory
  bool streamed = false;          // 2xx bodies go to a sink
  bool head = false;              // no body is expected
  std::uint64_t resume_from = 0;  // bytes of the body that the sink has had from an earlier, broken try
};

// Kind of errors: malformed.
class Answer {
 public:
  explicit Answer(const AnswerOptions& options) : options_(options) {}

  // One line of a header block, line end included, as it came; interim responses (1xx) and trailers too.
  [[nodiscard]] Result<void> header_line(std::string_view line);
  // What of this piece of a streamed body is new to the sink, after a resumed transfer.
  [[nodiscard]] BytesView unseen(BytesView piece);
  // A piece of a body that is kept in memory.
  [[nodiscard]] Result<void> keep(BytesView piece);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool ok() const { return status_ >= 200 && status_ < 300; }
  [[nodiscard]] bool streams() const { return options_.streamed && ok(); }
  [[nodiscard]] const Headers& headers() const { return headers_; }
  [[nodiscard]] const Bytes& body() const { return body_; }
  [[nodiscard]] Response take(std::string url) && {
    return {status_, std::move(headers_), std::move(body_), std::move(url)};
  }

 private:
  [[nodiscard]] Result<void> status_line(std::string_view line);
  [[nodiscard]] Result<void> field_line(std::string_view line);
  [[nodiscard]] Result<void> block_ends();
  [[nodiscard]] Result<void> encodings_are_plain() const;
  [[nodiscard]] Result<void> resumes_where_asked();
  [[nodiscard]] std::size_t body_limit() const;

  AnswerOptions options_;
  int status_ = 0;
  Headers headers_;
  Bytes body_;
  std::size_t header_bytes_ = 0;
  std::uint64_t skip_ = 0;
  bool complete_ = false;  // the final header block is over: what follows are trailers
};

}  // namespace hallmark::net
