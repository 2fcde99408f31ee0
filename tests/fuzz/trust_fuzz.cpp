// The trust file: what is taken is written and read again the same, and a pin is changed by nobody who does not mean
// to.
#include <cstdint>
#include <cstdlib>

#include "hallmark/bytes.h"
#include "hallmark/trust.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hallmark;
  auto trust = TrustFile::parse({data, size}, "trust.json");
  if (!trust) return 0;
  const std::string text = trust->json();
  const auto again = TrustFile::parse(as_bytes(text), "trust.json");
  if (!again || again->json() != text) std::abort();
  if (trust->pins().empty()) return 0;
  const Pin pin = trust->pins().front();
  const Pin other{pin.reference, trust->pins().back().key, pin.pinned};
  if (trust->find(pin.reference) == nullptr || !trust->add(pin, false)) std::abort();
  if (trust->add(other, false).has_value() != (other.key == pin.key)) std::abort();
  if (!trust->add(other, true) || !(trust->find(pin.reference)->key == other.key)) std::abort();
  if (!trust->remove(pin.reference) || trust->find(pin.reference) != nullptr) std::abort();
  if (not_pinned(pin.reference, "trust.json").kind() != Outcome::key) std::abort();
  return 0;
}
