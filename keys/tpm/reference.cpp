#include "keys/tpm/reference.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"

namespace hallmark::keys {
namespace {

using namespace std::string_view_literals;

constexpr auto kScheme = "tpm:"sv;
constexpr std::array kDrivers{"device"sv, "swtpm"sv, "mssim"sv, "tabrmd"sv};
constexpr auto kDefaultTcti = "device:/dev/tpmrm0"sv;

std::unexpected<Error> malformed(std::string_view reference, std::string_view problem) {
  return fail(
      Error(Outcome::key, "key \"" + base::shown_reference(reference) + "\": " + std::string(problem))
          .because(Cause::not_found)
          .with_hint("name it as tpm:handle=0x81000010 or tpm:file=PATH, either with ?tcti=device:/dev/tpmrm0 at its "
                     "end"));
}

// What follows `prefix`; nothing where it is not there.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

std::optional<std::uint32_t> parse_handle(std::string_view text) {
  const auto digits = after(text, "0x");
  if (!digits || digits->empty() || digits->size() > 8) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(digits->data(), digits->data() + digits->size(), value, 16);
  if (problem != std::errc() || end != digits->data() + digits->size() || !is_persistent(value)) return std::nullopt;
  return value;
}

// No NUL: it would end what a C library is told.
std::optional<std::string> decoded(std::string_view text) {
  auto plain = base::percent_decode(text);
  if (!plain || plain->empty() || plain->find('\0') != std::string::npos) return std::nullopt;
  return *std::move(plain);
}

Result<void> parse_object(std::string_view object, TpmReference& into, const std::string& reference) {
  if (const auto handle = after(object, "handle=")) {
    into.handle = parse_handle(*handle);
    if (!into.handle)
      return malformed(reference, "the handle is none of a persistent object (0x81000000 to 0x81ffffff)");
    return {};
  }
  const auto path = after(object, "file=");
  if (!path) return malformed(reference, "it has neither a handle nor a file");
  const auto file = decoded(*path);
  if (!file) return malformed(reference, "the path of the file is empty, or has a wrong %XX");
  into.file = *file;
  return {};
}

}  // namespace

std::string handle_text(std::uint32_t handle) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), handle, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

Result<TpmReference> TpmReference::parse(const std::string& reference) {
  if (reference.size() > limits::key_reference_bytes) return malformed(reference, "it is too long");
  const auto rest = after(reference, kScheme);
  if (!rest) return malformed(reference, "it does not begin with \"tpm:\"");
  if (base::without_secrets(reference) != reference)
    return malformed(reference, "a password seems to stand in it, where none is ever read");
  TpmReference parsed{base::printable(reference), {}, {}, {}};
  const auto question = rest->find('?');
  HM_DO(parse_object(rest->substr(0, question), parsed, reference));
  if (question == std::string_view::npos) return parsed;
  const auto value = after(rest->substr(question + 1), "tcti=");
  if (!value) return malformed(reference, "after the ? only tcti= is known");
  parsed.tcti = decoded(*value);
  if (!parsed.tcti) return malformed(reference, "the tcti is empty, or has a wrong %XX");
  return parsed;
}

std::string TpmReference::name() const { return "TPM key " + (handle ? handle_text(*handle) : base::printable(file)); }

Result<Tcti> Tcti::parse(std::string_view text, std::string_view source) {
  const auto colon = text.find(':');
  const auto driver = text.substr(0, colon);
  if (std::ranges::find(kDrivers, driver) == kDrivers.end() || text.find('\0') != std::string_view::npos)
    return fail(
        Error(Outcome::key,
              std::string(source) + ": \"" + base::shown_reference(text) + "\" is no way to a TPM that hallmark takes")
            .because(Cause::unsupported)
            .with_hint("ways are device:PATH, swtpm:host=HOST,port=PORT, mssim:host=HOST,port=PORT and tabrmd"));
  return Tcti{std::string(driver),
              colon == std::string_view::npos ? std::string() : std::string(text.substr(colon + 1))};
}

std::string Tcti::text() const { return configuration.empty() ? driver : driver + ":" + configuration; }

Result<Tcti> tcti_for(const TpmReference& reference, const Services& services) {
  if (reference.tcti) return Tcti::parse(*reference.tcti, reference.text);
  for (const char* name : {"HALLMARK_TPM_TCTI", "TPM2TOOLS_TCTI"})
    if (const auto value = services.setting(name)) return Tcti::parse(*value, name);
  return Tcti::parse(kDefaultTcti, "the default");
}

}  // namespace hallmark::keys
