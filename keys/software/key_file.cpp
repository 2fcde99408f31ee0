#include "keys/software/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using namespace std::string_view_literals;

// Schemes without "//": a file may have a colon in its name, but not one of these before it.
constexpr std::array<std::string_view, 4> kOpaqueSchemes{"fd"sv, "pkcs11"sv, "tpm"sv, "env"sv};

// Of key services. With one slash or none it is the name of a file.
constexpr std::array<std::string_view, 6> kSlashedSchemes{"awskms"sv,     "gcpkms"sv,  "azurekms"sv,
                                                          "hashivault"sv, "openbao"sv, "k8s"sv};

std::string hint_for_missing(std::string_view path) {
  const auto scheme = path.substr(0, path.find(':'));
  if (scheme.size() < path.size() && std::ranges::find(kSlashedSchemes, scheme) != kSlashedSchemes.end())
    return std::string(scheme) + ":// is written with two slashes; see docs/kms.md";
  return "name a key file; \"hallmark key generate\" makes a key pair";
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// One letter too many, too few or another, or two that changed places.
bool one_slip_apart(std::string_view typed, std::string_view meant) {
  const auto common = [](std::string_view a, std::string_view b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  };
  const std::size_t at = common(typed, meant);
  typed.remove_prefix(at);
  meant.remove_prefix(at);
  if (typed.empty() || meant.empty()) return typed.size() + meant.size() <= 1;
  return typed.substr(1) == meant.substr(1) || typed.substr(1) == meant || typed == meant.substr(1) ||
         (typed.size() > 1 && meant.size() > 1 && typed[0] == meant[1] && typed[1] == meant[0] &&
          typed.substr(2) == meant.substr(2));
}

// "pkcs11:" for "PKCS11:…" and "pcks11:…"; nothing: it is one, or like none.
std::string meant_scheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  if (colon == std::string_view::npos) return {};
  std::string typed(reference.substr(0, colon));
  if (std::ranges::find(kOpaqueSchemes, typed) != kOpaqueSchemes.end() ||
      std::ranges::find(kSlashedSchemes, typed) != kSlashedSchemes.end())
    return {};
  std::ranges::transform(typed, typed.begin(), lower);
  const auto is_meant = [&](std::string_view known) {
    constexpr std::size_t kLeast = 3;  // of two letters, everything short is one slip apart
    return typed == known || (typed.size() >= kLeast && known.size() >= kLeast && one_slip_apart(typed, known));
  };
  for (const auto known : kOpaqueSchemes)
    if (is_meant(known)) return std::string(known) + (known == "env" ? "://" : ":");
  for (const auto known : kSlashedSchemes)
    if (is_meant(known)) return std::string(known) + "://";
  return {};
}

std::unexpected<Error> no_such_file(std::string_view reference) {
  const std::string name = base::shown_reference(reference);
  const std::string meant = meant_scheme(reference);
  const std::string_view scheme = reference.substr(0, reference.find(':'));
  if (meant.empty())
    return fail(
        Error(Outcome::key, name + ": no such file").because(Cause::not_found).with_hint(hint_for_missing(reference)));
  return fail(Error(Outcome::key, "key \"" + name + "\": \"" + base::printable(scheme, 40) +
                                      "\" is no scheme hallmark knows, and no file is named so")
                  .because(Cause::not_found)
                  .with_hint("write it " + meant + "…, if that is meant; see docs/kms.md"));
}

std::unexpected<Error> cannot_open(const std::string& name, int error) {
  if (error == EACCES) return fail(Error(Outcome::key, name + ": permission denied").because(Cause::access_denied));
  return fail(Outcome::key, name + ": cannot be opened (" + std::generic_category().message(error) + ")");
}

std::unexpected<Error> malformed(std::string problem) {
  return fail(Error(Outcome::key, std::move(problem)).because(Cause::not_found));
}

// "files, env://NAME and fd:N", and what the providers know.
std::string known_forms(const KeyProviders* providers) {
  if (providers == nullptr || providers->all().empty()) return "files, env://NAME and fd:N";
  std::string forms = "files, env://NAME, fd:N";
  for (const auto& provider : providers->all()) {
    const auto scheme = provider->scheme();
    forms += provider == providers->all().back() ? " and " : ", ";
    forms.append(scheme).append(std::ranges::find(kOpaqueSchemes, scheme) == kOpaqueSchemes.end() ? "://" : ":");
  }
  return forms;
}

struct KeyText {
  Secret text;
  ::mode_t mode = 0600;
};

Result<KeyText> read_variable(std::string_view reference, const VariableSource& variable) {
  constexpr std::string_view kPrefix = "env://";
  if (!reference.starts_with(kPrefix) || reference.size() == kPrefix.size())
    return malformed("key \"" + base::shown_reference(reference) + "\": a variable is named as env://NAME");
  const std::string name(reference.substr(kPrefix.size()));
  std::optional<Secret> value;
  if (variable) {
    value = variable(name);
  } else if (const char* text = std::getenv(name.c_str())) {
    value = Secret::copy_of(std::string_view(text));
  }
  if (!value || value->empty())
    return fail(Error(Outcome::key, "the environment variable " + base::printable(name) + " is not set")
                    .because(Cause::not_found));
  if (value->size() > limits::key_file_bytes)
    return fail(Outcome::key, "the environment variable " + base::printable(name) + " is longer than any key");
  return KeyText{*std::move(value)};
}

Result<KeyText> read_descriptor(std::string_view reference) {
  const std::string_view digits = reference.substr(std::string_view("fd:").size());
  int number = -1;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number < 0)
    return malformed("key \"" + base::shown_reference(reference) + "\": a descriptor is named as fd:3");
  if (::fcntl(number, F_GETFD) == -1)
    return fail(Error(Outcome::key, std::string(reference) + ": there is no such descriptor")
                    .because(Cause::not_found)
                    .with_hint("hand it down, as with \"hallmark … --key fd:3 3<release.key\""));
  HM_TRY(Secret text, base::read_secret(number, limits::key_file_bytes, reference, Outcome::key));
  return KeyText{std::move(text)};
}

Result<KeyText> read_file(const std::string& path) {
  const auto name = base::shown_reference(path);
  // One descriptor for the mode and the bytes: the file cannot be exchanged in between.
  const base::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return errno == ENOENT ? no_such_file(path) : cannot_open(name, errno);
  struct ::stat status{};
  if (::fstat(fd.get(), &status) != 0) return cannot_open(name, errno);
  if (S_ISDIR(status.st_mode)) return fail(Outcome::key, name + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode))
    return fail(Error(Outcome::key, name + ": is not a regular file")
                    .with_hint("a key that comes through a pipe is named as fd:N"));
  HM_TRY(Secret text, base::read_secret(fd.get(), limits::key_file_bytes, name, Outcome::key));
  return KeyText{std::move(text), static_cast<::mode_t>(status.st_mode & 07777)};
}

Result<KeyText> read_text(std::string_view reference, const VariableSource& variable, const KeyProviders* providers) {
  if (reference.empty()) return malformed("the key reference is empty, expected a file");
  if (reference.find('\0') != std::string_view::npos) return malformed("the key reference has a NUL byte");
  const auto scheme = scheme_of(reference);
  if (scheme == "env") return read_variable(reference, variable);
  if (scheme == "fd") return read_descriptor(reference);
  if (scheme.empty()) return read_file(std::string(reference));
  const std::string meant = meant_scheme(reference);
  return fail(Error(Outcome::key, "key \"" + base::shown_reference(reference) + "\": keys of scheme \"" +
                                      base::printable(scheme, 40) + "\" cannot be opened, only " +
                                      known_forms(providers))
                  .because(Cause::unsupported)
                  .with_hint(meant.empty() ? "name a file; one whose name looks like a scheme is written ./NAME"
                                           : "write it " + meant + "…, if that is meant; see docs/kms.md"));
}

}  // namespace

std::string_view scheme_of(std::string_view reference) {
  const auto colon = reference.find(':');
  if (colon == std::string_view::npos) return {};
  const auto scheme = reference.substr(0, colon);
  if (reference.substr(colon).starts_with("://")) return scheme.empty() ? "://"sv : scheme;
  return std::ranges::find(kOpaqueSchemes, scheme) != kOpaqueSchemes.end() ? scheme : std::string_view{};
}

bool is_elsewhere(std::string_view reference) {
  const auto scheme = scheme_of(reference);
  return !scheme.empty() && scheme != "env" && scheme != "fd";
}

bool KeyFile::is_private() const { return pem.label.ends_with("PRIVATE KEY"); }

KeyProvider* provider_of(std::string_view reference, const OpenOptions& options) {
  return options.providers == nullptr ? nullptr : options.providers->find(reference);
}

Result<KeyFile> read_key_file(std::string_view reference, const VariableSource& variable,
                              const KeyProviders* providers) {
  HM_TRY(const auto read, read_text(reference, variable, providers));
  auto pem = crypto::read_pem(read.text.text());
  if (!pem) return fail(pem.error().within(base::shown_reference(reference)));
  return KeyFile{std::string(reference), *std::move(pem), read.mode};
}

}  // namespace hallmark::keys
