#include "net/mailbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hallmark::net {

bool Mailbox::has_room() {
  const std::lock_guard lock(mutex_);
  if (inbox_.size() < kInbox) return true;
  inbox_paused_ = true;
  return false;
}

void Mailbox::deliver(BytesView piece) {
  if (piece.empty()) return;
  const std::lock_guard lock(mutex_);
  inbox_.insert(inbox_.end(), piece.begin(), piece.end());
  if (inbox_.size() >= kPortion) wake_.notify_one();
}

std::optional<std::size_t> Mailbox::take_upload(std::span<char> into) {
  const std::lock_guard lock(mutex_);
  if (position_ == upload_bytes_) return 0;
  const std::size_t ready = std::min(outbox_.size() - outbox_taken_, into.size());
  if (ready == 0) {
    outbox_paused_ = true;
    wake_.notify_one();
    return std::nullopt;
  }
  std::memcpy(into.data(), outbox_.data() + outbox_taken_, ready);
  outbox_taken_ += ready;
  position_ += ready;
  return ready;
}

void Mailbox::rewind(std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  position_ = std::min(position, upload_bytes_);
  outbox_.clear();
  outbox_taken_ = 0;
}

void Mailbox::finish() {
  const std::lock_guard lock(mutex_);
  done_ = true;
  // Under the lock: the sender may drop the mailbox as soon as it sees done_.
  wake_.notify_one();
}

bool Mailbox::wants_upload() const { return outbox_paused_ && outbox_taken_ == outbox_.size(); }

Mailbox::Work Mailbox::wait() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return done_ || inbox_.size() >= kPortion || wants_upload(); });
  Work work;
  work.received = std::exchange(inbox_, {});
  work.resume = std::exchange(inbox_paused_, false);
  if (wants_upload()) work.wanted = position_;
  work.done = done_;
  return work;
}

void Mailbox::supply(std::uint64_t position, Bytes piece) {
  const std::lock_guard lock(mutex_);
  if (position != position_) return;  // rewound meanwhile: it will be asked for again
  outbox_ = std::move(piece);
  outbox_taken_ = 0;
  outbox_paused_ = false;
}

}  // namespace hallmark::net
