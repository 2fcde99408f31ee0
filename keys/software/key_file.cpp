#include "keys/software/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using namespace std::string_view_literals;

// Schemes without "//": a file may have a colon in its name, but not one of these before it.
constexpr std::array<std::string_view, 4> kOpaqueSchemes{"fd"sv, "pkcs11"sv, "tpm"sv, "env"sv};

std::string_view scheme_of(std::string_view reference) {
  const auto colon = reference.find(':');
  if (colon == std::string_view::npos) return {};
  const auto scheme = reference.substr(0, colon);
  if (reference.substr(colon).starts_with("://")) return scheme.empty() ? "://"sv : scheme;
  return std::ranges::find(kOpaqueSchemes, scheme) != kOpaqueSchemes.end() ? scheme : std::string_view{};
}

Result<void> expect_file_name(std::string_view reference) {
  if (reference.empty()) return fail(Outcome::key, "the key reference is empty, expected a file");
  if (reference.find('\0') != std::string_view::npos) return fail(Outcome::key, "the key reference has a NUL byte");
  if (const auto scheme = scheme_of(reference); !scheme.empty())
    return fail(Error(Outcome::key, "key \"" + base::printable(reference) + "\": keys of scheme \"" +
                                        base::printable(scheme, 40) + "\" cannot be opened, only files")
                    .with_hint("name a file; one whose name looks like a scheme is written ./NAME"));
  return {};
}

std::unexpected<Error> cannot_open(const std::string& name, int error) {
  if (error == ENOENT)
    return fail(Error(Outcome::key, name + ": no such file")
                    .with_hint("name a key file; \"hallmark key generate\" makes a key pair"));
  if (error == EACCES) return fail(Outcome::key, name + ": permission denied");
  return fail(Outcome::key, name + ": cannot be opened (" + std::generic_category().message(error) + ")");
}

}  // namespace

bool KeyFile::is_private() const { return pem.label.ends_with("PRIVATE KEY"); }

Result<KeyFile> read_key_file(std::string_view reference) {
  HM_DO(expect_file_name(reference));
  const std::string path(reference);
  const auto name = base::printable(path);
  // One descriptor for the mode and the bytes: the file cannot be exchanged in between.
  const base::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return cannot_open(name, errno);
  struct ::stat status{};
  if (::fstat(fd.get(), &status) != 0) return cannot_open(name, errno);
  if (S_ISDIR(status.st_mode)) return fail(Outcome::key, name + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) return fail(Outcome::key, name + ": is not a regular file");
  HM_TRY(const auto text, base::read_secret(fd.get(), limits::key_file_bytes, name, Outcome::key));
  auto pem = crypto::read_pem(text.text());
  if (!pem) return fail(pem.error().within(name));
  return KeyFile{path, *std::move(pem), static_cast<::mode_t>(status.st_mode & 07777)};
}

}  // namespace hallmark::keys
