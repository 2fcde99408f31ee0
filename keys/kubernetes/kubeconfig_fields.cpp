#include "keys/kubernetes/kubeconfig_fields.h"

#include <charconv>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using base::Json;
using base::Yaml;

const Yaml& nothing() {
  static const Yaml none;
  return none;
}

std::string expected(std::string_view key, std::string_view what, Yaml::Kind found) {
  return std::string(key) + ": expected " + std::string(what) + ", found " + std::string(base::describe(found));
}

Json json_of(const Yaml& value) {
  if (const auto* members = value.as_mapping()) {
    Json::Object object;
    for (const auto& member : *members) object.emplace_back(member.key, json_of(member.value));
    return object;
  }
  if (const auto* items = value.as_sequence()) {
    Json::Array array;
    for (const auto& item : *items) array.push_back(json_of(item));
    return array;
  }
  const std::string* text = value.as_scalar();
  if (text == nullptr) return {};
  if (value.kind() == Yaml::Kind::boolean) return *text == "true" || *text == "True" || *text == "TRUE";
  std::int64_t number = 0;
  if (value.kind() == Yaml::Kind::integer &&
      std::from_chars(text->data(), text->data() + text->size(), number).ptr == text->data() + text->size())
    return number;
  return *text;
}

}  // namespace

Result<KubeconfigFields> KubeconfigFields::of(const Yaml& value, const std::filesystem::path& file,
                                              std::string_view what) {
  const KubeconfigFields fields(value, file);
  if (value.as_mapping() == nullptr && value.kind() != Yaml::Kind::null)
    return fail(fields.error(value, expected(what, "a mapping", value.kind())));
  return fields;
}

Error KubeconfigFields::error(const Yaml& at, std::string_view problem) const {
  return {Outcome::key, base::printable(file_->string(), 400) + ":" + std::to_string(at.line()) + ":" +
                            std::to_string(at.column()) + ": " + std::string(problem)};
}

bool KubeconfigFields::has(std::string_view key) const {
  const Yaml* value = mapping_->find(key);
  if (value == nullptr || value->kind() == Yaml::Kind::null) return false;
  return value->as_scalar() == nullptr || !value->as_scalar()->empty();
}

Result<std::string> KubeconfigFields::text(std::string_view key) const {
  if (!has(key)) return std::string();
  const Yaml& value = *mapping_->find(key);
  if (value.kind() != Yaml::Kind::text)
    return fail(error(value, expected(key, "text", value.kind()) + (value.as_scalar() ? ": put it in quotes" : "")));
  return *value.as_scalar();
}

Result<bool> KubeconfigFields::flag(std::string_view key) const {
  if (!has(key)) return false;
  const Yaml& value = *mapping_->find(key);
  if (value.kind() != Yaml::Kind::boolean) return fail(error(value, expected(key, "true or false", value.kind())));
  return json_of(value).as_bool().value_or(false);
}

Result<Secret> KubeconfigFields::base64(std::string_view key) const {
  HM_TRY(const std::string text, this->text(key));
  auto bytes = base::base64_decode(text);
  if (!bytes) return fail(error(*mapping_->find(key), std::string(key) + ": is no base64"));
  Secret secret = Secret::copy_of(BytesView(*bytes));
  wipe(*bytes);
  return secret;
}

Result<std::filesystem::path> KubeconfigFields::path(std::string_view key) const {
  HM_TRY(const std::string text, this->text(key));
  if (text.empty()) return std::filesystem::path();
  if (text.find('\0') != std::string::npos)
    return fail(error(*mapping_->find(key), std::string(key) + ": has a NUL byte"));
  return std::filesystem::absolute(*file_).parent_path() / text;
}

Result<std::vector<std::string>> KubeconfigFields::texts(std::string_view key) const {
  std::vector<std::string> all;
  if (!has(key)) return all;
  const Yaml& value = *mapping_->find(key);
  if (value.as_sequence() == nullptr) return fail(error(value, expected(key, "a list", value.kind())));
  for (const Yaml& item : *value.as_sequence()) {
    if (item.kind() != Yaml::Kind::text)
      return fail(error(item, expected(key, "text", item.kind()) + (item.as_scalar() ? ": put it in quotes" : "")));
    all.push_back(*item.as_scalar());
  }
  return all;
}

Result<std::vector<KubeconfigFields>> KubeconfigFields::mappings(std::string_view key) const {
  std::vector<KubeconfigFields> all;
  if (!has(key)) return all;
  const Yaml& value = *mapping_->find(key);
  if (value.as_sequence() == nullptr) return fail(error(value, expected(key, "a list", value.kind())));
  for (const Yaml& item : *value.as_sequence()) {
    HM_TRY(const KubeconfigFields fields, of(item, *file_, key));
    all.push_back(fields);
  }
  return all;
}

Result<KubeconfigFields> KubeconfigFields::mapping(std::string_view key) const {
  const Yaml* value = mapping_->find(key);
  return of(value == nullptr ? nothing() : *value, *file_, key);
}

Json KubeconfigFields::json(std::string_view key) const {
  const Yaml* value = mapping_->find(key);
  return value == nullptr ? Json() : json_of(*value);
}

}  // namespace hallmark::keys
