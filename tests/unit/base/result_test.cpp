#include "hallmark/result.h"

#include <catch2/catch.hpp>

#include "base/try.h"

using namespace hallmark;

namespace {

Result<int> doubled(Result<int> number) {
  HM_TRY(const int value, number);
  return value * 2;
}

Result<void> both(Result<void> first, Result<void> second) {
  HM_DO(first);
  HM_DO(second);
  return {};
}

}  // namespace

TEST_CASE("every outcome has its word, its exit code and its side") {
  struct Case {
    Outcome outcome;
    std::string_view word;
    int exit_code;
    bool failure;
  };
  const auto [outcome, name, code, failure] = GENERATE(values<Case>({
      {Outcome::verified, "verified", 0, false},
      {Outcome::accepted, "accepted", 0, false},
      {Outcome::internal, "internal", 1, true},
      {Outcome::usage, "usage", 2, true},
      {Outcome::unsigned_, "unsigned", 10, false},
      {Outcome::invalid, "invalid", 11, false},
      {Outcome::untrusted, "untrusted", 12, false},
      {Outcome::expired, "expired", 13, false},
      {Outcome::revoked, "revoked", 14, false},
      {Outcome::denied, "denied", 15, false},
      {Outcome::unreachable, "unreachable", 20, true},
      {Outcome::unauthorized, "unauthorized", 21, true},
      {Outcome::not_found, "not-found", 22, true},
      {Outcome::throttled, "throttled", 23, true},
      {Outcome::malformed, "malformed", 24, true},
      {Outcome::key, "key", 30, true},
      {Outcome::config, "config", 40, true},
  }));
  CHECK(word(outcome) == name);
  CHECK(exit_code(outcome) == code);
  CHECK(is_failure(outcome) == failure);
}

TEST_CASE("an outcome that does not exist is a bug and never exit 0") {
  CHECK(word(static_cast<Outcome>(200)) == "internal");
  CHECK(exit_code(static_cast<Outcome>(200)) == 1);
  CHECK(is_failure(static_cast<Outcome>(200)));
}

TEST_CASE("an error tells its path and keeps kind and hint") {
  const Error error = Error(Outcome::malformed, "not base64").with_hint("look at it").within("reading keys/a.pub");
  CHECK(error.message() == "reading keys/a.pub: not base64");
  CHECK(error.hint() == "look at it");
  CHECK(error.kind() == Outcome::malformed);
  const Error key = error.as(Outcome::key);
  CHECK(key.kind() == Outcome::key);
  CHECK(key.message() == error.message());
  CHECK(key.hint() == error.hint());
}

TEST_CASE("HM_TRY and HM_DO hand errors up and let values through") {
  CHECK(doubled(21).value() == 42);
  CHECK(doubled(fail(Outcome::key, "no key")).error().message() == "no key");
  CHECK(both({}, {}).has_value());
  CHECK(both({}, fail(Outcome::usage, "second")).error().message() == "second");
}
