// TagWriter: read-modify-write of one tag that loses nobody's write. docs/signing-races.md says how, and what remains.
// The editor is shown all that the tag was seen to hold; one that puts back what it misses also mends what our own
// write has buried.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "registry/store.h"

namespace hallmark::registry {

class TagWriter {
 public:
  TagWriter(const RegistryStore& store, const Endpoint& endpoint, std::string_view tag, const TagEditor& editor)
      : store_(store), endpoint_(endpoint), tag_(tag), editor_(editor), settle_(store.parts_.tuning.settle) {}

  // Returns what the tag holds once it holds the edit and keeps it. Kind of errors beside those of reading and writing:
  // unreachable when the tag does not come to rest before the deadline.
  [[nodiscard]] Result<Descriptor> run();

 private:
  using Milliseconds = std::chrono::milliseconds;
  enum class Step : std::uint8_t { held, written, lost };  // lost: another writer, or a write that may not have arrived

  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> read_once();
  [[nodiscard]] Result<std::optional<RegistryStore::Fetched>> fetch() const;
  [[nodiscard]] Result<std::optional<TagEdit>> wanted() const;
  [[nodiscard]] Result<std::optional<TagEdit>> fresh_edit();
  [[nodiscard]] Result<Step> merge();
  [[nodiscard]] Milliseconds freshness() const;
  [[nodiscard]] Result<Step> write(const TagEdit& edit);
  [[nodiscard]] Result<RegistryStore::Answer> send(const TagEdit& edit, bool probing) const;
  [[nodiscard]] Result<Step> judge(const RegistryStore::Answer& answer, const TagEdit& edit, bool probing);
  [[nodiscard]] Result<Step> failed(const Error& error);
  [[nodiscard]] Result<bool> stays();
  [[nodiscard]] Result<std::optional<base::FileLock>> lock() const;
  [[nodiscard]] RegistryStore::Conditions conditions(bool probing) const;
  [[nodiscard]] Result<void> rest(Milliseconds least);
  [[nodiscard]] std::string doing() const;

  const RegistryStore& store_;
  const Endpoint& endpoint_;
  const std::string tag_;
  const TagEditor& editor_;
  Milliseconds settle_;

  std::optional<Content> current_;
  bool seen_ = false;  // the tag was there at some time of this run
  std::string etag_;
  std::string refused_etag_;  // of the last 412
  net::Deadline read_at_{};
  bool conditional_ = false;         // the last write was only done if nobody had written since the read
  bool conditions_useless_ = false;  // this registry refuses the very ETag that it gave
  std::size_t failures_ = 0;         // in a row
  std::optional<Error> last_failure_;
};

}  // namespace hallmark::registry
