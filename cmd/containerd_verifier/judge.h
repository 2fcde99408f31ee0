// judge: from what containerd asks to the answer it gets.
#pragma once

#include <chrono>
#include <filesystem>
#include <span>

#include "cmd/common/environment.h"
#include "hallmark/clock.h"
#include "hallmark/decision_cache.h"
#include "hallmark/policy.h"
#include "node/paths.h"

namespace hallmark::cmd {

struct Judgement {
  std::string image;  // "registry.example/app@sha256:…"
  Decision decision;
  bool cached = false;
  std::string note = {};  // for standard error: why the cache was not used
};

// Where things are is fixed, by `usual` and /etc/hallmark/config.yaml: a variable or a flag could be set by whom the
// policy is there to stop. `environment` is asked for the proxy variables alone. An Error refuses the image as well.
// Everything ends before `deadline`.
[[nodiscard]] Result<Judgement> judge(std::span<const char* const> arguments, int input, const Environment& environment,
                                      const Clock& clock, std::chrono::steady_clock::time_point deadline,
                                      const node::NodePaths& usual = {});

// Until when the decision may be kept: the policy's `cache:` (what is not plainly admitted counts as denied), and no
// longer than every `from`, `until` and accept rule stays on its side of now.
[[nodiscard]] Time kept_until(const Policy& policy, const Decision& decision, Time now);

}  // namespace hallmark::cmd
