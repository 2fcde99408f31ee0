#include "net/event_loop.h"

#include <csignal>

#include <algorithm>
#include <system_error>
#include <utility>

namespace hallmark::net {
namespace {

constexpr long kPooledConnections = 32;
// curl's own timers and every command cut it short; what a command waits whose wake-up could not be sent.
constexpr int kLongestWaitMs = 500;

// Once a process; curl 7.84 and later make it thread-safe. It has OpenSSL read its configuration (a FIPS provider,
// say), which is wanted: 2.3 million instructions, 1.7 of them for that; the first request takes 0.7 more, every other
// one 0.1, a first TLS handshake 16. Never undone: other parts of the process may use curl too.
Result<void> initialise_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_SSL);
  if (code != CURLE_OK) return fail(Outcome::internal, std::string("curl cannot start: ") + curl_easy_strerror(code));
  return {};
}

// Signals are for the threads of the program; a SIGPIPE from deep inside a TLS shutdown is for nobody.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::start() {
  if (auto ready = initialise_curl(); !ready) return std::unexpected(std::move(ready).error());
  MultiHandle multi(curl_multi_init());
  if (!multi) return fail(Outcome::internal, "no memory for the network loop");
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kPooledConnections);
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(multi)));
  try {
    const BlockedSignals blocked;  // the thread inherits the mask
    loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
  } catch (const std::system_error& error) {
    return fail(Outcome::internal, std::string("cannot start the network thread: ") + error.what());
  }
  return loop;
}

EventLoop::~EventLoop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_.get());
  if (thread_.joinable()) thread_.join();
}

void EventLoop::post(const Command& command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(command);
  }
  curl_multi_wakeup(multi_.get());
}

EventLoop::Id EventLoop::add(Transfer& transfer) {
  const Id id = next_++;
  post({Command::Kind::add, id, &transfer});
  return id;
}

void EventLoop::resume(Id id) { post({Command::Kind::resume, id, nullptr}); }

void EventLoop::cancel(Id id) { post({Command::Kind::cancel, id, nullptr}); }

void EventLoop::run() {
  for (;;) {
    std::vector<Command> commands;
    bool stop = false;
    {
      const std::lock_guard lock(mutex_);
      commands.swap(commands_);
      stop = stopping_;
    }
    for (const Command& command : commands) obey(command);
    if (stop) break;
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    collect_finished();
    curl_multi_poll(multi_.get(), nullptr, 0, kLongestWaitMs, nullptr);
  }
  while (!active_.empty()) end(active_.begin(), CURLE_ABORTED_BY_CALLBACK);
}

void EventLoop::obey(const Command& command) {
  if (command.kind == Command::Kind::add) {
    const auto added = active_.emplace(command.id, command.transfer).first;
    if (curl_multi_add_handle(multi_.get(), command.transfer->handle()) != CURLM_OK) end(added, CURLE_FAILED_INIT);
    return;
  }
  const auto found = active_.find(command.id);
  if (found == active_.end()) return;
  if (command.kind == Command::Kind::resume) {
    curl_easy_pause(found->second->handle(), CURLPAUSE_CONT);
  } else {
    end(found, CURLE_ABORTED_BY_CALLBACK);
  }
}

void EventLoop::collect_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message goes with the handle
    const auto found = std::find_if(active_.begin(), active_.end(), [handle = message->easy_handle](const auto& entry) {
      return entry.second->handle() == handle;
    });
    if (found != active_.end()) end(found, code);
  }
}

void EventLoop::end(std::map<Id, Transfer*>::iterator transfer, CURLcode code) {
  Transfer* const ended = transfer->second;
  active_.erase(transfer);
  curl_multi_remove_handle(multi_.get(), ended->handle());
  ended->finish(code);
}

}  // namespace hallmark::net
