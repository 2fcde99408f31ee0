#include "keys/kms/gcp_reference.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"

namespace hallmark::keys {
namespace {

constexpr std::string_view kScheme = "gcpkms://";
constexpr std::string_view kProjects = "projects/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Of ids of projects ("example.com:shop" is an old form), locations, key rings and keys: nothing that a URL would read
// as anything but itself. A part of dots alone would lead elsewhere.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, is_digit);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

std::unexpected<Error> malformed(std::string_view reference) {
  return fail(Error(Outcome::key, "\"" + base::shown_reference(reference) + "\" names no key of Google Cloud KMS")
                  .because(Cause::not_found)
                  .with_hint("the form is gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY, "
                             "with /cryptoKeyVersions/N for one version"));
}

}  // namespace

Result<GcpKeyName> GcpKeyName::parse(std::string_view reference) {
  if (reference.size() > limits::key_reference_bytes || !reference.starts_with(kScheme)) return malformed(reference);
  const auto parts = split(reference.substr(kScheme.size()));
  static constexpr std::array<std::string_view, 4> kNames{"projects", "locations", "keyRings", "cryptoKeys"};
  if (parts.size() != 8 && parts.size() != 10) return malformed(reference);
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (parts[2 * i] != kNames[i] || !is_id(parts[2 * i + 1])) return malformed(reference);
  GcpKeyName name{std::string(parts[1]), std::string(parts[3]), std::string(parts[5]), std::string(parts[7]), {}};
  if (parts.size() == 10) {
    if ((parts[8] != "versions" && parts[8] != "cryptoKeyVersions") || !is_number(parts[9]))
      return malformed(reference);
    name.version = parts[9];
  }
  return name;
}

std::string GcpKeyName::ring_path() const {
  return "projects/" + project + "/locations/" + location + "/keyRings/" + ring;
}

std::string GcpKeyName::key_path() const { return ring_path() + "/cryptoKeys/" + key; }

std::string GcpKeyName::version_path() const { return key_path() + "/cryptoKeyVersions/" + version; }

bool same_gcp_resource(std::string_view asked, std::string_view answered) {
  if (asked == answered) return true;
  if (!asked.starts_with(kProjects) || !answered.starts_with(kProjects)) return false;
  asked.remove_prefix(kProjects.size());
  answered.remove_prefix(kProjects.size());
  const std::size_t end = asked.find('/');
  const std::size_t answered_end = answered.find('/');
  if (end == std::string_view::npos || answered_end == std::string_view::npos) return false;
  return asked.substr(end) == answered.substr(answered_end) &&
         is_number(asked.substr(0, end)) != is_number(answered.substr(0, answered_end));
}

}  // namespace hallmark::keys
