// Toml: a parsed, immutable TOML document, every value with its line; toml++ stays behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::base {

struct TomlMember;

// TOML 1.0, without letters beyond ASCII outside of comments. Floats, dates and times are there, but cannot be read.
class Toml {
 public:
  using Array = std::vector<Toml>;
  using Table = std::vector<TomlMember>;  // in the order of the file

  // The root is a table. Kind of errors: malformed; each begins "file:line: ".
  [[nodiscard]] static Result<Toml> parse(std::string_view text, std::string_view file);

  // nullptr where this is of another type.
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const bool* as_boolean() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Table* as_table() const { return std::get_if<Table>(&value_); }
  // nullptr where this is no table or has no such key.
  [[nodiscard]] const Toml* find(std::string_view key) const;

  [[nodiscard]] std::uint32_t line() const { return line_; }  // from 1

 private:
  friend class TomlBuilder;
  std::variant<std::monostate, std::string, std::int64_t, bool, Array, Table> value_;
  std::uint32_t line_ = 1;
};

struct TomlMember {
  std::string key;
  Toml value;
};

}  // namespace hallmark::base
