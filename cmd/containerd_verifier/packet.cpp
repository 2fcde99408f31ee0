#include "cmd/containerd_verifier/packet.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hallmark::cmd {
namespace {

Error broken(std::string_view what) {
  return {Outcome::internal, "between the verifier's two processes: " + std::string(what)};
}

}  // namespace

Packet::Packet(char kind) : bytes_(kMostBytes) { bytes_.writable()[0] = static_cast<std::uint8_t>(kind); }

Packet& Packet::add(std::string_view text) {
  full_ = full_ || text.size() + 4 > kMostBytes - size_;
  if (full_) return *this;
  const auto into = bytes_.writable();
  for (int shift = 24; shift >= 0; shift -= 8) into[size_++] = static_cast<std::uint8_t>(text.size() >> shift);
  std::ranges::copy(as_bytes(text), into.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += text.size();
  return *this;
}

Result<void> Packet::send(int socket) const {
  if (full_) return fail(broken("more than 64 KiB to say"));
  ::ssize_t sent = 0;
  do {
    sent = ::send(socket, bytes_.view().data(), size_, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent != static_cast<::ssize_t>(size_)) return fail(broken(std::strerror(errno)));
  return {};
}

Result<Packet> Packet::receive(int socket) {
  Secret bytes(kMostBytes);
  ::ssize_t got = 0;
  do {
    got = ::recv(socket, bytes.writable().data(), kMostBytes, MSG_TRUNC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail(broken(std::strerror(errno)));
  if (got == 0) return fail(broken("one ended without an answer"));
  if (static_cast<std::size_t>(got) > kMostBytes) return fail(broken("a packet of more than 64 KiB"));
  return Packet(std::move(bytes), static_cast<std::size_t>(got));
}

Result<std::string_view> Packet::next() {
  const auto rest = bytes_.view().subspan(at_, size_ - at_);
  if (rest.size() < 4) return fail(broken("a packet ends early"));
  const std::size_t length =
      std::size_t{rest[0]} << 24 | std::size_t{rest[1]} << 16 | std::size_t{rest[2]} << 8 | rest[3];
  if (length > rest.size() - 4) return fail(broken("a packet ends early"));
  at_ += 4 + length;
  return as_text(rest.subspan(4, length));
}

}  // namespace hallmark::cmd
