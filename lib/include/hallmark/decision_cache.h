// DecisionCache: decisions of earlier runs on this machine, so that a second pull of the same digest costs no request.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "hallmark/clock.h"
#include "hallmark/digest.h"
#include "hallmark/outcome.h"
#include "hallmark/result.h"

namespace hallmark {

// All that a decision rests on beside the image's signatures and the time: when any of it changes, nothing is found.
struct DecisionKey {
  Digest subject;
  std::string repository;  // normalised, without tag or digest
  Digest policy;           // Policy::hash
  Digest trust;            // PolicyDemand::trust_hash
  std::string program;     // version: another one may decide otherwise
};

struct Decision {
  Outcome outcome;  // an answer; what could not be decided is never kept
  bool admitted = false;
  bool enforced = true;  // false: under `mode: warn`
  std::string reason = {};
  std::string hint = {};
};

// One SQLite file for any number of processes, each with a DecisionCache of its own; not for several threads. What is
// damaged, busy, full or read-only makes it forget, never answer wrongly: every entry carries a SHA-256 over itself and
// its key.
class DecisionCache {
 public:
  // Makes the file where it is missing, 0600, in a folder that is there. Kind of errors: config, for a file or folder
  // that another user owns or that others may write, a symbolic link, and a file that is something else. The caller
  // goes on without a cache.
  [[nodiscard]] static Result<DecisionCache> open(const std::filesystem::path& file);

  DecisionCache(DecisionCache&&) noexcept;
  DecisionCache& operator=(DecisionCache&&) noexcept;
  ~DecisionCache();

  // Nothing where the key is unknown, its entry has expired, is damaged or is of a time that has not come (the clock
  // was set back).
  [[nodiscard]] std::optional<Decision> find(const DecisionKey& key, Time now);
  // Kept until `expires`; anything but an answer (is_failure) is not kept at all, and neither is what has expired
  // already. A failure costs the next run a verification and is told for the log alone. Kind of errors: config.
  [[nodiscard]] Result<void> store(const DecisionKey& key, const Decision& decision, Time now, Time expires);

  struct Database;

 private:
  explicit DecisionCache(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace hallmark
