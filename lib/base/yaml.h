// Yaml: a strictly parsed, immutable YAML document, every node with its place in the file. JSON is read as the YAML it
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hallmark/bytes.h"
#include "hallmark/result.h"

namespace hallmark::base {

struct YamlMember;

struct YamlOptions {
  // Keys that differ only in ASCII case are duplicates, too. Off for documents of others, whose keys may be names.
  bool fold_keys = true;
  bool many_documents = false;
};

// Errors are: duplicate keys, keys that are no text, merge keys (<<), anchors, aliases, tags, directives, a second
// document, depth over limits::yaml_depth, more than limits::yaml_values nodes, invalid UTF-8, a BOM, control
// characters and line ends that readers take differently. Kind of errors: malformed; each begins "file:line:column: ".
class Yaml {
 public:
  using Sequence = std::vector<Yaml>;
  using Mapping = std::vector<YamlMember>;
  enum class Style : std::uint8_t { plain, quoted };  // quoted: also block scalars
  // What a plain scalar is to the readers of YAML 1.1, 1.2 and JSON together; `other`: a number with a fraction or in
  // another base, yes/no/on/off, a date.
  enum class Kind : std::uint8_t { null, boolean, integer, other, text, sequence, mapping };

  // One document; nothing at all is an error.
  [[nodiscard]] static Result<Yaml> parse(std::string_view text, std::string_view file);
  // A stream of them (`options.many_documents`); those without any content are left out.
  [[nodiscard]] static Result<std::vector<Yaml>> parse_all(std::string_view text, std::string_view file,
                                                           const YamlOptions& options);

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] const Sequence* as_sequence() const { return std::get_if<Sequence>(&value_); }
  [[nodiscard]] const Mapping* as_mapping() const { return std::get_if<Mapping>(&value_); }
  // As written, whatever its kind: nullptr for null, sequences and mappings.
  [[nodiscard]] const std::string* as_scalar() const;
  [[nodiscard]] Style style() const { return style_; }
  // nullptr where this is no mapping or has no such key.
  [[nodiscard]] const Yaml* find(std::string_view key) const;

  [[nodiscard]] std::uint32_t line() const { return line_; }      // from 1
  [[nodiscard]] std::uint32_t column() const { return column_; }  // from 1, in bytes
  [[nodiscard]] std::size_t offset() const { return offset_; }    // of its first byte

 private:
  friend class YamlBuilder;
  std::variant<std::monostate, std::string, Sequence, Mapping> value_;
  Style style_ = Style::plain;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  std::uint32_t offset_ = 0;
};

struct YamlMember {
  std::string key;
  std::uint32_t line;
  std::uint32_t column;
  Yaml value;
};

// For messages: "nothing", "a number", "text", "a list", "a mapping", …
[[nodiscard]] std::string_view describe(Yaml::Kind kind);

}  // namespace hallmark::base
