#include "keys/pkcs11/token_search.h"

#include "base/limits.h"
#include "base/try.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

constexpr std::string_view kService = "PKCS#11";

Result<std::vector<CK_SLOT_ID>> slots_of(const Module& module) {
  std::vector<CK_SLOT_ID> slots(limits::token_slots);
  CK_ULONG count = slots.size();
  const CK_RV code = module.functions->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (code == CKR_BUFFER_TOO_SMALL || (code == CKR_OK && count > slots.size()))
    return fail(service_error(
        kService, "the module " + module.name + " has more than " + std::to_string(limits::token_slots) + " slots",
        Cause::malformed_answer));
  if (code != CKR_OK) return fail(module_error(kService, "listing the slots of " + module.name, code));
  slots.resize(count);
  return slots;
}

struct Search {
  std::vector<Slot> matching;
  std::vector<Slot> all;
};

// One slot that does not answer is passed over: the token is in another, or is not found, with what there is.
void look_at(const Kit& kit, const Module& module, CK_SLOT_ID id, const TokenUri& uri, Search& search) {
  Slot slot{module, id, {}};
  CK_SLOT_INFO about{};
  CK_INFO library{};
  if (module.functions->C_GetTokenInfo(id, &slot.token) != CKR_OK) return;
  if ((slot.token.flags & CKF_TOKEN_INITIALIZED) == 0) return;
  search.all.push_back(slot);
  if (uri.slot && *uri.slot != id) return;
  if (module.functions->C_GetSlotInfo(id, &about) != CKR_OK || module.functions->C_GetInfo(&library) != CKR_OK) return;
  const P11KitUri* wanted = uri.handle.get();
  if (kit.uri_match_token_info(wanted, &slot.token) == 1 && kit.uri_match_slot_info(wanted, &about) == 1 &&
      kit.uri_match_module_info(wanted, &library) == 1)
    search.matching.push_back(slot);
}

std::string list(const std::vector<Slot>& slots) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < slots.size() && i < kMost; ++i)
    text += (i == 0 ? "pkcs11:" : ", pkcs11:") + slots[i].in_words();
  return slots.size() > kMost ? text + " and " + std::to_string(slots.size() - kMost) + " more" : text;
}

}  // namespace

Result<Slot> find_token(const Kit& kit, const std::vector<Module>& modules, const TokenUri& uri) {
  Search search;
  std::optional<Error> trouble;
  for (const Module& module : modules) {
    const auto slots = slots_of(module);
    // Of several modules one may be broken: what matters is whether another has the token.
    if (!slots) trouble = slots.error();
    for (const CK_SLOT_ID id : slots.value_or(std::vector<CK_SLOT_ID>())) look_at(kit, module, id, uri, search);
  }
  if (search.matching.size() == 1) return search.matching.front();
  if (search.matching.size() > 1)
    return fail(service_error(
                    kService,
                    std::to_string(search.matching.size()) + " tokens match " + uri.text + ": " + list(search.matching),
                    Cause::not_found)
                    .with_hint("add serial= or slot-id= to the reference, or the module's name"));
  if (trouble) return fail(*trouble);
  return fail(service_error(kService,
                            "no token matches " + uri.text +
                                (search.all.empty() ? ", and there is no other" : "; there is " + list(search.all)),
                            Cause::not_found)
                  .with_hint(search.all.empty()
                                 ? "is the token plugged in, its service running, and the module the right one?"
                                 : "take token=, serial= or slot-id= from this list"));
}

}  // namespace hallmark::keys::token
