#include "hallmark/result.h"

#include <array>

namespace hallmark {

namespace {

struct OutcomeRow {
  std::string_view word;
  int exit_code;
  bool failure;
};

// In the order of the enumeration.
constexpr std::array<OutcomeRow, 17> kOutcomes{{
    {"verified", 0, false},
    {"accepted", 0, false},
    {"internal", 1, true},
    {"usage", 2, true},
    {"unsigned", 10, false},
    {"invalid", 11, false},
    {"untrusted", 12, false},
    {"expired", 13, false},
    {"revoked", 14, false},
    {"denied", 15, false},
    {"unreachable", 20, true},
    {"unauthorized", 21, true},
    {"not-found", 22, true},
    {"throttled", 23, true},
    {"malformed", 24, true},
    {"key", 30, true},
    {"config", 40, true},
}};
static_assert(kOutcomes.size() == static_cast<std::size_t>(Outcome::config) + 1);

// In the order of the enumeration.
constexpr std::array<std::string_view, 20> kCauses{{
    "",
    "no-credentials",
    "expired-credentials",
    "refused-credentials",
    "access-denied",
    "not-found",
    "disabled",
    "pending-deletion",
    "wrong-key",
    "wrong-answer",
    "malformed-answer",
    "throttled",
    "wrong-region",
    "clock-skew",
    "unreachable",
    "wrong-pin",
    "locked",
    "token-full",
    "already-exists",
    "unsupported",
}};
static_assert(kCauses.size() == static_cast<std::size_t>(Cause::unsupported) + 1);

// A value outside the enumeration can only be a bug, and must not end in exit 0.
const OutcomeRow& row(Outcome outcome) {
  const auto index = static_cast<std::size_t>(outcome);
  return index < kOutcomes.size() ? kOutcomes[index] : kOutcomes[static_cast<std::size_t>(Outcome::internal)];
}

}  // namespace

std::string_view word(Outcome outcome) { return row(outcome).word; }

int exit_code(Outcome outcome) { return row(outcome).exit_code; }

bool is_failure(Outcome outcome) { return row(outcome).failure; }

std::string_view word(Cause cause) {
  const auto index = static_cast<std::size_t>(cause);
  return index < kCauses.size() ? kCauses[index] : std::string_view();
}

Error Error::within(std::string_view doing) const {
  Error error = *this;
  error.message_ = std::string(doing) + ": " + message_;
  return error;
}

Error Error::with_hint(std::string hint) const {
  Error error = *this;
  error.hint_ = std::move(hint);
  return error;
}

Error Error::as(Outcome kind) const {
  Error error = *this;
  error.kind_ = kind;
  return error;
}

Error Error::because(Cause cause) const {
  Error error = *this;
  error.cause_ = cause;
  return error;
}

}  // namespace hallmark
