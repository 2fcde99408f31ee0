// Error and Result: how everything that can fail at run time says so.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "hallmark/cause.h"
#include "hallmark/outcome.h"

namespace hallmark {

// A stable kind, a message in the words of the user, and what to do about it.
// Messages start with a small letter and end without a full stop; they name what and where, never a secret.
class [[nodiscard]] Error {
 public:
  // `kind` is one of the outcomes for which is_failure() holds, or `invalid` for evidence that breaks a check.
  Error(Outcome kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  [[nodiscard]] Outcome kind() const { return kind_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  [[nodiscard]] Cause cause() const { return cause_; }

  // Prepends what was being done: error.within("reading keys/a.pub") → "reading keys/a.pub: <message>".
  [[nodiscard]] Error within(std::string_view doing) const;
  // The next step for the user, e.g. "pass --plain-http if this registry has no TLS".
  [[nodiscard]] Error with_hint(std::string hint) const;
  // The same error seen as another kind (a malformed key file is a `key` error to its user).
  [[nodiscard]] Error as(Outcome kind) const;
  // Why the key cannot be used, for scripts.
  [[nodiscard]] Error because(Cause cause) const;

 private:
  Outcome kind_;
  Cause cause_ = Cause::none;
  std::string message_;
  std::string hint_;
};

template <class T>
using Result = std::expected<T, Error>;

// return fail(Outcome::malformed, "manifest has no layers");
[[nodiscard]] inline std::unexpected<Error> fail(Outcome kind, std::string message) {
  return std::unexpected<Error>(Error(kind, std::move(message)));
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace hallmark
