// How a TPM is shown a password without saying it.
#include <algorithm>

#include "base/try.h"
#include "keys/provider/rest.h"
#include "keys/tpm/device.h"

namespace hallmark::keys {
namespace {

constexpr TPMA_SESSION kAll = 0xff;

}  // namespace

// Between processor and TPM runs a bus that can be listened to. In an HMAC session a password never crosses it: each
// command carries an HMAC by the session's key and the password, and the password of a new key is encrypted by them
// (Part 1, sections 19.6 and 21). The session's key comes from a salt that is encrypted to a key of the TPM, so that
// who records the bus cannot try passwords against the HMACs either. That key is a primary of the null hierarchy, as
// the kernel of Linux takes it: it needs nobody's password, exists on every TPM and is another one after each reset. It
// is the TPM's own word who it is: a chip in between that answers in its place could still try passwords offline.
Result<ESYS_TR> TpmDevice::start_session() {
  HM_TRY(const TpmObject salt_key,
         create_primary(ESYS_TR_RH_NULL, ESYS_TR_PASSWORD, "making a key for the session's secret"));
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  ESYS_TR session = ESYS_TR_NONE;
  HM_DO(call("opening a session", [&] {
    return tss_.start_auth_session(esys_, salt_key.handle(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                   nullptr, TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, &session);
  }));
  return session;
}

// One for all commands of this connection.
Result<ESYS_TR> TpmDevice::session(TPMA_SESSION attributes) {
  if (session_ == ESYS_TR_NONE) {
    HM_TRY(session_, start_session());
  }
  HM_DO(call("opening a session", [&] {
    return tss_.set_session_attributes(esys_, session_, TPMA_SESSION_CONTINUESESSION | attributes, kAll);
  }));
  return session_;
}

Result<void> TpmDevice::set_password(ESYS_TR entity, const Secret& password) {
  TPM2B_AUTH auth{};
  if (password.size() > sizeof auth.buffer)
    return fail(service_error(where_, "the password is longer than any in a TPM", Cause::wrong_pin));
  auth.size = static_cast<UINT16>(password.size());
  std::ranges::copy(password.view(), auth.buffer);
  const auto set = call("setting a password", [&] { return tss_.set_auth(esys_, entity, &auth); });
  wipe({auth.buffer, sizeof auth.buffer});
  return set;
}

// An empty password is nothing to hide: it needs no session.
Result<ESYS_TR> TpmDevice::authorize(ESYS_TR entity, const Secret& password) {
  HM_DO(set_password(entity, password));
  if (password.empty()) return ESYS_TR(ESYS_TR_PASSWORD);
  return session();
}

}  // namespace hallmark::keys
