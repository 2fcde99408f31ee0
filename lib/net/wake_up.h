// WakeUp: a descriptor that becomes readable when another thread calls.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace hallmark::net {

class WakeUp {
 public:
  WakeUp() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~WakeUp() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  WakeUp(WakeUp&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  WakeUp& operator=(WakeUp&&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }  // -1: the system has none left
  // Both cannot fail but where the counter is full or empty, which is as good.
  void call() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
  }

 private:
  int descriptor_;
};

}  // namespace hallmark::net
