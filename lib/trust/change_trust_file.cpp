#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "hallmark/trust.h"

namespace hallmark {
namespace {

namespace fs = std::filesystem;

constexpr auto kPatience = std::chrono::seconds(10);  // for another process that writes a few kilobytes

}  // namespace

Result<void> change_trust_file(const fs::path& named, const std::function<Result<void>(TrustFile&)>& change) {
  const std::string name = base::printable(named.string());
  std::error_code problem;
  const bool link = fs::is_symlink(fs::symlink_status(named, problem));
  const fs::path file = link ? fs::canonical(named, problem) : named;  // a link stays one
  if (link && problem)
    return fail(Outcome::config, "the trust file " + name + " is a link that leads nowhere: " + problem.message());
  problem.clear();
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), problem);
  if (problem)
    return fail(Outcome::config, "the folder of the trust file " + name + " cannot be made: " + problem.message());
  fs::path lock = file;
  lock += ".lock";
  const auto held = base::FileLock::acquire(lock, kPatience);
  if (!held) return fail(held.error().as(Outcome::config).within("the trust file " + name));
  HM_TRY(TrustFile trust, TrustFile::read(file));
  HM_DO(change(trust));
  const std::string text = trust.json();
  if (text.size() > limits::trust_file_bytes)
    return fail(Outcome::config, "the trust file " + name + " would have more than the limit of " +
                                     std::to_string(limits::trust_file_bytes) + " bytes");
  const auto written = base::write_file(file, as_bytes(text), {.mode = 0644});
  if (!written) return fail(written.error().as(Outcome::config));
  return {};
}

}  // namespace hallmark
