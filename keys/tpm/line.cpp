#include "keys/tpm/line.h"

#include <csignal>

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

constexpr auto kFarewell = std::chrono::seconds(2);  // to flush a session; a TPM takes 20 ms

struct Finish {
  std::mutex mutex;
  std::condition_variable changed;
  bool reached = false;
};

// Signals are for the threads of the program.
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

std::thread start(std::function<void()> task, const std::shared_ptr<Finish>& finish) {
  const BlockedSignals blocked;  // the thread inherits the mask
  return std::thread([run = std::move(task), finish]() mutable {
    run();
    run = nullptr;  // what it held is gone before anybody is told
    const std::lock_guard lock(finish->mutex);
    finish->reached = true;
    finish->changed.notify_all();
  });
}

}  // namespace

bool run_for(std::chrono::milliseconds time, std::function<void()> task) {
  const auto finish = std::make_shared<Finish>();
  std::thread thread;
  try {
    thread = start(std::move(task), finish);
  } catch (const std::system_error&) {
    return false;  // no thread to be had
  }
  {
    std::unique_lock lock(finish->mutex);
    if (!finish->changed.wait_for(lock, time, [&] { return finish->reached; })) {
      lock.unlock();
      thread.detach();
      return false;
    }
  }
  thread.join();
  return true;
}

Error TpmLine::too_late(const std::string& where, Time time) {
  return service_error(where, "it did not answer within " + std::to_string(time.count()) + " ms", Cause::unreachable)
      .with_hint("a TPM that is tested or busy may take longer: give --timeout");
}

Result<std::shared_ptr<TpmLine>> TpmLine::open(const Tcti& tcti, Time time) {
  using Opened = std::optional<Result<std::shared_ptr<TpmDevice>>>;
  const auto opened = std::make_shared<Opened>();
  const std::string where = "TPM " + base::printable(tcti.text());
  if (!run_for(time, [opened, tcti] { opened->emplace(TpmDevice::open(tcti)); })) return fail(too_late(where, time));
  HM_TRY(auto device, *std::move(*opened));
  return std::shared_ptr<TpmLine>(new TpmLine(where, std::move(device)));
}

// The last words to a TPM (its session is flushed) are bounded like all others.
TpmLine::~TpmLine() {
  (void)run_for(kFarewell, [device = std::exchange(device_, nullptr)]() mutable { device.reset(); });
}

}  // namespace hallmark::keys
