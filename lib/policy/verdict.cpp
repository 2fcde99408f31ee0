#include "hallmark/verdict.h"

#include "policy/precedence.h"

namespace hallmark::policy {

int precedence(Outcome outcome) {
  switch (outcome) {
    case Outcome::internal:
      return 0;
    case Outcome::config:
      return 1;
    case Outcome::key:
      return 2;
    case Outcome::usage:
      return 3;
    case Outcome::unauthorized:
      return 4;
    case Outcome::unreachable:
      return 5;
    case Outcome::throttled:
      return 6;
    case Outcome::malformed:
      return 7;
    case Outcome::not_found:
      return 8;
    case Outcome::revoked:
      return 9;
    case Outcome::expired:
      return 10;
    case Outcome::denied:
      return 11;
    case Outcome::untrusted:
      return 12;
    case Outcome::invalid:
      return 13;
    case Outcome::unsigned_:
      return 14;
    case Outcome::accepted:
      return 15;
    case Outcome::verified:
      return 16;
  }
  return 0;
}

}  // namespace hallmark::policy
