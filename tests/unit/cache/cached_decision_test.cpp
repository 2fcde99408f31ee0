#include "cache/cached_decision.h"

#include <catch2/catch.hpp>

#include <set>

#include "unit/cache/decisions.h"

using namespace hallmark;
using cache::CachedDecision;

TEST_CASE("a decision is read as it was written") {
  const Bytes name = cache::name_of(key_for("image"));
  for (const auto& decision :
       {kAdmitted, kDenied, Decision{Outcome::unsigned_, true, false, "nothing signed this digest", ""}}) {
    const auto read = cache::decode(cache::encode({decision, kNoon, kLater}, name), name);
    REQUIRE(read);
    CHECK(same(read->decision, decision));
    CHECK(read->decided == kNoon);
    CHECK(read->expires == kLater);
  }
}

TEST_CASE("every field of the key makes another name") {
  const auto base = key_for("image");
  std::set<Bytes> names{cache::name_of(base)};
  for (int field = 0; field < 5; ++field) {
    auto other = base;
    if (field == 0) other.subject = digest_of("another");
    if (field == 1) other.repository += "2";
    if (field == 2) other.policy = digest_of("another");
    if (field == 3) other.trust = digest_of("another");
    if (field == 4) other.program = "1.1";
    CHECK(names.insert(cache::name_of(other)).second);
  }
  auto swapped = base;
  std::swap(swapped.policy, swapped.trust);
  CHECK(names.insert(cache::name_of(swapped)).second);
}

TEST_CASE("no bit of an entry can change, and it counts for its own key alone") {
  const Bytes name = cache::name_of(key_for("image"));
  const Bytes sound = cache::encode({kDenied, kNoon, kLater}, name);
  for (std::size_t at = 0; at < 8 * sound.size(); ++at) {
    Bytes altered = sound;
    altered[at / 8] ^= static_cast<std::uint8_t>(1u << at % 8);
    CHECK_FALSE(cache::decode(altered, name));
  }
  for (std::size_t size = 0; size < sound.size(); ++size)
    CHECK_FALSE(cache::decode(BytesView(sound).first(size), name));
  CHECK_FALSE(cache::decode(sound, cache::name_of(key_for("another"))));
}
