#include "net/event_loop.h"

#include <csignal>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/wiped_memory.h"

namespace hallmark::net {
namespace {

constexpr long kPooledConnections = 32;
constexpr int kLongestSleepMs = 60'000;

// Once a process; curl 7.84 and later make it thread-safe. It has OpenSSL read its configuration (a FIPS provider,
// say), which is wanted: 2.3 million instructions, 1.7 of them for that; the first request takes 0.7 more, every other
// one 0.1, a first TLS handshake 16. Never undone: other parts of the process may use curl too.
Result<void> initialise_curl() {
  // Tokens pass through its buffers: they are overwritten when it is done with them.
  static const CURLcode code = curl_global_init_mem(CURL_GLOBAL_SSL, &std::malloc, &base::wiping_free,
                                                    &base::wiping_realloc, &::strdup, &std::calloc);
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
  WakeUp wake_up;
  if (wake_up.descriptor() < 0) return fail(Outcome::internal, "no file descriptor for the network loop");
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(multi), std::move(wake_up)));
  loop->listen();
  try {
    const BlockedSignals blocked;  // the thread inherits the mask
    loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
  } catch (const std::system_error& error) {
    return fail(Outcome::internal, std::string("cannot start the network thread: ") + error.what());
  }
  return loop;
}

// curl tells which sockets it waits for: of many transfers it then looks at those alone that something happened to.
void EventLoop::listen() {
  watched_.push_back({wake_up_.descriptor(), POLLIN, 0});
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kPooledConnections);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &EventLoop::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &EventLoop::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

EventLoop::~EventLoop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_up_.call();
  if (thread_.joinable()) thread_.join();
  multi_.reset();  // while it still has somebody to tell of the sockets that it closes
}

void EventLoop::post(const Command& command) {
  bool asleep = false;
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(command);
    asleep = std::exchange(asleep_, false);
  }
  if (asleep) wake_up_.call();
}

EventLoop::Id EventLoop::add(Transfer& transfer) {
  const Id id = next_++;
  post({Command::Kind::add, id, &transfer});
  return id;
}

void EventLoop::resume(Id id) { post({Command::Kind::resume, id, nullptr}); }

void EventLoop::cancel(Id id) { post({Command::Kind::cancel, id, nullptr}); }

bool EventLoop::take_commands(std::vector<Command>& commands) {
  commands.clear();
  const std::lock_guard lock(mutex_);
  commands.swap(commands_);
  asleep_ = commands.empty();
  return !stopping_;
}

void EventLoop::run() {
  std::vector<Command> commands;
  while (take_commands(commands)) {
    if (commands.empty()) sleep();
    for (const Command& command : commands) obey(command);
    work();
    collect_finished();
  }
  for (const Command& command : commands) obey(command);
  while (!active_.empty()) end(active_.begin(), CURLE_ABORTED_BY_CALLBACK);
}

int EventLoop::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*socket_data*/) {
  auto& watched = static_cast<EventLoop*>(self)->watched_;
  const auto known =
      std::find_if(watched.begin() + 1, watched.end(), [socket](const pollfd& one) { return one.fd == socket; });
  if (what == CURL_POLL_REMOVE) {
    if (known != watched.end()) watched.erase(known);
    return 0;
  }
  const auto events = static_cast<short>((what != CURL_POLL_OUT ? POLLIN : 0) | (what != CURL_POLL_IN ? POLLOUT : 0));
  if (known != watched.end()) {
    known->events = events;
  } else {
    watched.push_back({socket, events, 0});
  }
  return 0;
}

int EventLoop::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto& timer = static_cast<EventLoop*>(self)->timer_;
  timer.reset();
  if (milliseconds >= 0) timer = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

int EventLoop::time_to_sleep() const {
  if (!timer_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestSleepMs));
}

// Until a socket is ready, curl's time has come, or a command was posted.
void EventLoop::sleep() {
  const int ready = ::poll(watched_.data(), watched_.size(), time_to_sleep());
  {
    const std::lock_guard lock(mutex_);
    asleep_ = false;
  }
  if (ready <= 0) return;
  if (watched_.front().revents != 0) wake_up_.clear();
  // A copy: curl changes what is watched while it works.
  std::copy_if(watched_.begin() + 1, watched_.end(), std::back_inserter(ready_),
               [](const pollfd& one) { return one.revents != 0; });
  // What was closed without a word must not keep the loop awake for ever.
  std::erase_if(watched_, [](const pollfd& one) { return (one.revents & POLLNVAL) != 0; });
}

void EventLoop::work() {
  int running = 0;
  for (const pollfd& one : ready_) {
    const int happened = ((one.revents & (POLLIN | POLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
                         ((one.revents & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((one.revents & (POLLERR | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(multi_.get(), one.fd, happened, &running);
  }
  ready_.clear();
  if (!timer_ || *timer_ > std::chrono::steady_clock::now()) return;
  timer_.reset();  // curl sets the next
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
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
