#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace hallmark::base {

void for_each_parallel(std::size_t count, std::size_t most, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto take_all = [&] {
    try {
      for (std::size_t index = next++; index < count; index = next++) work(index);
    } catch (...) {
      next = count;  // the others end with what they have begun
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  const std::size_t helpers = std::min(count, most) > 1 ? std::min(count, most) - 1 : 0;
  std::vector<std::jthread> threads;
  threads.reserve(helpers);
  for (std::size_t i = 0; i < helpers; ++i) {
    try {
      threads.emplace_back(take_all);
    } catch (const std::system_error&) {
      break;  // no more threads to be had: the work is done by fewer
    }
  }
  take_all();
  threads.clear();  // joins them
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace hallmark::base
