// Whatever the parser takes must be written and read back as the same; the readers must not trip over any of it.
#include <cstdlib>

#include "base/encoding.h"
#include "base/json.h"

using hallmark::base::Json;
using hallmark::base::JsonReader;

namespace {

void read_everything(const Json& value) {
  const JsonReader reader(value, "fuzz");
  for (const char* key : {"mediaType", "size", "digest", "layers", "annotations", "config", ""}) {
    (void)reader.has(key);
    (void)reader.string(key);
    (void)reader.string_or(key, "");
    (void)reader.size(key);
    (void)reader.integer(key);
    (void)reader.base64(key);
    (void)reader.string_map(key);
    if (const auto items = reader.array(key)) {
      for (const auto& item : *items) (void)item.size("size");
    }
    if (const auto member = reader.at(key)) read_everything(member->value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hallmark::BytesView bytes(data, size);
  const auto json = Json::parse(bytes, "fuzz");
  if (!json) {
    // A message must be fit for a terminal, whatever was parsed.
    const auto& message = json.error().message();
    if (message.empty() || hallmark::base::printable(message, message.size()) != message) std::abort();
    return 0;
  }
  read_everything(*json);
  const std::string text = json->dump();
  const auto again = Json::parse(hallmark::as_bytes(text), "again");
  if (!again || !(*again == *json) || again->dump() != text) std::abort();
  const auto pretty = Json::parse(hallmark::as_bytes(json->dump(2)), "pretty");
  if (!pretty || !(*pretty == *json)) std::abort();
  return 0;
}
