#include "registry/tag_watch.h"

#include <system_error>
#include <utility>

#include "base/limits.h"

namespace hallmark::registry {

TagWatch::TagWatch(std::chrono::milliseconds pause, Read read) : pause_(pause), read_(std::move(read)) {
  try {
    thread_ = std::thread([this] { look(); });
  } catch (const std::system_error&) {
    stopping_ = true;  // no more threads to be had: then nobody watches, as if nothing had been seen
  }
}

TagWatch::~TagWatch() { (void)stop(); }

std::vector<Content> TagWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  return std::exchange(seen_, {});
}

void TagWatch::look() {
  while (rested()) {
    auto now = read_();
    if (now && *now) keep(**std::move(now));
  }
}

// False: it is over.
bool TagWatch::rested() {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, pause_, [this] { return stopping_; });
}

void TagWatch::keep(Content content) {
  if (bytes_ + content.bytes.size() > limits::candidate_bytes) return;
  if (!digests_.insert(content.descriptor.digest).second) return;
  bytes_ += content.bytes.size();
  seen_.push_back(std::move(content));
}

}  // namespace hallmark::registry
