// Json: a strictly parsed, immutable JSON document, and the builder of the documents we write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::base {

// Strict (RFC 8259 and more): errors are duplicate keys (also those that differ only in ASCII case, which Go peers
// would merge), depth over limits::json_depth, more than limits::json_values, invalid UTF-8 and lone surrogates, a BOM,
// trailing bytes, NUL bytes, integers that do not fit int64 and other numbers that are no finite double. Keys keep the
// order of the document. Getters name the path of what is missing or of another type: "manifest.config.size: expected
// an integer of 0 or more, found a string".
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(std::int64_t value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object(std::initializer_list<Member> members) { return {Object(members)}; }
  static Json from(const std::map<std::string, std::string>& text);

  // `what` opens every path in errors: "manifest", "auth.json". Kind of all errors: malformed.
  [[nodiscard]] static Result<Json> parse(BytesView bytes, std::string_view what);

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }

  // nullptr / empty where this is of another type: for callers that look before they take.
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&value_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<double> as_double() const;  // numbers with a fraction or an exponent only

  void set(std::string key, Json value);  // on an object (or null, which becomes one); replaces
  void push_back(Json value);             // on an array (or null)

  // Compact, keys in the order given, non-ASCII as UTF-8, no HTML escapes. `indent` > 0 pretty-prints.
  [[nodiscard]] std::string dump(int indent = -1) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Reads one object with errors that carry the path. `JsonReader manifest(json, "manifest");`
class JsonReader {
 public:
  JsonReader(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  [[nodiscard]] const Json& value() const { return *value_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Error error(std::string_view problem) const;  // "<path>: <problem>", malformed

  [[nodiscard]] Result<void> expect_object() const;
  [[nodiscard]] bool has(std::string_view key) const;  // present and not null
  [[nodiscard]] Result<JsonReader> at(std::string_view key) const;
  [[nodiscard]] Result<std::string> string(std::string_view key) const;
  [[nodiscard]] Result<std::string> string_or(std::string_view key, std::string_view fallback) const;  // absent or null
  [[nodiscard]] Result<std::uint64_t> size(std::string_view key) const;  // an integer of 0 or more
  [[nodiscard]] Result<std::int64_t> integer(
      std::string_view key) const;                                 // also a decimal string, as proto3-JSON writes int64
  [[nodiscard]] Result<Bytes> base64(std::string_view key) const;  // strict standard alphabet
  [[nodiscard]] Result<std::vector<JsonReader>> array(std::string_view key) const;  // absent or null: empty
  [[nodiscard]] Result<std::map<std::string, std::string>> string_map(
      std::string_view key) const;  // absent or null: empty

 private:
  const Json* value_;
  std::string path_;
};

}  // namespace hallmark::base
