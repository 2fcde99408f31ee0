// MemoryBody: bytes in memory as the body of a request.
#pragma once

#include <algorithm>

#include "hallmark/content_store.h"

namespace hallmark::net {

class MemoryBody final : public BlobSource {
 public:
  explicit MemoryBody(BytesView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    if (offset >= bytes_.size()) return 0;
    const BytesView rest = bytes_.subspan(static_cast<std::size_t>(offset));
    const std::size_t count = std::min(rest.size(), into.size());
    std::copy_n(rest.begin(), count, into.begin());
    return count;
  }

 private:
  BytesView bytes_;
};

}  // namespace hallmark::net
