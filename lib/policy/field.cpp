#include "policy/field.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/time.h"

namespace hallmark::policy {

using base::Yaml;

Field::Field(const Field& parent, const base::YamlMember& member)
    : notes_(parent.notes_),
      value_(&member.value),
      parent_(&parent),
      key_(member.key),
      line_(member.line),
      column_(member.column) {}

Field::Field(const Field& parent, const Yaml& value, std::size_t index)
    : notes_(parent.notes_),
      value_(&value),
      parent_(&parent),
      index_(index),
      line_(value.line()),
      column_(value.column()) {}

std::string Field::path() const {
  if (parent_ == nullptr) return {};
  const std::string above = parent_->path();
  if (key_.empty()) return above + "[" + std::to_string(index_) + "]";
  return (above.empty() ? "" : above + ".") + base::printable(key_, 80);
}

void Field::error(std::string message) const {
  if (notes_->problems.size() >= limits::policy_problems) return;
  notes_->problems.push_back({false, notes_->name, line_, column_, path(), std::move(message)});
}

void Field::mismatch(std::string_view expected) const {
  error("expected " + std::string(expected) + ", found " + std::string(describe(value_->kind())));
}

bool Field::is_mapping_of(std::initializer_list<std::string_view> known) const {
  const auto* all = value_->as_mapping();
  if (all == nullptr) {
    mismatch("a mapping");
    return false;
  }
  if (all->empty()) error("empty");
  bool sound = !all->empty();
  for (const auto& member : *all) {
    if (std::ranges::find(known, std::string_view(member.key)) != known.end()) continue;
    std::string message = "unknown key; known are ";
    const char* separator = "";
    for (const auto key : known) {
      message += separator + std::string(key);
      separator = ", ";
    }
    Field(*this, member).error(std::move(message));
    sound = false;
  }
  return sound;
}

std::optional<Field> Field::find(std::string_view key) const {
  const auto* all = value_->as_mapping();
  if (all == nullptr) return std::nullopt;
  const auto at = std::ranges::find(*all, key, &base::YamlMember::key);
  return at == all->end() ? std::nullopt : std::optional(Field(*this, *at));
}

std::optional<Field> Field::need(std::string_view key) const {
  auto found = find(key);
  if (!found && value_->as_mapping() != nullptr) error(std::string(key) + " is missing");
  return found;
}

std::vector<Field> Field::items() const {
  std::vector<Field> fields;
  const auto* all = value_->as_sequence();
  if (all == nullptr) {
    mismatch("a list");
    return fields;
  }
  if (all->empty()) error("an empty list");
  fields.reserve(all->size());
  for (std::size_t i = 0; i < all->size(); ++i) fields.push_back(Field(*this, (*all)[i], i));
  return fields;
}

std::vector<Field> Field::items_or_self() const {
  if (value_->as_sequence() != nullptr) return items();
  return {*this};
}

std::vector<Field> Field::members() const {
  std::vector<Field> fields;
  const auto* all = value_->as_mapping();
  if (all == nullptr) {
    mismatch("a mapping");
    return fields;
  }
  if (all->empty()) error("empty");
  fields.reserve(all->size());
  for (const auto& member : *all) fields.push_back(Field(*this, member));
  return fields;
}

std::optional<std::string> Field::text() const {
  const auto* scalar = value_->as_scalar();
  if (scalar == nullptr || value_->kind() != Yaml::Kind::text) {
    const bool quotes = scalar != nullptr;
    mismatch(quotes ? "text (put it in quotes if it is)" : "text");
    return std::nullopt;
  }
  if (scalar->find_first_not_of(" \t\n") == std::string::npos) {
    error("empty text");
    return std::nullopt;
  }
  return *scalar;
}

std::optional<std::uint64_t> Field::number() const {
  const auto* scalar = value_->as_scalar();
  std::uint64_t number = 0;
  if (scalar != nullptr && value_->kind() == Yaml::Kind::integer) {
    const auto [end, code] = std::from_chars(scalar->data(), scalar->data() + scalar->size(), number);
    if (code == std::errc() && end == scalar->data() + scalar->size() && number <= INT64_MAX) return number;
    error("expected a number of 0 or more that fits 63 bits");
    return std::nullopt;
  }
  mismatch("a number");
  return std::nullopt;
}

std::optional<Time> Field::time() const {
  const auto* scalar = value_->as_scalar();
  if (scalar == nullptr) {
    mismatch("a date or time");
    return std::nullopt;
  }
  const auto time = base::parse_time(*scalar);
  if (time) return *time;
  error("expected a date or time like 2026-01-01 or 2026-01-01T08:00:00Z: " + time.error().message());
  return std::nullopt;
}

std::optional<std::chrono::seconds> Field::duration() const {
  const auto* scalar = value_->as_scalar();
  std::uint32_t count = 0;
  if (scalar != nullptr && scalar->size() > 1) {
    const std::string_view number = std::string_view(*scalar).substr(0, scalar->size() - 1);
    const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), count);
    constexpr std::string_view kUnits = "smhd";
    constexpr std::array<std::int64_t, 4> kSeconds = {1, 60, 3600, 86400};
    const auto unit = kUnits.find(scalar->back());
    if (code == std::errc() && end == number.data() + number.size() && unit != std::string_view::npos) {
      return std::chrono::seconds(count * kSeconds[unit]);
    }
  }
  error("expected a time span like 90s, 15m, 24h or 30d");
  return std::nullopt;
}

std::optional<Digest> Field::digest() const {
  const auto said = text();
  if (!said) return std::nullopt;
  auto digest = Digest::parse(*said);
  if (digest) return *std::move(digest);
  error(digest.error().message());
  return std::nullopt;
}

}  // namespace hallmark::policy
