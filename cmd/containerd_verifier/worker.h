// Worker: the process that speaks to registries and parses what they send.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

#include "hallmark/clock.h"
#include "hallmark/decision_cache.h"
#include "hallmark/registry.h"

namespace hallmark::cmd {

// What the worker does once it is locked down; `logins` asks the process that started it, which may run credential
// helpers.
using Work = std::function<Decision(const LoginLookup& logins)>;

struct WorkerTask {
  Work work;
  std::vector<std::filesystem::path> readable;  // files and folders that it opens, beside the system's
};

// Forks a worker that locks itself down before anything else, hands its questions for logins to `logins` and waits for
// its decision. To be called while there is one thread. Errors: unreachable when it is not done by the deadline;
// internal when it ended without an answer, in particular when it was killed for a call that it may not make. Whatever
// the error, the worker is gone.
[[nodiscard]] Result<Decision> run_worker(const WorkerTask& task, const LoginLookup& logins, const Clock& clock,
                                          std::chrono::steady_clock::time_point deadline);

}  // namespace hallmark::cmd
