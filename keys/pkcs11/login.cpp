#include "keys/pkcs11/login.h"

#include "base/try.h"
#include "keys/pkcs11/return_code.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

constexpr const char* kPasswordFile = "HALLMARK_PASSWORD_FILE";
constexpr const char* kUnlock =
    "have it unlocked by who holds the SO PIN, as with \"pkcs11-tool --init-pin --login --login-type so\"";

// PKCS#11 v2.40 section 4.4, CK_TOKEN_INFO's flags: all that a token says of its counter.
std::string tries_left(CK_FLAGS flags) {
  if ((flags & CKF_USER_PIN_LOCKED) != 0) return "it is locked now";
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) return "this was not the last try; one is left";
  if ((flags & CKF_USER_PIN_COUNT_LOW) != 0) return "a few tries are left, the token does not say how many";
  return "the token does not say how many tries are left";
}

Result<void> can_log_in(const Token& token, CK_FLAGS flags) {
  if ((flags & CKF_USER_PIN_INITIALIZED) == 0)
    return fail(module_error(token.name(), "logging in", CKR_USER_PIN_NOT_INITIALIZED)
                    .with_hint("set the user's PIN first, as with \"pkcs11-tool --init-pin --login --login-type so\""));
  if ((flags & CKF_USER_PIN_LOCKED) != 0)
    return fail(
        service_error(token.name(), "its PIN is locked after too many wrong ones; none was tried now", Cause::locked)
            .with_hint(kUnlock));
  return {};
}

Error login_failure(const Token& token, const Pin& pin, CK_RV code) {
  const auto flags = token.flags();
  if (code == CKR_PIN_LOCKED || (code == CKR_PIN_INCORRECT && (flags.value_or(0) & CKF_USER_PIN_LOCKED) != 0))
    return service_error(token.name(), pin.from + " is wrong, and the token is locked now", Cause::locked)
        .with_hint(kUnlock);
  const Error error = module_error(token.name(), "logging in with " + pin.from, code);
  if (code != CKR_PIN_INCORRECT) return error;
  return service_error(token.name(), pin.from + " is wrong; " + tries_left(flags.value_or(0)), Cause::wrong_pin)
      .with_hint(
          "give the right one by a prompt, --password-file, HALLMARK_PIN or pin-source=file:/PATH; a wrong one is not "
          "tried again");
}

Result<void> try_pin(Token& token, Pin pin) {
  if (token.was_wrong(pin.value))
    return fail(service_error(token.name(), pin.from + " was wrong before and is not tried again", Cause::wrong_pin));
  const CK_RV code = token.login(Secret::copy_of(pin.value.view()));
  if (code == CKR_OK) return {};
  if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LOCKED) token.remember_wrong(pin.value);
  return fail(login_failure(token, pin, code));
}

// At the device itself: a keypad, a fingerprint.
Result<void> log_in_at_device(Token& token) {
  const CK_RV code = token.login(std::nullopt);
  if (code == CKR_OK) return {};
  return fail(module_error(token.name(), "logging in at the device itself", code));
}

Error last_try(const Token& token, const std::string& from) {
  return service_error(token.name(), "one try is left before it locks: " + from + " is not risked on it",
                       Cause::wrong_pin)
      .with_hint(
          "make sure of the PIN, unset HALLMARK_PIN, COSIGN_PKCS11_PIN and HALLMARK_PASSWORD_FILE, leave it out of the "
          "reference, and type it once or give --password-file: a right one sets the token's counter back");
}

}  // namespace

Result<void> log_in(Token& token, const TokenUri& uri, const Services& services) {
  if (token.logged_in()) return {};
  HM_DO(token.open());
  HM_TRY(const CK_FLAGS flags, token.flags());
  if ((flags & CKF_LOGIN_REQUIRED) == 0) return {};
  HM_DO(can_log_in(token, flags));
  HM_TRY(std::optional<Pin> pin, pin_at_hand(uri, services));
  if (!pin && (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) return log_in_at_device(token);
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    if (pin) return fail(last_try(token, pin->from));
    // The password source may take it from there, and does not say so.
    if (services.secret(kPasswordFile)) return fail(last_try(token, std::string("a PIN of ") + kPasswordFile));
  }
  if (!pin) {
    HM_TRY(pin, ask_for_pin(token.name(), services));
  }
  return try_pin(token, *std::move(pin));
}

Result<bool> log_in_unasked(Token& token, const TokenUri& uri, const Services& services) {
  if (token.logged_in()) return true;
  HM_DO(token.open());
  HM_TRY(const CK_FLAGS flags, token.flags());
  if ((flags & CKF_LOGIN_REQUIRED) == 0) return true;
  if (!can_log_in(token, flags) || (flags & CKF_USER_PIN_FINAL_TRY) != 0) return false;
  HM_TRY(std::optional<Pin> pin, pin_at_hand(uri, services));
  if (!pin) return false;
  HM_DO(try_pin(token, *std::move(pin)));
  return true;
}

}  // namespace hallmark::keys::token
