#include "cmd/common/password.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::cmd {

namespace {

// Editors and echo end a file with a line end that is no part of the password.
void drop_line_end(Secret& secret) {
  std::string_view text = secret.text();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  secret.shrink(text.size());
}

bool same(const Secret& a, const Secret& b) { return std::ranges::equal(a.view(), b.view()); }

}  // namespace

void protect_secrets(Output& output) {
  if (!keys::protect_process()) output.detail("this process could not be shielded against core dumps in full");
}

Result<Secret> read_password_file(const std::string& path, Output& output) {
  const std::string shown = base::printable(path);
  // Not base::read_secret_file: `--password-file <(pass show signing)` is a pipe, and fine.
  const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) return fail(Outcome::key, "password file " + shown + " cannot be opened: " + std::strerror(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
    output.warning("password file " + shown + " can be read by others", "chmod 600 " + shown);
  HM_TRY(Secret password, base::read_secret(file.get(), limits::password_bytes, shown, Outcome::key));
  drop_line_end(password);
  return password;
}

Result<Secret> read_password_stdin() {
  HM_TRY(Secret password, base::read_secret(STDIN_FILENO, limits::password_bytes, "standard input", Outcome::key));
  drop_line_end(password);
  return password;
}

Result<Secret> Passwords::from_file() {
  if (!from_file_) {
    HM_TRY(from_file_, file_ == "-" ? read_password_stdin() : read_password_file(file_, output_));
  }
  return Secret::copy_of(from_file_->view());
}

Result<std::optional<Secret>> Passwords::without_asking() {
  if (!file_.empty()) {
    HM_TRY(Secret password, from_file());
    return password;
  }
  return environment_.password();
}

Result<Secret> Passwords::existing(std::string_view what) {
  HM_TRY(std::optional<Secret> password, without_asking());
  if (!password) {
    HM_TRY(password, ask_password("Password for " + base::printable(what) + ": "));
  }
  if (password) return *std::move(password);
  return fail(Error(Outcome::key, "encrypted, and there is no terminal to ask for the password")
                  .because(Cause::no_credentials)
                  .with_hint("give --password-file FILE or set HALLMARK_PASSWORD"));
}

Result<Secret> Passwords::fresh(std::string_view what) {
  HM_TRY(Secret password, any_fresh(what));
  if (!password.empty()) return password;
  if (!file_.empty())
    return fail(
        Error(Outcome::key, (file_ == "-" ? std::string("standard input") : "password file " + base::printable(file_)) +
                                " is empty: that is no password for a new key")
            .because(Cause::no_credentials)
            .with_hint("write the new password into it"));
  output_.warning("the new password of " + base::printable(what) + " is empty", "whoever can read the file can sign");
  return password;
}

Result<Secret> Passwords::any_fresh(std::string_view what) {
  HM_TRY(std::optional<Secret> password, without_asking());
  if (password) return *std::move(password);
  const std::string key = base::printable(what);
  HM_TRY(password, ask_password("Password for the new key " + key + ": "));
  if (!password)
    return fail(Error(Outcome::key, "the new key " + key + " needs a password and there is no terminal to ask for it")
                    .because(Cause::no_credentials)
                    .with_hint("give --password-file FILE or set HALLMARK_PASSWORD"));
  HM_TRY(const std::optional<Secret> again, ask_password("The same password again: "));
  if (!again || !same(*password, *again)) return fail(Outcome::key, "the two passwords differ");
  return *std::move(password);
}

Result<Secret> Passwords::pin(std::string_view what) {
  if (!file_.empty()) return from_file();
  std::string wanted = base::printable(what);
  if (!wanted.starts_with("password ")) wanted.insert(0, "PIN or password of ");
  HM_TRY(std::optional<Secret> pin, ask_password("Please type the " + wanted + ": "));
  if (pin) return *std::move(pin);
  return fail(Error(Outcome::key, "there is no terminal to ask for the " + wanted)
                  .because(Cause::no_credentials)
                  .with_hint("give --password-file FILE"));
}

keys::OpenOptions Passwords::options() {
  return {.password = [this](std::string_view what) { return existing(what); }, .variable = variables_of(environment_)};
}

keys::VariableSource variables_of(const Environment& environment) {
  return [&environment](const std::string& name) { return environment.secret(name); };
}

}  // namespace hallmark::cmd
