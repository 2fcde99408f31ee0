#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "hallmark/descriptor.h"

namespace hallmark {
namespace {

bool is_word(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

// The variant that an architecture means when it says none (image-spec image-index.md, "Platform Variants").
std::string_view default_variant(std::string_view architecture) {
  if (architecture == "arm64") return "v8";
  if (architecture == "arm") return "v7";
  if (architecture == "amd64") return "v1";
  return {};
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
  std::array<std::string_view, 3> parts;
  std::size_t count = 0;
  for (auto rest = text;; ++count) {
    const auto slash = rest.find('/');
    if (count == parts.size()) break;
    parts[count] = rest.substr(0, slash);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  const bool sound =
      count >= 1 && count < parts.size() && is_word(parts[0]) && is_word(parts[1]) && (count == 1 || is_word(parts[2]));
  if (!sound) {
    return fail(Outcome::usage, "malformed platform \"" + base::printable(text) +
                                    "\": expected os/architecture[/variant], as in linux/arm64");
  }
  return Platform{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? std::string() : "/" + variant);
}

bool Platform::serves(const Platform& wanted) const {
  if (os != wanted.os || architecture != wanted.architecture) return false;
  if (wanted.variant.empty() || variant == wanted.variant) return true;
  return variant.empty() && wanted.variant == default_variant(architecture);
}

}  // namespace hallmark
