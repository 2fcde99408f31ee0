// What the tests of key providers share: a clock that stands, variables, and an HTTP client that answers from a script.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "hallmark/clock.h"
#include "keys/provider/services.h"

namespace hallmark::test {

class StandingClock final : public Clock {
 public:
  explicit StandingClock(std::string_view now = "2026-11-28T12:00:00Z") : now_(*base::parse_time(now)) {}
  [[nodiscard]] Time now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return steady_; }
  void advance(std::chrono::seconds by) {
    now_ += by;
    steady_ += by;
  }

 private:
  Time now_;
  std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();  // a child process has the real one
};

// A request as it was sent, its body read.
struct SentRequest {
  net::Request request;  // `body` is null
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const {
    const std::string* value = request.headers.find(name);
    return value == nullptr ? std::string() : *value;
  }
};

class ScriptedHttp final : public net::HttpClient {
 public:
  using Script = std::function<Result<net::Response>(const SentRequest&)>;
  explicit ScriptedHttp(Script script = {}) : script_(std::move(script)) {}
  void answer(Script script) { script_ = std::move(script); }

  [[nodiscard]] Result<net::Response> send(const net::Request& request) override {
    SentRequest one{request, {}};
    if (request.body != nullptr) {
      one.body.resize(static_cast<std::size_t>(request.body->size()));
      const auto count = request.body->read(0, {reinterpret_cast<std::uint8_t*>(one.body.data()), one.body.size()});
      if (!count) return fail(count.error());
      one.request.body = nullptr;
    }
    sent.push_back(one);
    if (!script_) return fail(Outcome::unreachable, "nobody answers " + request.url);
    return script_(one);
  }
  [[nodiscard]] net::Statistics statistics() const override { return {sent.size(), 0, 0}; }

  std::vector<SentRequest> sent;

 private:
  Script script_;
};

[[nodiscard]] inline net::Response json_response(int status, std::string_view body) {
  return {status, {{"Content-Type", "application/json"}}, to_bytes(body), {}};
}

// Services of a process with these variables and these two networks.
struct KeyServices {
  StandingClock clock{};
  ScriptedHttp http{};
  ScriptedHttp metadata{};
  std::map<std::string, std::string> variables{};

  [[nodiscard]] keys::Services services() {
    return {clock, http, metadata, [this](const std::string& name) -> std::optional<Secret> {
              const auto found = variables.find(name);
              if (found == variables.end()) return std::nullopt;
              return Secret::copy_of(std::string_view(found->second));
            }};
  }
};

}  // namespace hallmark::test
