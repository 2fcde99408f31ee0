// Whatever is taken has places inside the file; JSON that is taken as YAML says the same in both.
#include <cstdlib>

#include "base/encoding.h"
#include "base/json.h"
#include "base/yaml.h"

using hallmark::base::Json;
using hallmark::base::Yaml;

namespace {

void check(const Yaml& value, std::size_t size) {
  if (value.offset() > size || value.line() == 0 || value.column() == 0) std::abort();
  if (hallmark::base::describe(value.kind()).empty()) std::abort();
  if (const auto* items = value.as_sequence()) {
    for (const auto& item : *items) check(item, size);
  }
  if (const auto* members = value.as_mapping()) {
    for (const auto& member : *members) {
      if (value.find(member.key) != &member.value) std::abort();
      check(member.value, size);
    }
  }
}

bool same(const Json& json, const Yaml& yaml) {
  if (const auto* object = json.as_object()) {
    const auto* members = yaml.as_mapping();
    if (members == nullptr || members->size() != object->size()) return false;
    for (std::size_t i = 0; i < object->size(); ++i) {
      if ((*members)[i].key != (*object)[i].first || !same((*object)[i].second, (*members)[i].value)) return false;
    }
    return true;
  }
  if (const auto* array = json.as_array()) {
    const auto* items = yaml.as_sequence();
    if (items == nullptr || items->size() != array->size()) return false;
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (!same((*array)[i], (*items)[i])) return false;
    }
    return true;
  }
  if (const auto* text = json.as_string()) return yaml.as_scalar() != nullptr && *yaml.as_scalar() == *text;
  return yaml.as_sequence() == nullptr && yaml.as_mapping() == nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = Yaml::parse_all(text, "fuzz", {.fold_keys = false, .many_documents = true});
  const auto yaml = Yaml::parse(text, "fuzz");
  if (all) {
    for (const auto& document : *all) check(document, size);
  }
  if (!yaml) {
    const auto& message = yaml.error().message();
    if (hallmark::base::printable(message, message.size()) != message) std::abort();
    return 0;
  }
  if (!all || all->size() != 1) std::abort();
  const auto json = Json::parse(hallmark::as_bytes(text), "fuzz");
  if (json && !same(*json, *yaml)) std::abort();
  return 0;
}
