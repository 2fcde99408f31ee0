#include "layout/region.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/try.h"
#include "crypto/hash.h"

namespace hallmark::layout {

Result<void> stream(const Region& region, const std::string& what, const BlobSink& sink) {
  constexpr std::size_t kPiece = 256U << 10;
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(region.size, kPiece)));
  std::uint64_t done = 0;
  while (done < region.size) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), region.size - done));
    const ::ssize_t count =
        ::pread(region.file->get(), buffer.data(), wanted, static_cast<::off_t>(region.offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return fail(Outcome::malformed, what + " cannot be read: " + std::generic_category().message(errno));
    }
    if (count == 0) return fail(Outcome::malformed, what + " ends early");
    HM_DO(sink(BytesView(buffer).first(static_cast<std::size_t>(count))));
    done += static_cast<std::uint64_t>(count);
  }
  return {};
}

bool holds(const Region& region, const Digest& digest) {
  Hasher hasher(digest.algorithm());
  const auto read = stream(region, digest.text(), [&](BytesView piece) -> Result<void> {
    hasher.update(piece);
    return {};
  });
  return read && hasher.finish() == digest;
}

Result<void> take_blob(const Descriptor& descriptor, BlobSource& source, const std::string& where,
                       const BlobSink& sink) {
  Hasher hasher(descriptor.digest.algorithm());
  Bytes buffer(256U << 10);
  std::uint64_t done = 0;
  for (;;) {
    HM_TRY(const std::size_t count, source.read(done, buffer));
    if (count == 0 || count > descriptor.size - done) break;
    const auto piece = BytesView(buffer).first(count);
    hasher.update(piece);
    HM_DO(sink(piece));
    done += count;
  }
  if (done == descriptor.size && hasher.finish() == descriptor.digest) return {};
  return fail(Outcome::malformed,
              "a blob to be written to " + where + " is not what its descriptor says: " + descriptor.digest.text());
}

Result<Bytes> read_whole(const Region& region, const std::string& what, std::size_t limit) {
  if (region.size > limit) {
    return fail(Outcome::malformed, what + " has " + std::to_string(region.size) + " bytes, at most " +
                                        std::to_string(limit) + " are read");
  }
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(region.size));
  HM_DO(stream(region, what, [&](BytesView piece) -> Result<void> {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  }));
  return bytes;
}

}  // namespace hallmark::layout
