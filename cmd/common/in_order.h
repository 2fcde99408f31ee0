// work_in_order: a stream of items, worked on in parallel, answered in order, with memory that does not grow.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hallmark::cmd {

struct InOrder {
  std::size_t threads = 8;
  std::size_t window = 64;  // items taken but not yet answered, at most
};

// Takes items from `next` (called by one thread at a time) until it has none, calls `work` on them from several
// threads, and `take` with the answers in the order of the items, one at a time. `work` may start out of order but
// never more than `window` ahead of what was taken. None of the three may throw.
void work_in_order(const InOrder& options, const std::function<std::optional<std::string>()>& next,
                   const std::function<std::shared_ptr<void>(const std::string&)>& work,
                   const std::function<void(std::shared_ptr<void>)>& take);

// The same, typed.
template <class Answer>
void work_in_order(const InOrder& options, const std::function<std::optional<std::string>()>& next,
                   const std::function<Answer(const std::string&)>& work, const std::function<void(Answer&&)>& take) {
  work_in_order(
      options, next,
      [&](const std::string& item) -> std::shared_ptr<void> { return std::make_shared<Answer>(work(item)); },
      [&](const std::shared_ptr<void>& answer) { take(std::move(*static_cast<Answer*>(answer.get()))); });
}

}  // namespace hallmark::cmd
