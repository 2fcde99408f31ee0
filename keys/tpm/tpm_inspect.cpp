#include "keys/tpm/tpm_inspect.h"

#include "base/encoding.h"
#include "base/try.h"
#include "keys/tpm/public_area.h"

namespace hallmark::keys {
namespace {

using Properties = std::map<std::uint32_t, std::uint32_t>;

constexpr std::uint32_t kFixedProperties = 13;  // from TPM_PT_FAMILY_INDICATOR to TPM_PT_FIRMWARE_VERSION_2
constexpr std::uint32_t kOwnerAuthSet = 1;      // TPMA_PERMANENT (Part 2, section 8.6)

struct Facts {
  TPM2B_PUBLIC area;
  PublicKey public_key;
  Bytes name;
  Properties fixed;
  Properties variable;
};

std::uint32_t value(const Properties& properties, std::uint32_t property) {
  const auto found = properties.find(property);
  return found == properties.end() ? 0 : found->second;
}

Result<Facts> gather(TpmDevice& device, const TpmKeySource& source) {
  HM_TRY(const OpenTpmKey key, open_key(device, source));
  HM_TRY(Bytes name, name_of(device.tss(), key.area, source.name));
  HM_TRY(Properties fixed, device.properties(TPM2_PT_FAMILY_INDICATOR, kFixedProperties));
  HM_TRY(Properties variable, device.properties(TPM2_PT_PERMANENT, 1));
  return Facts{key.area, key.public_key, std::move(name), std::move(fixed), std::move(variable)};
}

// Four characters in a number; the last may be NUL or blank.
std::string letters(std::uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift & 0xff);
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  return text;
}

std::string trimmed(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  return base::printable(text, 40);
}

std::string place_of(const Properties& fixed, const std::string& where) {
  std::string vendor;
  for (std::uint32_t i = 0; i < 4; ++i) vendor += letters(value(fixed, TPM2_PT_VENDOR_STRING_1 + i));
  const auto firmware = value(fixed, TPM2_PT_FIRMWARE_VERSION_1);
  const auto revision = value(fixed, TPM2_PT_REVISION);
  const auto hundredths = revision % 100;
  return "TPM " + trimmed(letters(value(fixed, TPM2_PT_FAMILY_INDICATOR))) + " revision " +
         std::to_string(revision / 100) + (hundredths < 10 ? ".0" : ".") + std::to_string(hundredths) + " by " +
         trimmed(letters(value(fixed, TPM2_PT_MANUFACTURER))) + " (" + trimmed(vendor) + "), firmware " +
         std::to_string(firmware >> 16) + "." + std::to_string(firmware & 0xffff) + ", reached by " +
         where.substr(std::string_view("TPM ").size());
}

std::string name_text(const Facts& facts, const TpmKeySource& source) {
  const TPMT_PUBLIC& area = facts.area.publicArea;
  std::string text = source.handle ? handle_text(*source.handle) + ", name " : "name ";
  text += base::hex_encode(facts.name);
  if (area.authPolicy.size != 0) text += ", with a policy";
  if ((area.objectAttributes & TPMA_OBJECT_RESTRICTED) != 0) text += ", restricted";
  if ((area.objectAttributes & TPMA_OBJECT_NODA) != 0) text += ", passwords may be tried without end (noDA)";
  return text;
}

// fixedTPM: the key never leaves. Else it does so by TPM2_Duplicate, which needs a policy, or with its parent.
Known exportable(const TPMT_PUBLIC& area) {
  if ((area.objectAttributes & TPMA_OBJECT_FIXEDTPM) != 0) return Known::no;
  const bool by_itself = (area.objectAttributes & TPMA_OBJECT_FIXEDPARENT) == 0 && area.authPolicy.size != 0;
  return by_itself ? Known::yes : Known::unknown;
}

Known may_sign(const Facts& facts, const TpmKeySource& source) {
  if (!signing_scheme(facts.area.publicArea, facts.public_key, source.name)) return Known::no;
  return source.file && source.file->empty_auth ? Known::yes : Known::unknown;
}

std::vector<KeyRight> rights_of(const Facts& facts, const TpmKeySource& source) {
  using Action = KeyRight::Action;
  const Known duplicate = exportable(facts.area.publicArea) == Known::no ? Known::no : Known::unknown;
  std::vector<KeyRight> rights{{Action::read_public_key, Known::yes, "TPM2_ReadPublic"},
                               {Action::sign, may_sign(facts, source), "TPM2_Sign"},
                               {Action::export_key, duplicate, "TPM2_Duplicate"}};
  if (!source.handle) return rights;
  // Whoever reaches the TPM can remove keys of an owner without a password.
  const bool owned = (value(facts.variable, TPM2_PT_PERMANENT) & kOwnerAuthSet) != 0;
  const bool of_owner = *source.handle < kFirstOfPlatform;
  const bool known = facts.variable.contains(TPM2_PT_PERMANENT) && of_owner && !owned;
  rights.push_back({Action::delete_key, known ? Known::yes : Known::unknown, "TPM2_EvictControl"});
  return rights;
}

}  // namespace

Result<KeyInfo> inspect_key(const TpmKeySource& source, TpmLine& line, TpmLine::Time time) {
  HM_TRY(const Facts facts, line.ask<Facts>(time, [source](TpmDevice& device) { return gather(device, source); }));
  KeyInfo info;
  info.is_private = true;
  info.format = "tpm";
  info.public_key = facts.public_key;
  info.place = place_of(facts.fixed, line.where());
  info.name = name_text(facts, source);
  info.exportable = exportable(facts.area.publicArea);
  info.rights = rights_of(facts, source);
  return info;
}

}  // namespace hallmark::keys
