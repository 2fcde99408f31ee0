#include "registry/checked_source.h"

#include "base/try.h"

namespace hallmark::registry {

Result<std::size_t> CheckedSource::read(std::uint64_t offset, std::span<std::uint8_t> into) {
  auto count = read_along(offset, into);
  spoiled_ = spoiled_ || !count;
  return count;
}

Result<std::size_t> CheckedSource::read_along(std::uint64_t offset, std::span<std::uint8_t> into) {
  HM_TRY(const std::size_t count, source_.read(offset, into));
  const std::uint64_t end = offset + count;
  if (end <= hashed_) return count;
  if (offset > hashed_) return fail(Outcome::internal, "a blob is read with a gap");
  hasher_.update(into.subspan(static_cast<std::size_t>(hashed_ - offset), static_cast<std::size_t>(end - hashed_)));
  hashed_ = end;
  if (hashed_ > descriptor_.size || (count < into.size() && hashed_ < descriptor_.size))
    return fail(Outcome::malformed,
                "blob " + descriptor_.digest.text() + " is not " + std::to_string(descriptor_.size) + " bytes long");
  if (hashed_ == descriptor_.size && !checked_) {
    checked_ = true;
    if (const Digest found = hasher_.finish(); found != descriptor_.digest)
      return fail(Outcome::malformed,
                  "blob " + descriptor_.digest.text() + " holds other bytes: their digest is " + found.text());
  }
  return count;
}

}  // namespace hallmark::registry
