// Mailbox: where the loop's thread and the thread that waits in send() hand each other pieces of bodies, so that sinks
// and sources (hashing, disks) never hold up the loop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "hallmark/bytes.h"

namespace hallmark::net {

class Mailbox {
 public:
  static constexpr std::size_t kInbox = 256u << 10;   // bytes waiting for the sink before the transfer pauses
  static constexpr std::size_t kPortion = 64u << 10;  // bytes that are worth waking the sender for before the end
  static constexpr std::size_t kChunk = 256u << 10;   // bytes read ahead from the source

  explicit Mailbox(std::uint64_t upload_bytes) : upload_bytes_(upload_bytes) {}

  // The loop's side.
  // False: the inbox is full; pause, and the sender resumes the transfer once it has emptied it.
  [[nodiscard]] bool has_room();
  void deliver(BytesView piece);
  // How many bytes were put into `into`; 0 at the end; nothing: pause until the source was read.
  [[nodiscard]] std::optional<std::size_t> take_upload(std::span<char> into);
  // The body is wanted again from here (bytes from its start).
  void rewind(std::uint64_t position);
  void finish();

  // The sender's side.
  struct Work {
    Bytes received;                       // for the sink
    std::optional<std::uint64_t> wanted;  // the source is to be read from this position
    bool resume = false;                  // the transfer had paused for want of room
    bool done = false;                    // nothing comes after this
  };
  [[nodiscard]] Work wait();
  void supply(std::uint64_t position, Bytes piece);

 private:
  [[nodiscard]] bool wants_upload() const;

  std::mutex mutex_;
  std::condition_variable wake_;
  Bytes inbox_;
  bool inbox_paused_ = false;
  Bytes outbox_;                  // what lies ready, from position_ on
  std::size_t outbox_taken_ = 0;  // of which this much is gone
  std::uint64_t position_ = 0;    // of the next byte to be sent
  const std::uint64_t upload_bytes_;
  bool outbox_paused_ = false;
  bool done_ = false;
};

}  // namespace hallmark::net
