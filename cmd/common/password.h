// Passwords: from a file, the environment or the terminal; never from the command line.
#pragma once

#include <string>

#include "cmd/common/environment.h"
#include "cmd/common/output.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

// Where a password may come from, in this order: --password-file ("-" is stdin), HALLMARK_PASSWORD, COSIGN_PASSWORD, a
// prompt on the terminal. Kind of errors: key, with what to do where nothing gives one.
class Passwords {
 public:
  Passwords(std::string file, const Environment& environment, Output& output)
      : file_(std::move(file)), environment_(environment), output_(output) {}

  // The password of a key that exists.
  [[nodiscard]] Result<Secret> existing(std::string_view what);
  // One for a key about to be written: typed twice at a terminal. A file that is empty is refused: it was to be filled.
  // An empty variable is taken, with a warning: cosign's users set it so.
  [[nodiscard]] Result<Secret> fresh(std::string_view what);
  // The PIN of a token, or the password of a key in a TPM or a cluster: --password-file, or typed. The variables for
  // keys in files are none of these: a token that gets a wrong PIN three times is locked.
  [[nodiscard]] Result<Secret> pin(std::string_view what);
  // To open a key with: its password, and the variable that env://NAME names. This object must outlive them.
  [[nodiscard]] keys::OpenOptions options();

 private:
  [[nodiscard]] Result<std::optional<Secret>> without_asking();
  [[nodiscard]] Result<Secret> from_file();
  [[nodiscard]] Result<Secret> any_fresh(std::string_view what);

  std::string file_;
  const Environment& environment_;
  Output& output_;
  std::optional<Secret> from_file_;  // stdin and pipes can be read only once
};

// What env://NAME stands for; the environment must outlive it.
[[nodiscard]] keys::VariableSource variables_of(const Environment& environment);

// To be called by a command before it touches a password or private key, and before OpenSSL is used: no core dumps, no
// ptrace, and freed memory is wiped. Says so with --verbose when a part of it could not be had.
void protect_secrets(Output& output);

// The whole text of a file that holds a secret, without its line end. A file that others can read gives a warning.
[[nodiscard]] Result<Secret> read_password_file(const std::string& path, Output& output);
// All of stdin, without one line end at its end.
[[nodiscard]] Result<Secret> read_password_stdin();
// Asks on /dev/tty with the echo off. Interrupting restores the terminal. Nothing where there is no terminal.
[[nodiscard]] Result<std::optional<Secret>> ask_password(const std::string& prompt);

}  // namespace hallmark::cmd
