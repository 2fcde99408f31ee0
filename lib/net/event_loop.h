// EventLoop: the one thread that does all network I/O, over curl's multi interface.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hallmark/result.h"
#include "net/curl_handle.h"
#include "net/wake_up.h"

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

  EventLoop(MultiHandle multi, WakeUp wake_up) : multi_(std::move(multi)), wake_up_(std::move(wake_up)) {}
  void listen();
  void run();
  void post(const Command& command);
  // Takes the commands that wait; with none, notes that the loop is about to sleep. False: the loop is to end.
  [[nodiscard]] bool take_commands(std::vector<Command>& commands);
  void obey(const Command& command);
  void sleep();
  void work();
  void collect_finished();
  void end(std::map<Id, Transfer*>::iterator transfer, CURLcode code);
  [[nodiscard]] int time_to_sleep() const;

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* socket_data);
  static int on_timer(CURLM* multi, long milliseconds, void* self);

  MultiHandle multi_;
  WakeUp wake_up_;
  std::mutex mutex_;
  std::vector<Command> commands_;  // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_
  bool asleep_ = false;            // guarded by mutex_: who posts has to wake the loop
  std::atomic<Id> next_ = 1;
  // The rest belongs to the loop's thread.
  std::map<Id, Transfer*> active_;
  std::vector<pollfd> watched_;  // the first is wake_up_'s; the others are the sockets that curl waits for
  std::vector<pollfd> ready_;
  std::optional<std::chrono::steady_clock::time_point> timer_;  // when curl wants to be called, whatever comes
  std::thread thread_;
};

}  // namespace hallmark::net
