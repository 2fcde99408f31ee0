// TagWatch: what a tag holds while a write to it is on its way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark::registry {

// Reads the tag from a thread of its own, first after `pause`, then again after each further one, until it is told to
// stop: a write that is quick costs no request. For writers whose write is held up for longer than others watch theirs.
class TagWatch {
 public:
  using Read = std::function<Result<std::optional<Content>>()>;
  TagWatch(std::chrono::milliseconds pause, Read read);
  ~TagWatch();
  TagWatch(const TagWatch&) = delete;
  TagWatch& operator=(const TagWatch&) = delete;

  // Everything different that was seen, in its order. A read that is under way is waited for; failed ones saw nothing.
  [[nodiscard]] std::vector<Content> stop();

 private:
  void look();
  [[nodiscard]] bool rested();
  void keep(Content content);

  const std::chrono::milliseconds pause_;
  const Read read_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;      // guarded by mutex_
  std::vector<Content> seen_;  // of the watching thread, until it has ended
  std::set<Digest> digests_;
  std::size_t bytes_ = 0;
  std::thread thread_;
};

}  // namespace hallmark::registry
