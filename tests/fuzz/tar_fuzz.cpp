// Archives: whatever comes, nothing is written under a name of theirs, and what is found lies within bounds.
#include <sys/mman.h>

#include <cstdlib>

#include "base/anonymous_file.h"
#include "layout/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  base::FileDescriptor file(::memfd_create("archive", MFD_CLOEXEC));
  if (!base::write_all(file.get(), {data, size}, "memory")) std::abort();
  const layout::ReadingTime unlimited;
  const auto tar = layout::Tar::open(std::move(file), "archive", {.temp_dir = "/dev/shm", .time = unlimited});
  if (!tar) return 0;
  (void)(*tar)->index();
  const auto blobs = (*tar)->blobs();
  if (!blobs) std::abort();
  for (const auto& digest : *blobs) {
    const auto region = (*tar)->blob(digest);
    if (!region || !*region) std::abort();
    // Within the file, so that all of it can be read.
    if (!layout::stream(**region, "blob", [](BytesView) -> Result<void> { return {}; })) std::abort();
  }
  return 0;
}
