#include "keys/tpm/open_key.h"

#include "base/try.h"
#include "keys/provider/rest.h"
#include "keys/tpm/public_area.h"

namespace hallmark::keys {
namespace {

// TPM2_RH_OWNER; the passwords of other hierarchies are not asked for.
const Secret& password_of(std::uint32_t hierarchy, const TpmKeySource& source) {
  static const Secret kNone;
  return hierarchy == TPM2_RH_OWNER ? *source.owner_password : kNone;
}

Result<TpmObject> open_parent(TpmDevice& device, const TpmKeySource& source) {
  const std::uint32_t parent = source.file->parent;
  if (is_hierarchy(parent)) return device.primary(parent, password_of(parent, source));
  return device.persistent(parent, "reading " + handle_text(parent) + ", the parent of " + source.name);
}

Result<TpmObject> load(TpmDevice& device, const TpmKeySource& source) {
  HM_TRY(const auto public_area, unmarshal_public(device.tss(), source.file->public_area, source.name));
  HM_TRY(const auto private_area, unmarshal_private(device.tss(), source.file->private_area, source.name));
  HM_TRY(const TpmObject parent, open_parent(device, source));
  return device.load(parent, public_area, private_area, "loading " + source.name);
}

Result<TpmObject> find(TpmDevice& device, const TpmKeySource& source) {
  if (source.file) return load(device, source);
  return device.persistent(*source.handle, "reading " + source.name);
}

}  // namespace

Result<TpmKeySource> TpmKeySource::of(const TpmReference& reference, const Services& services) {
  TpmKeySource source{reference.name(), reference.handle, {}, {}};
  auto password = services.secret("HALLMARK_TPM_OWNER_PASSWORD");
  source.owner_password = std::make_shared<Secret>(password ? *std::move(password) : Secret());
  if (reference.handle) return source;
  HM_TRY(source.file, TpmKeyFile::read(reference.file));
  return source;
}

Result<OpenTpmKey> open_key(TpmDevice& device, const TpmKeySource& source) {
  HM_TRY(TpmObject object, find(device, source));
  HM_TRY(const TPM2B_PUBLIC area, device.read_public(object, "reading " + source.name));
  if (source.file && marshal_public(device.tss(), area) != source.file->public_area)
    return fail(service_error(device.where(), "the TPM answered with another key than the one of " + source.name,
                              Cause::wrong_answer));
  HM_TRY(PublicKey public_key, public_key_of(area.publicArea, source.name));
  return OpenTpmKey{std::move(object), area, std::move(public_key)};
}

}  // namespace hallmark::keys
