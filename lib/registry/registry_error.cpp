#include "registry/registry_error.h"

#include "base/encoding.h"
#include "base/json.h"

namespace hallmark::registry {
namespace {

const base::Json* first_error(const base::Json& json) {
  const base::Json* errors = json.find("errors");
  if (errors == nullptr || !errors->is_array() || errors->as_array()->empty()) return nullptr;
  return &errors->as_array()->front();
}

std::string text_at(const base::Json* object, std::string_view key, std::size_t most) {
  const base::Json* value = object == nullptr ? nullptr : object->find(key);
  return value != nullptr && value->is_string() ? base::printable(*value->as_string(), most) : std::string();
}

}  // namespace

Outcome outcome_of(int status) {
  if (status == 401 || status == 403) return Outcome::unauthorized;
  if (status == 404) return Outcome::not_found;
  if (status == 429) return Outcome::throttled;
  return status >= 500 ? Outcome::unreachable : Outcome::malformed;
}

std::string error_code(const net::Response& response) {
  if (response.body.empty()) return {};
  const auto json = base::Json::parse(response.body, "error");
  return json ? text_at(first_error(*json), "code", 40) : std::string();
}

bool says_no_such_route(const net::Response& response) {
  return response.status == 404 && !response.body.empty() && !base::Json::parse(response.body, "error");
}

std::string answer_text(const net::Response& response) {
  std::string text = std::to_string(response.status);
  const auto json =
      response.body.empty() ? Result<base::Json>(base::Json()) : base::Json::parse(response.body, "error");
  if (!json) return text;
  const base::Json* error = first_error(*json);
  const std::string code = text_at(error, "code", 40);
  std::string message = text_at(error, "message", 120);
  if (error == nullptr) message = text_at(&*json, "details", 120);  // docker's token server
  if (!code.empty()) text += " " + code;
  if (!message.empty()) text += ": " + message;
  return text;
}

}  // namespace hallmark::registry
