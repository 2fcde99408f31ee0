#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/try.h"
#include "hallmark/trust.h"

namespace hallmark {
namespace {

using base::Json;
using base::JsonReader;

constexpr std::int64_t kVersion = 1;

// A member that is not known might take back what the others say.
Result<void> expect_only(const JsonReader& object, std::initializer_list<std::string_view> names) {
  HM_DO(object.expect_object());
  for (const auto& [name, value] : *object.value().as_object())
    if (std::ranges::find(names, name) == names.end())
      return fail(object.error("\"" + base::printable(name, 40) + "\" is not known"));
  return {};
}

Result<void> expect_text(const JsonReader& object, std::string_view member, const std::string& expected) {
  HM_TRY(const std::string text, object.string(member));
  if (text == expected) return {};
  return fail(object.error(std::string(member) + " is not that of the key (" + expected + ")"));
}

Result<Pin> read_pin(const JsonReader& object) {
  HM_DO(expect_only(object, {"key", "id", "algorithm", "pem", "pinned"}));
  HM_TRY(std::string reference, object.string("key"));
  if (reference.empty() || reference.size() > limits::key_reference_bytes)
    return fail(object.error("key is empty or longer than any reference"));
  if (without_pin(reference) != reference) return fail(object.error("key has a PIN in it"));
  HM_TRY(const std::string pem, object.string("pem"));
  auto key = PublicKey::from_pem(pem);
  if (!key) return fail(object.error("pem: " + key.error().message()));
  HM_DO(expect_text(object, "id", key->id()));
  HM_DO(expect_text(object, "algorithm", describe(key->algorithm(), key->bits())));
  HM_TRY(const std::string text, object.string("pinned"));
  const auto pinned = base::parse_time(text);
  if (!pinned) return fail(object.error("pinned: " + pinned.error().message()));
  return Pin{std::move(reference), *std::move(key), *pinned};
}

Result<std::vector<Pin>> read_pins(const JsonReader& document) {
  HM_DO(expect_only(document, {"version", "pins"}));
  HM_TRY(const std::uint64_t version, document.size("version"));
  if (version != kVersion) return fail(document.error("version " + std::to_string(version) + " is not known, only 1"));
  if (!document.has("pins")) return fail(document.error("pins is missing"));
  HM_TRY(const auto entries, document.array("pins"));
  if (entries.size() > limits::trust_pins)
    return fail(document.error("more than the limit of " + std::to_string(limits::trust_pins) + " pins"));
  std::vector<Pin> pins;
  for (const JsonReader& entry : entries) {
    HM_TRY(Pin pin, read_pin(entry));
    pins.push_back(std::move(pin));
  }
  std::ranges::sort(pins, {}, &Pin::reference);
  const auto twice = std::ranges::adjacent_find(pins, {}, &Pin::reference);
  if (twice != pins.end()) return fail(document.error("\"" + base::printable(twice->reference) + "\" is pinned twice"));
  return pins;
}

Json pin_json(const Pin& pin) {
  return Json::object({{"key", pin.reference},
                       {"id", pin.key.id()},
                       {"algorithm", describe(pin.key.algorithm(), pin.key.bits())},
                       {"pem", pin.key.pem()},
                       {"pinned", base::format_time(pin.pinned)}});
}

}  // namespace

Result<TrustFile> TrustFile::parse(BytesView json, std::string_view name) {
  TrustFile trust;
  auto document = Json::parse(json, name);
  if (!document) return fail(document.error().as(Outcome::config));
  auto pins = read_pins(JsonReader(*document, std::string(name)));
  if (!pins) return fail(pins.error().as(Outcome::config));
  trust.pins_ = *std::move(pins);
  return trust;
}

Result<TrustFile> TrustFile::read(const std::filesystem::path& file) {
  HM_TRY(const bool there, base::is_there(file, Outcome::config));
  if (!there) return TrustFile();
  HM_TRY(const Bytes text, base::read_file(file, limits::trust_file_bytes, Outcome::config));
  return parse(text, base::printable(file.string()));
}

const Pin* TrustFile::find(std::string_view reference) const {
  const std::string wanted = without_pin(reference);
  const auto found = std::ranges::lower_bound(pins_, wanted, {}, &Pin::reference);
  return found != pins_.end() && found->reference == wanted ? &*found : nullptr;
}

Result<void> TrustFile::add(Pin pin, bool replace) {
  pin.reference = without_pin(pin.reference);
  if (const Pin* known = find(pin.reference)) {
    if (known->key == pin.key) return {};
    if (!replace) HM_DO(expect_pinned(*known, pin.key));
    remove(pin.reference);
  }
  if (pins_.size() >= limits::trust_pins)
    return fail(Outcome::config,
                "the trust file has " + std::to_string(limits::trust_pins) + " pins, and takes no more");
  pins_.insert(std::ranges::lower_bound(pins_, pin.reference, {}, &Pin::reference), std::move(pin));
  return {};
}

bool TrustFile::remove(std::string_view reference) {
  const std::string unwanted = without_pin(reference);
  return std::erase_if(pins_, [&](const Pin& pin) { return pin.reference == unwanted; }) > 0;
}

std::string TrustFile::json() const {
  Json::Array pins;
  for (const Pin& pin : pins_) pins.push_back(pin_json(pin));
  return Json::object({{"version", kVersion}, {"pins", std::move(pins)}}).dump(2) + "\n";
}

Error not_pinned(std::string_view reference, const std::filesystem::path& file) {
  const std::string name = base::printable(without_pin(reference));
  const std::string place = base::printable(file.string());
  return Error(Outcome::key, name + " is not pinned in " + place + ", and no key service is asked here")
      .because(Cause::unsupported)
      .with_hint("pin it, from where the service can be asked: \"hallmark trust pin --trust " + place + " " + name +
                 "\"");
}

Result<void> expect_pinned(const Pin& pin, const PublicKey& answered) {
  if (pin.key == answered) return {};
  const std::string name = base::printable(pin.reference);
  return fail(Error(Outcome::key, name + " is pinned to key " + pin.key.id() + " since " +
                                      base::format_time(pin.pinned) + ", and now it is key " + answered.id())
                  .because(Cause::wrong_answer)
                  .with_hint("find out who rotated or replaced it; if that was meant to be, \"hallmark trust pin "
                             "--replace " +
                             name + "\" trusts the new one"));
}

}  // namespace hallmark
