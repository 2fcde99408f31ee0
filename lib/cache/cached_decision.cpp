#include "cache/cached_decision.h"

#include <algorithm>

#include "crypto/hash.h"

namespace hallmark::cache {
namespace {

constexpr std::size_t kSumBytes = 32;

void put(Bytes& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

void put(Bytes& out, std::string_view text) {
  put(out, text.size(), 4);
  out.insert(out.end(), text.begin(), text.end());
}

Bytes sum_of(BytesView name, BytesView body) {
  Bytes all(name.begin(), name.end());
  all.insert(all.end(), body.begin(), body.end());
  return crypto::sha256(all);
}

// Reads what put() wrote; past the end everything is zero and `broken` is set.
class Cursor {
 public:
  explicit Cursor(BytesView bytes) : rest_(bytes) {}

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(bytes)) value = value << 8 | byte;
    return value;
  }
  std::string text() { return std::string(as_text(take(static_cast<std::size_t>(number(4))))); }
  [[nodiscard]] bool ended_well() const { return !broken_ && rest_.empty(); }

 private:
  BytesView take(std::size_t count) {
    broken_ = broken_ || count > rest_.size();
    if (broken_) return {};
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  BytesView rest_;
  bool broken_ = false;
};

Time time_of(std::uint64_t seconds) { return Time(std::chrono::seconds(static_cast<std::int64_t>(seconds))); }
std::uint64_t seconds_of(Time time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

}  // namespace

Bytes name_of(const DecisionKey& key) {
  Bytes fields;
  put(fields, key.subject.text());
  put(fields, key.repository);
  put(fields, key.policy.text());
  put(fields, key.trust.text());
  put(fields, key.program);
  return crypto::sha256(fields);
}

Bytes encode(const CachedDecision& cached, BytesView name) {
  Bytes out;
  put(out, seconds_of(cached.decided), 8);
  put(out, seconds_of(cached.expires), 8);
  put(out, static_cast<std::uint64_t>(cached.decision.outcome), 1);
  put(out, cached.decision.admitted ? 1 : 0, 1);
  put(out, cached.decision.enforced ? 1 : 0, 1);
  put(out, cached.decision.reason);
  put(out, cached.decision.hint);
  const Bytes sum = sum_of(name, out);
  out.insert(out.end(), sum.begin(), sum.end());
  return out;
}

std::optional<CachedDecision> decode(BytesView bytes, BytesView name) {
  if (bytes.size() < kSumBytes) return std::nullopt;
  const BytesView body = bytes.first(bytes.size() - kSumBytes);
  if (!std::ranges::equal(sum_of(name, body), bytes.last(kSumBytes))) return std::nullopt;
  Cursor cursor(body);
  const Time decided = time_of(cursor.number(8));
  const Time expires = time_of(cursor.number(8));
  const auto outcome = static_cast<Outcome>(cursor.number(1));
  const bool admitted = cursor.number(1) == 1;
  const bool enforced = cursor.number(1) == 1;
  Decision decision{outcome, admitted, enforced, cursor.text(), cursor.text()};
  if (!cursor.ended_well()) return std::nullopt;
  return CachedDecision{std::move(decision), decided, expires};
}

}  // namespace hallmark::cache
