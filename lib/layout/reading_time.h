// ReadingTime: how long one operation may read a layout.
#pragma once

#include <atomic>
#include <string>

#include "hallmark/layout.h"

namespace hallmark::layout {

// Thread-safe.
class ReadingTime {
 public:
  ReadingTime() = default;  // without end
  explicit ReadingTime(const LayoutOptions& options);

  // The whole time again, from now.
  void renew();
  // Kind of errors: unreachable, once the time is over. `what` names the layout.
  [[nodiscard]] Result<void> expect_left(const std::string& what) const;
  // The same, where something was to be read after its end.
  [[nodiscard]] Result<void> expect_sufficed(const std::string& what) const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  [[nodiscard]] std::unexpected<Error> over(const std::string& what) const;

  const Clock* clock_ = nullptr;
  std::chrono::milliseconds whole_{};
  std::atomic<Instant::rep> end_ = 0;
  mutable std::atomic<bool> missed_ = false;
};

}  // namespace hallmark::layout
