// A tag that many write: its manifest names them, so that a test sees whose write was lost.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/content_store.h"

namespace hallmark::test {

inline constexpr auto* kWritersType = "application/vnd.oci.image.manifest.v1+json";

// A tag whose manifest names its writers in annotations: {"w1":"1",…}
inline std::string with_writers(const std::vector<std::string>& writers) {
  std::string notes;
  for (const auto& writer : writers) notes += (notes.empty() ? "\"" : ",\"") + writer + "\":\"1\"";
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kWritersType) +
         R"(","config":{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},)"
         R"("layers":[],"annotations":{)" +
         notes + "}}";
}

inline std::vector<std::string> writers_in(std::string_view text) {
  std::vector<std::string> out;
  const auto start = text.find("\"annotations\":{") + 15;
  std::string_view rest = text.substr(start);
  while (rest.starts_with('"') || rest.starts_with(",\"")) {
    rest.remove_prefix(rest.find('"') + 1);
    out.emplace_back(rest.substr(0, rest.find('"')));
    rest.remove_prefix(rest.find(":\"1\"") + 4);
  }
  return out;
}

inline TagEditor adding(const std::string& writer) {
  return [writer](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    auto writers = current ? writers_in(as_text(current->bytes)) : std::vector<std::string>();
    if (std::ranges::find(writers, writer) != writers.end()) return std::nullopt;
    writers.push_back(writer);
    return TagEdit{kWritersType, to_bytes(with_writers(writers))};
  };
}

}  // namespace hallmark::test
