#include "keys/pkcs11/pin.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "keys/provider/rest.h"

namespace hallmark::keys::token {
namespace {

Result<Secret> read_pin_file(const std::string& path) {
  const std::string name = "PIN file " + base::printable(path);
  const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct ::stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0)
    return fail(service_error(name, std::generic_category().message(errno), Cause::no_credentials));
  if (!S_ISREG(status.st_mode)) return fail(service_error(name, "is not a regular file", Cause::no_credentials));
  if ((status.st_mode & 077) != 0)
    return fail(service_error(name, "others can read it", Cause::no_credentials)
                    .with_hint("chmod 600 " + base::printable(path)));
  auto pin = base::read_secret(file.get(), limits::password_bytes, name, Outcome::key);
  if (!pin) return fail(pin.error().because(Cause::no_credentials));
  // Editors and echo end a file with a line end that is no part of the PIN.
  std::string_view text = pin->text();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  pin->shrink(text.size());
  if (pin->empty()) return fail(service_error(name, "it is empty", Cause::no_credentials));
  return pin;
}

}  // namespace

Result<std::optional<Pin>> pin_at_hand(const TokenUri& uri, const Services& services) {
  if (uri.pin) return Pin{Secret::copy_of(uri.pin->view()), "the PIN of pin-value of the reference"};
  if (!uri.pin_source.empty()) {
    HM_TRY(Secret pin, read_pin_file(uri.pin_source));
    return Pin{std::move(pin), "the PIN of pin-source " + base::printable(uri.pin_source)};
  }
  for (const char* name : {"HALLMARK_PIN", "COSIGN_PKCS11_PIN"})
    if (auto value = services.secret(name)) return Pin{*std::move(value), std::string("the PIN of ") + name};
  return std::optional<Pin>();
}

Result<Pin> ask_for_pin(const std::string& token, const Services& services) {
  constexpr const char* kHint = "set HALLMARK_PIN, or add pin-source=file:/PATH to the reference";
  if (!services.password)
    return fail(service_error(token,
                              "a PIN is needed: there is no pin-value or pin-source in the reference, HALLMARK_PIN and "
                              "COSIGN_PKCS11_PIN are not set, and nobody can be asked",
                              Cause::no_credentials)
                    .with_hint(kHint));
  auto pin = services.password(token);
  if (!pin) {
    const Error& error = pin.error();
    const Error ours = error
                           .within(token +
                                   ": no pin-value or pin-source in the reference, HALLMARK_PIN and "
                                   "COSIGN_PKCS11_PIN are not set")
                           .as(Outcome::key)
                           .because(Cause::no_credentials);
    return fail(error.hint().empty() ? ours.with_hint(kHint) : ours);
  }
  if (pin->empty()) return fail(service_error(token, "an empty PIN was given", Cause::no_credentials));
  // Typed, or of --password-file: whoever answers does not say.
  return Pin{*std::move(pin), "the PIN that was given"};
}

}  // namespace hallmark::keys::token
