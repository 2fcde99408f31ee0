// TpmLine: the way to one TPM, on which nobody waits longer than they want to.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "keys/tpm/device.h"

namespace hallmark::keys {

// Runs `task` in a thread of its own and waits for it that long. False: it goes on without anybody waiting, and ends
// with the process at the latest; whatever it touches must belong to it.
[[nodiscard]] bool run_for(std::chrono::milliseconds time, std::function<void()> task);

// The drivers of tpm2-tss block in connect, write and read, whatever time they are given, and so does the kernel's
// device: only another thread can be left behind. What a task holds is therefore held by value or shared.
class TpmLine {
 public:
  using Time = std::chrono::milliseconds;

  // Kind of all errors: key, with a cause; unreachable, when the time is up.
  [[nodiscard]] static Result<std::shared_ptr<TpmLine>> open(const Tcti& tcti, Time time);
  ~TpmLine();
  TpmLine(const TpmLine&) = delete;
  TpmLine& operator=(const TpmLine&) = delete;

  [[nodiscard]] const std::string& where() const { return where_; }
  // Whether a task was left behind: the TPM may still answer to that, so nothing more can be asked.
  [[nodiscard]] bool lost() const { return lost_; }

  template <class Value>
  [[nodiscard]] Result<Value> ask(Time time, std::function<Result<Value>(TpmDevice&)> task) {
    if (lost_) return fail(too_late(where_, time));
    auto answer = std::make_shared<std::optional<Result<Value>>>();
    if (!run_for(time, [answer, time, device = device_, run = std::move(task)] {
          // The last try of a busy TPM is answered before the time is up: that it is busy says more than that it is
          // late.
          device->be_patient_until(std::chrono::steady_clock::now() + time * 4 / 5);
          answer->emplace(run(*device));
        })) {
      lost_ = true;
      device_->abandon();
      return fail(too_late(where_, time));
    }
    return *std::move(*answer);
  }

 private:
  TpmLine(std::string where, std::shared_ptr<TpmDevice> device)
      : where_(std::move(where)), device_(std::move(device)) {}
  [[nodiscard]] static Error too_late(const std::string& where, Time time);

  std::string where_;
  std::shared_ptr<TpmDevice> device_;
  bool lost_ = false;
};

}  // namespace hallmark::keys
