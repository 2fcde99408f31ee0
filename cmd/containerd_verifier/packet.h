// Packet: what the two processes of the verifier tell each other, one datagram each.
#pragma once

#include <string_view>

#include "hallmark/bytes.h"
#include "hallmark/result.h"
#include "hallmark/secret.h"

namespace hallmark::cmd {

// A letter for what it is, then texts, each after its length (4 bytes, big-endian). In wiped memory: logins pass here.
class Packet {
 public:
  static constexpr std::size_t kMostBytes = 64u << 10;  // fits the buffer of a Unix socket

  explicit Packet(char kind);
  // A text that does not fit is an error of send().
  Packet& add(std::string_view text);
  [[nodiscard]] Result<void> send(int socket) const;

  // Kind of errors: internal; for one that is too long, and for the end of the other process.
  [[nodiscard]] static Result<Packet> receive(int socket);
  [[nodiscard]] char kind() const { return static_cast<char>(bytes_.view()[0]); }
  // The next text. Kind of errors: internal.
  [[nodiscard]] Result<std::string_view> next();

 private:
  explicit Packet(Secret bytes, std::size_t size) : bytes_(std::move(bytes)), size_(size) {}
  Secret bytes_;
  std::size_t size_ = 1;
  std::size_t at_ = 1;
  bool full_ = false;
};

}  // namespace hallmark::cmd
