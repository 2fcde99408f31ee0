#include "keys/kubernetes/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"

namespace hallmark::keys {

Result<std::optional<PrivateFile>> PrivateFile::read(const std::filesystem::path& path, std::size_t limit) {
  const std::string name = base::printable(path.string(), 400);
  // One descriptor for the mode and the bytes: the file cannot be exchanged in between.
  const base::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct ::stat status{};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0)
    return fail(Outcome::key, name + ": cannot be read (" + std::generic_category().message(errno) + ")");
  if (S_ISCHR(status.st_mode) && path == "/dev/null") return std::nullopt;
  if (!S_ISREG(status.st_mode)) return fail(Outcome::key, name + ": is not a regular file");
  HM_TRY(Secret text, base::read_secret(fd.get(), limit, name, Outcome::key));
  return PrivateFile{std::move(text), static_cast<::mode_t>(status.st_mode & 07777)};
}

}  // namespace hallmark::keys
