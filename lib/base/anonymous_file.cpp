#include "base/anonymous_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"

namespace hallmark::base {
namespace {

Result<FileDescriptor> anonymous_file_in(const std::filesystem::path& folder) {
  FileDescriptor fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  // A file system without O_TMPFILE: a name for an instant.
  std::string name = (folder / ".hallmark-XXXXXX").native();
  fd = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd.valid()) {
    return fail(Outcome::usage, printable(folder.native(), 400) +
                                    ": no temporary file can be made: " + std::generic_category().message(errno));
  }
  ::unlink(name.c_str());
  return fd;
}

}  // namespace

Result<FileDescriptor> anonymous_file(const std::filesystem::path& folder) {
  if (!folder.empty()) return anonymous_file_in(folder);
  auto fd = anonymous_file_in("/var/tmp");
  return fd ? std::move(fd) : anonymous_file_in("/tmp");
}

Result<void> write_all(int fd, BytesView bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return fail(Outcome::usage, std::string(what) + ": cannot be written: " + std::generic_category().message(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace hallmark::base
