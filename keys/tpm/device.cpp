#include "keys/tpm/device.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/encoding.h"
#include "base/try.h"
#include "keys/provider/rest.h"
#include "keys/tpm/public_area.h"
#include "keys/tpm/response_code.h"
#include "keys/tpm/templates.h"

namespace hallmark::keys {
namespace {

using std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::milliseconds(50);
constexpr auto kLongestPause = std::chrono::milliseconds(1000);

// What ESYS hands out is the caller's to free.
struct Release {
  const Tss* tss;
  void operator()(void* memory) const { tss->release(memory); }
};
template <class Structure>
using Owned = std::unique_ptr<Structure, Release>;

// Said before the library says less: it knows only that it did not work.
Result<void> expect_device(const Tcti& tcti, const std::string& where) {
  if (tcti.driver != "device" || tcti.configuration.empty()) return {};
  if (::access(tcti.configuration.c_str(), R_OK | W_OK) == 0) return {};
  if (errno == EACCES)
    return fail(service_error(where, "this user may not read and write it", Cause::access_denied)
                    .with_hint("let the user be in the group that owns the device: on Debian \"tss\""));
  return fail(service_error(where, "there is no such device", Cause::not_found)
                  .with_hint("switch the TPM on in the firmware, or say where it is with ?tcti= or HALLMARK_TPM_TCTI"));
}

Error cannot_connect(const std::string& where, const Tcti& tcti, TSS2_RC code) {
  const Error error = tss_error(where, "connecting", code).because(Cause::unreachable);
  if (tcti.driver == "device")
    return error.with_hint("/dev/tpm0 takes one program at a time, /dev/tpmrm0 many; the user has to be in group tss");
  return error.with_hint("is it running, and is the library of its driver installed (libtss2-tcti-" + tcti.driver +
                         "0)?");
}

ESYS_TR hierarchy_of(std::uint32_t handle) {
  if (handle == TPM2_RH_ENDORSEMENT) return ESYS_TR_RH_ENDORSEMENT;
  return handle == TPM2_RH_NULL ? ESYS_TR_RH_NULL : ESYS_TR_RH_OWNER;
}

}  // namespace

TpmObject::TpmObject(TpmObject&& other) noexcept
    : device_(std::move(other.device_)),
      handle_(std::exchange(other.handle_, ESYS_TR_NONE)),
      transient_(other.transient_) {}

TpmObject::~TpmObject() {
  if (handle_ == ESYS_TR_NONE || device_->abandoned_) return;
  // A TPM that is gone has forgotten it anyway.
  if (transient_)
    (void)device_->tss_.flush_context(device_->esys_, handle_);
  else
    (void)device_->tss_.close(device_->esys_, &handle_);
}

Result<std::shared_ptr<TpmDevice>> TpmDevice::open(const Tcti& tcti) {
  HM_TRY(const Tss* const tss, Tss::available());
  const std::string where = "TPM " + base::printable(tcti.text());
  HM_DO(expect_device(tcti, where));
  std::shared_ptr<TpmDevice> device(new TpmDevice(*tss, where));
  const char* const configuration = tcti.configuration.empty() ? nullptr : tcti.configuration.c_str();
  if (const auto code = tss->open_tcti(tcti.driver.c_str(), configuration, &device->tcti_); code != TSS2_RC_SUCCESS)
    return fail(cannot_connect(where, tcti, code));
  if (const auto code = tss->initialize(&device->esys_, device->tcti_, nullptr); code != TSS2_RC_SUCCESS)
    return fail(tss_error(where, "connecting", code));
  return device;
}

TpmDevice::~TpmDevice() {
  if (session_ != ESYS_TR_NONE && !abandoned_) (void)tss_.flush_context(esys_, session_);
  if (esys_ != nullptr) tss_.finalize(&esys_);
  if (tcti_ != nullptr) tss_.close_tcti(&tcti_);
}

Result<void> TpmDevice::call(std::string_view doing, const std::function<TSS2_RC()>& command) {
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    const TSS2_RC code = command();
    if (code == TSS2_RC_SUCCESS) return {};
    if (!is_busy(code) || steady_clock::now() + pause >= patience_ends_) return fail(tss_error(where_, doing, code));
    std::this_thread::sleep_for(pause);
  }
}

Result<TpmObject> TpmDevice::persistent(std::uint32_t handle, std::string_view doing) {
  ESYS_TR object = ESYS_TR_NONE;
  HM_DO(call(doing,
             [&] { return tss_.from_tpm_public(esys_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object); }));
  return TpmObject(shared_from_this(), object, false);
}

Result<TpmObject> TpmDevice::create_primary(ESYS_TR hierarchy, ESYS_TR session, std::string_view doing) {
  const TPM2B_PUBLIC what = storage_primary();
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR object = ESYS_TR_NONE;
  HM_DO(call(doing, [&] {
    return tss_.create_primary(esys_, hierarchy, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &what, &outside,
                               &no_pcrs, &object, nullptr, nullptr, nullptr, nullptr);
  }));
  return TpmObject(shared_from_this(), object, true);
}

Result<TpmObject> TpmDevice::primary(std::uint32_t hierarchy, const Secret& password) {
  const ESYS_TR entity = hierarchy_of(hierarchy);
  HM_TRY(const ESYS_TR session, authorize(entity, password));
  auto made = create_primary(entity, session, "making the storage primary of its hierarchy");
  if (!made && made.error().cause() == Cause::wrong_pin)
    return fail(
        made.error()
            .because(Cause::access_denied)
            .with_hint("the hierarchy has a password: set HALLMARK_TPM_OWNER_PASSWORD, or have the key's parent "
                       "be a persistent object"));
  return made;
}

Result<TpmObject> TpmDevice::load(const TpmObject& parent, const TPM2B_PUBLIC& public_area,
                                  const TPM2B_PRIVATE& private_area, std::string_view doing) {
  ESYS_TR object = ESYS_TR_NONE;
  HM_DO(call(doing, [&] {
    return tss_.load(esys_, parent.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private_area, &public_area,
                     &object);
  }));
  return TpmObject(shared_from_this(), object, true);
}

Result<TPM2B_PUBLIC> TpmDevice::read_public(const TpmObject& object, std::string_view doing) {
  TPM2B_PUBLIC* area = nullptr;
  TPM2B_NAME* name = nullptr;
  TPM2B_NAME* qualified = nullptr;
  const auto read = call(doing, [&] {
    return tss_.read_public(esys_, object.handle(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area, &name, &qualified);
  });
  const Owned<TPM2B_PUBLIC> own_area(area, {&tss_});
  const Owned<TPM2B_NAME> own_name(name, {&tss_});
  const Owned<TPM2B_NAME> own_qualified(qualified, {&tss_});
  HM_DO(read);
  HM_TRY(const Bytes due, name_of(tss_, *area, where_));
  if (!std::ranges::equal(due, BytesView(name->name, name->size)))
    return fail(service_error(where_,
                              std::string(doing) + ": the TPM answered with a public key and a name that do not "
                                                   "belong together",
                              Cause::wrong_answer));
  return *area;
}

Result<TPMT_SIGNATURE> TpmDevice::sign(const TpmObject& key, BytesView digest, const TPMT_SIG_SCHEME& scheme,
                                       const Secret& password, std::string_view doing) {
  HM_TRY(const ESYS_TR session, authorize(key.handle(), password));
  TPM2B_DIGEST hashed{};
  hashed.size = static_cast<UINT16>(std::min(digest.size(), sizeof hashed.buffer));
  std::ranges::copy(digest.first(hashed.size), hashed.buffer);
  TPMT_TK_HASHCHECK hashed_outside{};
  hashed_outside.tag = TPM2_ST_HASHCHECK;
  hashed_outside.hierarchy = TPM2_RH_NULL;
  TPMT_SIGNATURE* signature = nullptr;
  HM_DO(call(doing, [&] {
    return tss_.sign(esys_, key.handle(), session, ESYS_TR_NONE, ESYS_TR_NONE, &hashed, &scheme, &hashed_outside,
                     &signature);
  }));
  const Owned<TPMT_SIGNATURE> own(signature, {&tss_});
  return *signature;
}

Result<TpmDevice::Created> TpmDevice::create(const TpmObject& parent, const TPM2B_PUBLIC& what,
                                             const Secret& password) {
  // The parent has no password; the session is there to encrypt that of the new key.
  auto session = ESYS_TR(ESYS_TR_PASSWORD);
  TPM2B_SENSITIVE_CREATE sensitive{};
  auto& auth = sensitive.sensitive.userAuth;
  if (password.size() > sizeof auth.buffer)
    return fail(service_error(where_, "the password is too long for a key in a TPM", Cause::unsupported));
  if (!password.empty()) {
    HM_TRY(session, this->session(TPMA_SESSION_DECRYPT));
    auth.size = static_cast<UINT16>(password.size());
    std::ranges::copy(password.view(), auth.buffer);
  }
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcrs{};
  TPM2B_PRIVATE* private_area = nullptr;
  TPM2B_PUBLIC* public_area = nullptr;
  const auto made = call("making a key", [&] {
    return tss_.create(esys_, parent.handle(), session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &what, &outside,
                       &no_pcrs, &private_area, &public_area, nullptr, nullptr, nullptr);
  });
  wipe({auth.buffer, sizeof auth.buffer});
  const Owned<TPM2B_PRIVATE> own_private(private_area, {&tss_});
  const Owned<TPM2B_PUBLIC> own_public(public_area, {&tss_});
  HM_DO(made);
  return Created{*public_area, *private_area};
}

Result<void> TpmDevice::persist(const TpmObject& object, std::uint32_t handle, const Secret& owner_password) {
  HM_TRY(const ESYS_TR session, authorize(ESYS_TR_RH_OWNER, owner_password));
  ESYS_TR kept = ESYS_TR_NONE;
  HM_DO(call("keeping the new key at " + handle_text(handle), [&] {
    return tss_.evict_control(esys_, ESYS_TR_RH_OWNER, object.handle(), session, ESYS_TR_NONE, ESYS_TR_NONE, handle,
                              &kept);
  }));
  (void)tss_.close(esys_, &kept);
  return {};
}

Result<std::map<std::uint32_t, std::uint32_t>> TpmDevice::properties(std::uint32_t first, std::uint32_t count) {
  TPMS_CAPABILITY_DATA* data = nullptr;
  TPMI_YES_NO more = TPM2_NO;
  HM_DO(call("asking what it is", [&] {
    return tss_.get_capability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, first, count,
                               &more, &data);
  }));
  const Owned<TPMS_CAPABILITY_DATA> own(data, {&tss_});
  if (data->capability != TPM2_CAP_TPM_PROPERTIES || data->data.tpmProperties.count > TPM2_MAX_TPM_PROPERTIES)
    return fail(service_error(where_, "the TPM answered with another list than asked for", Cause::wrong_answer));
  std::map<std::uint32_t, std::uint32_t> found;
  for (const auto& one : std::span(data->data.tpmProperties.tpmProperty, data->data.tpmProperties.count))
    found.emplace(one.property, one.value);
  return found;
}

}  // namespace hallmark::keys
