// Precedence: which outcome is told when several apply.
#pragma once

#include "hallmark/outcome.h"

namespace hallmark::policy {

// The place of an outcome, 0 first: internal, config, key, usage, unauthorized, unreachable, throttled, malformed,
// not-found (a failed lookup whose answer could still admit outranks every "no"), revoked, expired, denied, untrusted,
// invalid, unsigned; accepted and verified last. The same order for the signatures of one image and for several images.
[[nodiscard]] int precedence(Outcome outcome);

// Whether `a` is told rather than `b`.
[[nodiscard]] inline bool outranks(Outcome a, Outcome b) { return precedence(a) < precedence(b); }

}  // namespace hallmark::policy
