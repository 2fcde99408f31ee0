// EventLoop: the one thread that does all network I/O, over curl's multi interface.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "hallmark/result.h"
#include "net/curl_handle.h"

namespace hallmark::net {

// What the loop drives. Both functions are called on its thread.
class Transfer {
 public:
  virtual ~Transfer() = default;
  [[nodiscard]] virtual CURL* handle() = 0;
  // The last call for this transfer; it may be gone when this returns.
  virtual void finish(CURLcode code) = 0;
};

// Thread-safe. Connections, DNS answers and TLS sessions are pooled here.
class EventLoop {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EventLoop>> start();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  using Id = std::uint64_t;
  // `transfer` must live until its finish() was called.
  [[nodiscard]] Id add(Transfer& transfer);
  // Goes on after a callback paused it. Nothing happens where it has finished.
  void resume(Id id);
  // Ends it: finish(CURLE_ABORTED_BY_CALLBACK), unless it has finished.
  void cancel(Id id);

 private:
  struct Command {
    enum class Kind : std::uint8_t { add, resume, cancel } kind;
    Id id;
    Transfer* transfer;
  };

  explicit EventLoop(MultiHandle multi) : multi_(std::move(multi)) {}
  void run();
  void post(const Command& command);
  void obey(const Command& command);
  void collect_finished();
  void end(std::map<Id, Transfer*>::iterator transfer, CURLcode code);

  MultiHandle multi_;
  std::mutex mutex_;
  std::vector<Command> commands_;  // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_
  std::atomic<Id> next_ = 1;
  std::map<Id, Transfer*> active_;  // the loop's thread only
  std::thread thread_;
};

}  // namespace hallmark::net
