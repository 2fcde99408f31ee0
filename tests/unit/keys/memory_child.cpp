// What a signing process does, for memory_test.cpp to look into afterwards:
//   memory_child ACTION KEYFILE   password on stdin until end of file; prints "done" and waits for SIGTERM
//   ACTION: sign; sign-wrongly (the public key is another's: the signature is refused); hold (sign, and keep the key)
// With HALLMARK_TEST_LEAK=1 it keeps copies in memory that nobody wipes: the control run.
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "keys/software/open_private_key.h"
#include "keys/software/software_signer.h"

using namespace hallmark;

namespace {

std::vector<std::string> leaked;  // these two live until the end
std::unique_ptr<Signer> held;

void leak(std::string_view secret) {
  leaked.emplace_back(secret);
  leaked.emplace_back(secret.rbegin(), secret.rend());
}

void leak_all(const std::string& path, const keys::OpenOptions& options, const Secret& password) {
  leak(password.text());
  if (const auto file = base::read_secret_file(path, limits::key_file_bytes, Outcome::key)) leak(file->text());
  if (const auto key = keys::open_private_key(path, options)) leak(key->pkcs8.text());
}

// 0: signed; 1: refused.
int run(std::string_view action, const std::string& path) {
  const auto password = base::read_secret(STDIN_FILENO, limits::password_bytes, "password", Outcome::key);
  if (!password) return 2;
  const keys::OpenOptions options{
      .password = [&](std::string_view) -> Result<Secret> { return Secret::copy_of(password->text()); }};
  if (std::getenv("HALLMARK_TEST_LEAK") != nullptr) leak_all(path, options, *password);
  if (action != "sign-wrongly") {
    auto signer = keys::open_signer(path, options);
    const bool done = signer && (*signer)->sign(as_bytes("message"));
    if (done && action == "hold") held = std::move(*signer);
    return done ? 0 : 1;
  }
  auto key = keys::open_private_key(path, options);
  auto other = keys::generate({}, "other", {.format = keys::KeyFormat::pkcs8, .password = {}});
  if (!key || !other) return 2;
  keys::SoftwareSigner signer({std::move(key->handle), std::move(other->public_key), Secret()});
  return signer.sign(as_bytes("message")) ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || !keys::protect_process()) return 2;
  const int result = run(arguments[1], arguments[2]);
  (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // for the parent to look
  std::printf("done %d\n", result);
  std::fflush(stdout);
  for (;;) ::pause();
}
