// TpmPassword: with which password a key in a TPM is used, and how many wrong ones the TPM still takes.
#pragma once

#include <memory>

#include "keys/provider/services.h"
#include "keys/tpm/line.h"
#include "keys/tpm/open_key.h"

namespace hallmark::keys {

// TPM_PT_LOCKOUT_COUNTER and the three after it (Part 2, section 6.13).
struct Lockout {
  std::uint32_t failures = 0;
  std::uint32_t most = 0;
  std::uint32_t forgiven_each = 0;  // seconds, after which one failure is forgotten

  [[nodiscard]] std::uint32_t tries_left() const { return failures >= most ? 0 : most - failures; }
};
[[nodiscard]] Result<Lockout> lockout_of(TpmLine& line, TpmLine::Time time);

struct TpmPassword {
  std::shared_ptr<const Secret> value;
  enum class Origin {
    given,        // by the user, for this key: typed, or of --password-file
    variable,     // HALLMARK_TPM_PASSWORD
    file_says,    // the key file says that there is none
    assumed_free  // none was given and the TPM does not say whether there is one: the empty one
  } origin = Origin::given;
};

// A TPM does not say whether a key has a password, and counts what is tried. In this order: HALLMARK_TPM_PASSWORD (set
// but empty: the key has none); none, where the key file says so, or where trying is free (noDA); the password source;
// and where that has none, the empty password for a persistent key, if after a failure at least one more try is left.
// A password of a variable is not tried on the last try before the TPM locks itself (may_be_tried). Cause of errors:
// no_credentials, wrong_pin, or what the source says.
[[nodiscard]] Result<TpmPassword> password_for(const TpmKeySource& source, const OpenTpmKey& key, TpmLine& line,
                                               const Services& services);
// While the TPM takes only one more wrong password: not one that comes from a variable, nor a guess. To be asked before
// each try that nothing has proven: other keys cost tries, too. Cause of errors: wrong_pin.
[[nodiscard]] Result<void> may_be_tried(const TpmPassword& password, const TpmKeySource& source, const OpenTpmKey& key,
                                        TpmLine& line, const Services& services);
// From the password source alone.
[[nodiscard]] Result<TpmPassword> ask_for_password(const TpmKeySource& source, const Services& services);
// For a key that is to be made; an empty one means none.
[[nodiscard]] Result<TpmPassword> new_password(const std::string& name, const Services& services);

// Sets what a refused password means to the user: how many tries are left, or how long the TPM stays locked.
[[nodiscard]] Error explain_refusal(const Error& error, const TpmPassword& password, const OpenTpmKey& key,
                                    TpmLine& line, TpmLine::Time time);

}  // namespace hallmark::keys
