// for_each_parallel: the bounded worker pool behind fetches and checks.
#pragma once

#include <cstddef>
#include <functional>

namespace hallmark::base {

// Calls work(0) … work(count - 1), at most `most` at once, the calling thread among them; returns when all have
// returned. What `work` throws is thrown here, once the others have ended. With most <= 1 or count <= 1 no thread is
// started.
void for_each_parallel(std::size_t count, std::size_t most, const std::function<void(std::size_t)>& work);

}  // namespace hallmark::base
