#include <charconv>

#include "base/encoding.h"
#include "base/json.h"
#include "base/try.h"

namespace hallmark::base {

namespace {

std::string_view type_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "a string";
  if (value.is_bool()) return "true or false";
  if (const auto integer = value.as_integer()) return *integer < 0 ? "a negative integer" : "an integer";
  return "a number with a fraction or exponent";
}

Error mismatch(const JsonReader& at, std::string_view expected) {
  return at.error("expected " + std::string(expected) + ", found " + std::string(type_of(at.value())));
}

// Exactly as a peer writes an int64: no sign but "-", no leading zeros, nothing around it.
std::optional<std::int64_t> decimal(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || std::to_string(number) != text) return std::nullopt;
  return number;
}

}  // namespace

Error JsonReader::error(std::string_view problem) const {
  return {Outcome::malformed, path_ + ": " + std::string(problem)};
}

Result<void> JsonReader::expect_object() const {
  if (!value_->is_object()) return fail(mismatch(*this, "an object"));
  return {};
}

bool JsonReader::has(std::string_view key) const {
  const Json* member = value_->find(key);
  return member != nullptr && !member->is_null();
}

Result<JsonReader> JsonReader::at(std::string_view key) const {
  HM_DO(expect_object());
  const Json* member = value_->find(key);
  JsonReader reader(member != nullptr ? *member : *value_, path_ + "." + printable(key, 80));
  if (member == nullptr) return fail(reader.error("missing"));
  return reader;
}

Result<std::string> JsonReader::string(std::string_view key) const {
  HM_TRY(const auto member, at(key));
  const auto* text = member.value().as_string();
  if (text == nullptr) return fail(mismatch(member, "a string"));
  return *text;
}

Result<std::string> JsonReader::string_or(std::string_view key, std::string_view fallback) const {
  HM_DO(expect_object());
  if (!has(key)) return std::string(fallback);
  return string(key);
}

Result<std::uint64_t> JsonReader::size(std::string_view key) const {
  HM_TRY(const auto member, at(key));
  const auto number = member.value().as_integer();
  if (!number || *number < 0) return fail(mismatch(member, "an integer of 0 or more"));
  return static_cast<std::uint64_t>(*number);
}

Result<std::int64_t> JsonReader::integer(std::string_view key) const {
  HM_TRY(const auto member, at(key));
  if (const auto number = member.value().as_integer()) return *number;
  const auto* text = member.value().as_string();
  if (text == nullptr) return fail(mismatch(member, "an integer"));
  if (const auto number = decimal(*text)) return *number;
  return fail(member.error("expected an integer, found \"" + printable(*text, 40) + "\""));
}

Result<Bytes> JsonReader::base64(std::string_view key) const {
  HM_TRY(const auto member, at(key));
  HM_TRY(const auto text, string(key));
  auto bytes = base64_decode(text);
  if (!bytes) return fail(member.error(bytes.error().message()));
  return bytes;
}

Result<std::vector<JsonReader>> JsonReader::array(std::string_view key) const {
  HM_DO(expect_object());
  std::vector<JsonReader> readers;
  if (!has(key)) return readers;
  HM_TRY(const auto member, at(key));
  const auto* items = member.value().as_array();
  if (items == nullptr) return fail(mismatch(member, "an array"));
  readers.reserve(items->size());
  for (const auto& item : *items)
    readers.emplace_back(item, member.path() + "[" + std::to_string(readers.size()) + "]");
  return readers;
}

Result<std::map<std::string, std::string>> JsonReader::string_map(std::string_view key) const {
  HM_DO(expect_object());
  std::map<std::string, std::string> map;
  if (!has(key)) return map;
  HM_TRY(const auto member, at(key));
  const auto* members = member.value().as_object();
  if (members == nullptr) return fail(mismatch(member, "an object"));
  for (const auto& [name, value] : *members) {  // not by their names: that would take quadratic time
    const auto* text = value.as_string();
    if (text == nullptr)
      return fail(mismatch(JsonReader(value, member.path() + "." + printable(name, 80)), "a string"));
    map.emplace(name, *text);
  }
  return map;
}

}  // namespace hallmark::base
