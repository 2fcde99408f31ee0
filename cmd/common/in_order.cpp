#include "cmd/common/in_order.h"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/parallel.h"

namespace hallmark::cmd {

namespace {

// What the threads share: the items taken but not yet answered, oldest first.
class Window {
 public:
  Window(std::size_t size, const std::function<std::optional<std::string>()>& next,
         const std::function<void(std::shared_ptr<void>)>& take)
      : size_(size), next_(next), take_(take) {}

  struct Slot {
    std::string item;
    std::shared_ptr<void> answer;
  };

  // The next item, with the slot its answer goes to; nothing at the end. Answers pass on while an item is waited for.
  Slot* claim() {
    const std::lock_guard reading(reading_);
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return slots_.size() < size_; });
    }
    std::optional<std::string> item;
    if (!ended_) item = next_();
    ended_ = !item;
    if (!item) return nullptr;
    const std::lock_guard lock(mutex_);
    // A deque keeps its elements in place while both ends change.
    return &slots_.emplace_back(Slot{*std::move(item), nullptr});
  }

  void answer(Slot& slot, std::shared_ptr<void> answer) {
    const std::lock_guard lock(mutex_);
    slot.answer = std::move(answer);
    while (!slots_.empty() && slots_.front().answer != nullptr) {
      take_(std::move(slots_.front().answer));
      slots_.pop_front();
    }
    room_.notify_all();
  }

 private:
  const std::size_t size_;
  const std::function<std::optional<std::string>()>& next_;
  const std::function<void(std::shared_ptr<void>)>& take_;
  std::mutex reading_;  // taken before mutex_
  bool ended_ = false;  // under reading_
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Slot> slots_;
};

}  // namespace

void work_in_order(const InOrder& options, const std::function<std::optional<std::string>()>& next,
                   const std::function<std::shared_ptr<void>(const std::string&)>& work,
                   const std::function<void(std::shared_ptr<void>)>& take) {
  Window window(options.window, next, take);
  base::for_each_parallel(options.threads, options.threads, [&](std::size_t) {
    while (Window::Slot* slot = window.claim()) window.answer(*slot, work(slot->item));
  });
}

}  // namespace hallmark::cmd
