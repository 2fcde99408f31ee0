#include "base/json.h"

#include <algorithm>

namespace hallmark::base {

Json Json::from(const std::map<std::string, std::string>& text) {
  Object members;
  members.reserve(text.size());
  for (const auto& [key, value] : text) members.emplace_back(key, Json(value));
  return {std::move(members)};
}

const Json* Json::find(std::string_view key) const {
  const auto* members = as_object();
  if (members == nullptr) return nullptr;
  const auto at = std::find_if(members->begin(), members->end(), [&](const Member& m) { return m.first == key; });
  return at == members->end() ? nullptr : &at->second;
}

std::optional<std::int64_t> Json::as_integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  return std::nullopt;
}

std::optional<bool> Json::as_bool() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  return std::nullopt;
}

std::optional<double> Json::as_double() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  return std::nullopt;
}

void Json::set(std::string key, Json value) {
  if (!is_object()) value_ = Object{};
  auto& members = std::get<Object>(value_);
  const auto at = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.first == key; });
  if (at != members.end()) {
    at->second = std::move(value);
  } else {
    members.emplace_back(std::move(key), std::move(value));
  }
}

void Json::push_back(Json value) {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
}

}  // namespace hallmark::base
