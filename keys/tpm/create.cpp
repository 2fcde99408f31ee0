#include "keys/tpm/create.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "keys/provider/rest.h"
#include "keys/tpm/password.h"
#include "keys/tpm/public_area.h"
#include "keys/tpm/templates.h"

namespace hallmark::keys {
namespace {

struct Order {
  std::string name;
  std::optional<std::uint32_t> handle;
  TPM2B_PUBLIC what;
  std::shared_ptr<const Secret> password;
  std::shared_ptr<const Secret> owner_password;
};

std::unexpected<Error> taken(const std::string& name) {
  return fail(Error(Outcome::key, name + ": the handle is taken, and what is there was left as it is")
                  .because(Cause::exists)
                  .with_hint("choose another handle; \"tpm2_getcap handles-persistent\" lists those that are taken"));
}

Result<void> expect_free(TpmDevice& device, const Order& order) {
  if (!order.handle) return {};
  if (*order.handle >= kFirstOfPlatform)
    return fail(service_error(order.name, "handles from 0x81800000 on are the platform's", Cause::unsupported)
                    .with_hint("choose one from 0x81000000 to 0x817fffff"));
  const auto there = device.persistent(*order.handle, "reading " + order.name);
  if (there) return taken(order.name);
  if (there.error().cause() == Cause::not_found) return {};
  return fail(there.error());
}

Result<TpmDevice::Created> make(TpmDevice& device, const Order& order) {
  HM_DO(expect_free(device, order));
  HM_TRY(const TpmObject parent, device.primary(TPM2_RH_OWNER, *order.owner_password));
  HM_TRY(auto made, device.create(parent, order.what, *order.password));
  HM_DO(public_key_of(made.public_area.publicArea, order.name));
  if (!order.handle) return made;
  HM_TRY(const TpmObject key,
         device.load(parent, made.public_area, made.private_area, "loading the new key for " + order.name));
  HM_DO(device.persist(key, *order.handle, *order.owner_password));
  return made;
}

// Looked at before the TPM takes its time, and again where the file cannot be written.
Result<void> expect_no_file(const std::string& path) {
  if (path.empty()) return {};
  HM_TRY(const bool there, base::is_there(path, Outcome::key));
  if (!there) return {};
  return fail(Error(Outcome::key, base::printable(path) + ": exists already; nothing was written")
                  .because(Cause::exists)
                  .with_hint("choose another name"));
}

Result<void> write_key_file(const TpmDevice::Created& made, const Order& order, const std::string& path) {
  HM_TRY(const Tss* const tss, Tss::available());
  const TpmKeyFile file{order.password->empty(), TPM2_RH_OWNER, marshal_public(*tss, made.public_area),
                        marshal_private(*tss, made.private_area)};
  const auto written = base::write_file(path, as_bytes(file.pem()), {.mode = 0600, .overwrite = false});
  if (!written) HM_DO(expect_no_file(path));
  return written;
}

}  // namespace

Result<PublicKey> create_key(const TpmReference& reference, const KeyType& type, TpmLine& line,
                             const Services& services) {
  HM_DO(expect_no_file(reference.file));
  HM_TRY(const TpmPassword password, new_password(reference.name(), services));
  HM_TRY(const TPM2B_PUBLIC what, signing_template(type, !password.value->empty()));
  auto owner = services.secret("HALLMARK_TPM_OWNER_PASSWORD");
  const Order order{reference.name(), reference.handle, what, password.value,
                    std::make_shared<Secret>(owner ? *std::move(owner) : Secret())};
  const auto making = [order](TpmDevice& device) { return make(device, order); };
  HM_TRY(const auto made, line.ask<TpmDevice::Created>(services.timeout, making));
  if (!order.handle) HM_DO(write_key_file(made, order, reference.file));
  return public_key_of(made.public_area.publicArea, order.name);
}

}  // namespace hallmark::keys
