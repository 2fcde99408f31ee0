// Descriptor: what a blob or manifest is called, how long it is, and what it says of itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "hallmark/digest.h"

namespace hallmark {

using Annotations = std::map<std::string, std::string>;

// Source: image-spec image-index.md, "platform". Written os/architecture[/variant]: "linux/arm64/v8".
struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;

  [[nodiscard]] static Result<Platform> parse(std::string_view text);  // kind: usage
  [[nodiscard]] std::string text() const;
  // Whether an entry of this platform serves who asks for `wanted` (an empty variant in `wanted` takes any).
  [[nodiscard]] bool serves(const Platform& wanted) const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

// Source: image-spec descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;  // bytes
  std::string artifact_type = {};
  Annotations annotations = {};
  std::optional<Platform> platform = {};

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace hallmark
