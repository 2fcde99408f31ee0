// TpmDevice: a TPM that was reached, and the commands that hallmark gives it. Every call blocks for as long as the TPM
// takes: TpmLine bounds that.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "hallmark/bytes.h"
#include "hallmark/secret.h"
#include "keys/tpm/reference.h"
#include "keys/tpm/tss.h"

namespace hallmark::keys {

class TpmDevice;

// What a handle of the TPM stands for in this program. A transient object is flushed with it: a TPM has room for three.
class TpmObject {
 public:
  TpmObject(std::shared_ptr<TpmDevice> device, ESYS_TR handle, bool transient)
      : device_(std::move(device)), handle_(handle), transient_(transient) {}
  TpmObject(TpmObject&& other) noexcept;
  TpmObject& operator=(TpmObject&&) = delete;
  ~TpmObject();

  [[nodiscard]] ESYS_TR handle() const { return handle_; }

 private:
  std::shared_ptr<TpmDevice> device_;
  ESYS_TR handle_;
  bool transient_;
};

class TpmDevice : public std::enable_shared_from_this<TpmDevice> {
 public:
  // Kind of all errors: key, with a cause; they name the TCTI.
  [[nodiscard]] static Result<std::shared_ptr<TpmDevice>> open(const Tcti& tcti);
  ~TpmDevice();
  TpmDevice(const TpmDevice&) = delete;
  TpmDevice& operator=(const TpmDevice&) = delete;

  [[nodiscard]] const Tss& tss() const { return tss_; }
  [[nodiscard]] const std::string& where() const { return where_; }  // "TPM device:/dev/tpmrm0"
  // Until then a busy TPM is asked again.
  void be_patient_until(std::chrono::steady_clock::time_point end) { patience_ends_ = end; }

  // A call has not come back in time and may be under way still: nothing is flushed any more, which would wait for it.
  void abandon() { abandoned_ = true; }

  // `doing` goes into messages: "reading TPM key 0x81000010". Passwords may be empty.
  [[nodiscard]] Result<TpmObject> persistent(std::uint32_t handle, std::string_view doing);
  // The default primary of a hierarchy (templates.h).
  [[nodiscard]] Result<TpmObject> primary(std::uint32_t hierarchy, const Secret& password);
  [[nodiscard]] Result<TpmObject> load(const TpmObject& parent, const TPM2B_PUBLIC& public_area,
                                       const TPM2B_PRIVATE& private_area, std::string_view doing);
  // Its Name is compared with what it says (cause wrong_answer).
  [[nodiscard]] Result<TPM2B_PUBLIC> read_public(const TpmObject& object, std::string_view doing);
  [[nodiscard]] Result<TPMT_SIGNATURE> sign(const TpmObject& key, BytesView digest, const TPMT_SIG_SCHEME& scheme,
                                            const Secret& password, std::string_view doing);

  struct Created {
    TPM2B_PUBLIC public_area;
    TPM2B_PRIVATE private_area;
  };
  [[nodiscard]] Result<Created> create(const TpmObject& parent, const TPM2B_PUBLIC& what, const Secret& password);
  // Gives a loaded object of the owner's hierarchy a persistent handle.
  [[nodiscard]] Result<void> persist(const TpmObject& object, std::uint32_t handle, const Secret& owner_password);

  // TPM_PT (Part 2, section 6.13) → value, of `count` from `first` on.
  [[nodiscard]] Result<std::map<std::uint32_t, std::uint32_t>> properties(std::uint32_t first, std::uint32_t count);

 private:
  friend class TpmObject;
  TpmDevice(const Tss& tss, std::string where) : tss_(tss), where_(std::move(where)) {}

  [[nodiscard]] Result<void> call(std::string_view doing, const std::function<TSS2_RC()>& command);
  // session.cpp
  [[nodiscard]] Result<ESYS_TR> authorize(ESYS_TR entity, const Secret& password);
  [[nodiscard]] Result<void> set_password(ESYS_TR entity, const Secret& password);
  [[nodiscard]] Result<ESYS_TR> session(TPMA_SESSION attributes = 0);
  [[nodiscard]] Result<ESYS_TR> start_session();
  [[nodiscard]] Result<TpmObject> create_primary(ESYS_TR hierarchy, ESYS_TR session, std::string_view doing);

  const Tss& tss_;
  std::string where_;
  std::chrono::steady_clock::time_point patience_ends_{};
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
  ESYS_TR session_ = ESYS_TR_NONE;
  std::atomic<bool> abandoned_ = false;
};

}  // namespace hallmark::keys
