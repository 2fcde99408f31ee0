#include "policy/precedence.h"

#include <catch2/catch.hpp>

#include <array>

using namespace hallmark;

TEST_CASE("outcomes are told in the documented order") {
  constexpr std::array kOrder = {Outcome::internal,     Outcome::config,      Outcome::key,       Outcome::usage,
                                 Outcome::unauthorized, Outcome::unreachable, Outcome::throttled, Outcome::malformed,
                                 Outcome::not_found,    Outcome::revoked,     Outcome::expired,   Outcome::denied,
                                 Outcome::untrusted,    Outcome::invalid,     Outcome::unsigned_, Outcome::accepted,
                                 Outcome::verified};
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    for (std::size_t j = 0; j < kOrder.size(); ++j) CHECK(policy::outranks(kOrder[i], kOrder[j]) == (i < j));
  }
}
