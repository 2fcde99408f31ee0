// Field: a value of a policy file with its path, read into types; what is wrong is noted, and reading goes on.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "hallmark/policy.h"

namespace hallmark::policy {

// The file at hand, and what was found wrong in it.
struct FileNotes {
  std::uint32_t number;  // index into Policy::files()
  const std::string& name;
  std::vector<PolicyProblem>& problems;
};

// The path is put together only for messages. A Field must not outlive its parent.
class Field {
 public:
  Field(FileNotes& notes, const base::Yaml& value) : notes_(&notes), value_(&value) {}

  [[nodiscard]] const base::Yaml& value() const { return *value_; }
  [[nodiscard]] PolicyPlace place() const { return {notes_->number, line_, column_}; }
  [[nodiscard]] std::string path() const;
  void error(std::string message) const;

  // A mapping with none but these keys, and at least one; else noted.
  [[nodiscard]] bool is_mapping_of(std::initializer_list<std::string_view> known) const;
  // The member, if it is there. What is there and empty (`key:`) is an error of its reader.
  [[nodiscard]] std::optional<Field> find(std::string_view key) const;
  [[nodiscard]] std::optional<Field> need(std::string_view key) const;  // noted if it is not there
  // The items of a list that is not empty; else noted.
  [[nodiscard]] std::vector<Field> items() const;
  // The items of a list, or the value alone.
  [[nodiscard]] std::vector<Field> items_or_self() const;
  [[nodiscard]] std::vector<Field> members() const;  // of a mapping; noted if it is none or is empty
  [[nodiscard]] std::string_view key() const { return key_; }

  // Nothing, and noted, where it is of another type. Text is not empty.
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<std::uint64_t> number() const;
  [[nodiscard]] std::optional<Time> time() const;
  [[nodiscard]] std::optional<std::chrono::seconds> duration() const;  // "90s", "15m", "24h", "30d"
  [[nodiscard]] std::optional<Digest> digest() const;

 private:
  Field(const Field& parent, const base::YamlMember& member);
  Field(const Field& parent, const base::Yaml& value, std::size_t index);
  void mismatch(std::string_view expected) const;

  FileNotes* notes_;
  const base::Yaml* value_;
  const Field* parent_ = nullptr;
  std::string_view key_ = {};
  std::size_t index_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

}  // namespace hallmark::policy
