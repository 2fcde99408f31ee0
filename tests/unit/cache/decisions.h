// Keys and decisions for tests of the cache.
#pragma once

#include "hallmark/decision_cache.h"

namespace hallmark {

inline Digest digest_of(std::string_view text) { return Digest::of(as_bytes(text)); }

inline DecisionKey key_for(std::string_view subject) {
  return {digest_of(subject), "registry.example/app", digest_of("policy"), digest_of("trust"), "1.0"};
}

inline constexpr Time kNoon{std::chrono::seconds(1'795'348'800)};
inline constexpr Time kLater = kNoon + std::chrono::hours(24);

inline const Decision kAdmitted{Outcome::verified, true, true, "", ""};
inline const Decision kDenied{Outcome::untrusted, false, true, "no signature by a trusted key", "ask the release team"};

inline bool same(const Decision& a, const Decision& b) {
  return a.outcome == b.outcome && a.admitted == b.admitted && a.enforced == b.enforced && a.reason == b.reason &&
         a.hint == b.hint;
}

}  // namespace hallmark
