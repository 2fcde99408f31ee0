#include "keys/tpm/password.h"

#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

constexpr const char* kVariable = "HALLMARK_TPM_PASSWORD";
constexpr const char* kPasswordFile = "HALLMARK_PASSWORD_FILE";
constexpr std::uint32_t kLockoutProperties = 4;

TpmPassword free_of_password(TpmPassword::Origin origin) { return {std::make_shared<Secret>(), origin}; }

// Set but empty counts: it says that the key has no password.
std::optional<TpmPassword> from_variable(const Services& services) {
  if (!services.variable) return std::nullopt;
  auto value = services.variable(kVariable);
  if (!value) return std::nullopt;
  return TpmPassword{std::make_shared<Secret>(*std::move(value)), TpmPassword::Origin::variable};
}

bool trying_is_free(const OpenTpmKey& key) { return (key.area.publicArea.objectAttributes & TPMA_OBJECT_NODA) != 0; }

// Part 1, section 19.6.5: an authValue is at most as long as a digest of the key's nameAlg.
std::size_t longest_password(const OpenTpmKey& key) {
  if (key.area.publicArea.nameAlg == TPM2_ALG_SHA384) return 48;
  return key.area.publicArea.nameAlg == TPM2_ALG_SHA512 ? 64 : 32;
}

Result<TpmPassword> checked(TpmPassword password, const TpmKeySource& source, const OpenTpmKey& key) {
  if (password.value->size() > longest_password(key))
    return fail(service_error(source.name, "the password is wrong: it is longer than any that this key can have",
                              Cause::wrong_pin));
  return password;
}

Error with_password_hint(const Error& error) {
  return error.with_hint(
      "set HALLMARK_TPM_PASSWORD or give --password-file; for a key without a password set "
      "HALLMARK_TPM_PASSWORD to nothing");
}

std::string seconds_text(std::uint32_t seconds) {
  return seconds < 120 ? std::to_string(seconds) + " s" : std::to_string(seconds / 60) + " min";
}

Error locked(const Error& error, const Lockout& lockout) {
  return Error(Outcome::key,
               error.message() + "; one wrong password is forgotten each " + seconds_text(lockout.forgiven_each))
      .because(Cause::locked)
      .with_hint("wait, or have the TPM's administrator call \"tpm2_dictionarylockout --clear-lockout\"");
}

std::string hint_for(const TpmPassword& password) {
  switch (password.origin) {
    case TpmPassword::Origin::file_says:
      return "the key file says that the key has no password; tpm2_encodeobject 5.4 writes that when it is given -p: "
             "make the file without -p, or set HALLMARK_TPM_PASSWORD";
    case TpmPassword::Origin::assumed_free:
      return "no password was given: set HALLMARK_TPM_PASSWORD or give --password-file";
    case TpmPassword::Origin::variable:
    case TpmPassword::Origin::given:
      break;
  }
  return "look at where the password came from: HALLMARK_TPM_PASSWORD, --password-file or typed";
}

// What of a password nobody vouches for at this moment; empty: somebody typed it or named its file.
std::string not_typed(const TpmPassword& password, const Services& services) {
  switch (password.origin) {
    case TpmPassword::Origin::variable:
      return std::string("the password of ") + kVariable;
    case TpmPassword::Origin::assumed_free:
      return "a guess that it has no password";
    case TpmPassword::Origin::given:
      // The password source may take it from there, and does not say so.
      return services.secret(kPasswordFile) ? std::string("a password of ") + kPasswordFile : std::string();
    case TpmPassword::Origin::file_says:
      break;
  }
  return {};
}

}  // namespace

Result<Lockout> lockout_of(TpmLine& line, TpmLine::Time time) {
  HM_TRY(const auto found, (line.ask<std::map<std::uint32_t, std::uint32_t>>(time, [](TpmDevice& device) {
           return device.properties(TPM2_PT_LOCKOUT_COUNTER, kLockoutProperties);
         })));
  const auto value = [&](std::uint32_t property) {
    const auto at = found.find(property);
    return at == found.end() ? 0 : at->second;
  };
  return Lockout{value(TPM2_PT_LOCKOUT_COUNTER), value(TPM2_PT_MAX_AUTH_FAIL), value(TPM2_PT_LOCKOUT_INTERVAL)};
}

Result<void> may_be_tried(const TpmPassword& password, const TpmKeySource& source, const OpenTpmKey& key, TpmLine& line,
                          const Services& services) {
  const std::string from = not_typed(password, services);
  if (from.empty() || trying_is_free(key)) return {};
  HM_TRY(const Lockout lockout, lockout_of(line, services.timeout));
  // None at all: the TPM says itself that it is locked, and for how long.
  if (lockout.tries_left() != 1) return {};
  return fail(
      service_error(source.name, "1 try is left before the TPM locks itself: " + from + " is not risked on it",
                    Cause::wrong_pin)
          .with_hint(
              "make sure of the password, unset HALLMARK_TPM_PASSWORD and HALLMARK_PASSWORD_FILE, and type it once or "
              "give --password-file; or wait: one wrong password is forgotten each " +
              seconds_text(lockout.forgiven_each)));
}

Result<TpmPassword> ask_for_password(const TpmKeySource& source, const Services& services) {
  if (!services.password)
    return fail(with_password_hint(service_error(source.name, "its password was not given", Cause::no_credentials)));
  auto password = services.password("password of " + source.name);
  if (!password) return fail(with_password_hint(password.error().as(Outcome::key)));
  return TpmPassword{std::make_shared<Secret>(*std::move(password))};
}

Result<TpmPassword> password_for(const TpmKeySource& source, const OpenTpmKey& key, TpmLine& line,
                                 const Services& services) {
  if (auto password = from_variable(services)) {
    HM_DO(may_be_tried(*password, source, key, line, services));
    return checked(*std::move(password), source, key);
  }
  if (source.file && source.file->empty_auth) return free_of_password(TpmPassword::Origin::file_says);
  if (trying_is_free(key)) return free_of_password(TpmPassword::Origin::assumed_free);
  auto password = ask_for_password(source, services);
  if (password) return checked(*std::move(password), source, key);
  if (source.file || password.error().cause() != Cause::no_credentials) return password;
  HM_TRY(const Lockout lockout, lockout_of(line, services.timeout));
  if (lockout.tries_left() < 2) return password;
  return free_of_password(TpmPassword::Origin::assumed_free);
}

Result<TpmPassword> new_password(const std::string& name, const Services& services) {
  if (auto password = from_variable(services)) return *std::move(password);
  if (!services.password) return free_of_password(TpmPassword::Origin::given);
  auto password = services.password("password of the new " + name + " (empty for none)");
  if (!password) return fail(with_password_hint(password.error().as(Outcome::key)));
  return TpmPassword{std::make_shared<Secret>(*std::move(password))};
}

Error explain_refusal(const Error& error, const TpmPassword& password, const OpenTpmKey& key, TpmLine& line,
                      TpmLine::Time time) {
  if (error.cause() != Cause::wrong_pin && error.cause() != Cause::locked) return error;
  const auto lockout = lockout_of(line, time);
  if (error.cause() == Cause::locked) return lockout ? locked(error, *lockout) : error;
  std::string tries;
  if (!trying_is_free(key) && lockout) {
    const auto left = std::to_string(lockout->tries_left());
    tries = "; " + left + (left == "1" ? " try is" : " tries are") + " left before the TPM locks itself";
  }
  return Error(Outcome::key, error.message() + tries).because(Cause::wrong_pin).with_hint(hint_for(password));
}

}  // namespace hallmark::keys
