// Outcome: the one word and one exit code in which every answer of hallmark ends.
#pragma once

#include <cstdint>
#include <string_view>

namespace hallmark {

// The same for every format, command and door; `word` and `exit_code` are stable.
enum class Outcome : std::uint8_t {
  verified,      // 0: signed as demanded
  accepted,      // 0: let in by an accept rule
  internal,      // 1: a bug
  usage,         // 2: wrong flags, malformed reference
  unsigned_,     // 10: every lookup succeeded and nothing signed this digest
  invalid,       // 11: signatures exist and are broken in themselves
  untrusted,     // 12: signed by nobody who is trusted for this image
  expired,       // 13: outside a validity window
  revoked,       // 14: digest, key or identity is on a revocation list
  denied,        // 15: the policy says no
  unreachable,   // 20: registry or service cannot be reached, timed out, 5xx
  unauthorized,  // 21: 401/403 from the registry or token server
  not_found,     // 22: no such repository, tag or digest
  throttled,     // 23: 429, and Retry-After is past the deadline
  malformed,     // 24: what was sent breaks a limit, a digest or a schema
  key,           // 30: key cannot be opened or used
  config,        // 40: policy, trust or configuration file is wrong
};

// "verified", "unsigned", "not-found", …: what JSON and text print.
[[nodiscard]] std::string_view word(Outcome outcome);

// The process's exit code for this outcome, 0 … 40.
[[nodiscard]] int exit_code(Outcome outcome);

// Whether the outcome means "could not decide" (an Error) rather than an answer (a Verdict).
[[nodiscard]] bool is_failure(Outcome outcome);

}  // namespace hallmark
