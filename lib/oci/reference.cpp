#include "hallmark/reference.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/try.h"

namespace hallmark {
namespace {

constexpr std::size_t kMostBytes = 1024;  // host, path, tag and digest at their longest come to less
constexpr std::size_t kMostPath = 255;    // RepositoryNameTotalLengthMax of distribution/reference
constexpr std::size_t kMostHost = 255;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }
bool is_name_byte(char c) { return is_lower(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(Outcome::usage, "malformed reference \"" + base::printable(text) + "\": " + std::string(why));
}

// alphanumeric [separator alphanumeric]*, where a separator is one of "." "_" "__" or any number of "-".
bool is_path_component(std::string_view component) {
  std::size_t at = 0;
  const auto run = [&](auto takes) {
    const auto start = at;
    while (at < component.size() && takes(component[at])) ++at;
    return at - start;
  };
  if (run(is_name_byte) == 0) return false;
  while (at < component.size()) {
    const auto dots = run([](char c) { return c == '.'; });
    const auto underscores = dots > 0 ? 0 : run([](char c) { return c == '_'; });
    const auto dashes = dots + underscores > 0 ? 0 : run([](char c) { return c == '-'; });
    if (dots > 1 || underscores > 2 || dots + underscores + dashes == 0) return false;
    if (run(is_name_byte) == 0) return false;
  }
  return true;
}

// What is wrong with a path; empty when it is sound.
std::string_view fault_in_path(std::string_view path) {
  if (path.size() > kMostPath) return "the repository path has more than 255 bytes";
  if (std::any_of(path.begin(), path.end(), is_upper)) return "the repository path must be lower case";
  while (true) {
    const auto slash = path.find('/');
    const auto component = path.substr(0, slash);
    if (component.empty()) return "the repository path is empty or has an empty part";
    if (!is_path_component(component)) {
      return "the parts of a repository path are lower-case letters and digits, joined by one of . _ __ or dashes";
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return false;
  unsigned value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc{} && end == text.data() + text.size() && value <= 65535;
}

bool is_domain_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view host) {
  while (true) {
    const auto dot = host.find('.');
    if (!is_domain_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// Without zone and without an embedded IPv4 address, as distribution/reference has it.
bool is_ipv6(std::string_view address) {
  if (address.find_first_not_of("0123456789abcdefABCDEF:") != std::string_view::npos) return false;
  in6_addr parsed{};
  return inet_pton(AF_INET6, std::string(address).c_str(), &parsed) == 1;
}

std::string_view fault_in_host(std::string_view host) {
  if (host.size() > kMostHost) return "the registry's name has more than 255 bytes";
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos || !is_ipv6(host.substr(1, close - 1))) {
      return "the registry's IPv6 address is malformed (zones are not allowed)";
    }
    const auto rest = host.substr(close + 1);
    if (rest.empty()) return {};
    return rest.front() == ':' && is_port(rest.substr(1)) ? std::string_view{}
                                                          : "the registry's port is not 1 to 65535";
  }
  const auto colon = host.find(':');
  if (!is_domain(host.substr(0, colon)) || host.find(':') != host.rfind(':')) {
    return "the registry's name is not a host (an IPv6 address stands in brackets)";
  }
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) {
    return "the registry's port is not 1 to 65535";
  }
  return {};
}

// Whether the part before the first slash names a host rather than the first part of a path on Docker Hub.
bool reads_as_host(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         std::any_of(first.begin(), first.end(), is_upper);
}

// DNS knows no case, so one registry gets one name; but a bare word must stay as it is: in lower case it would read as
// a path on Docker Hub.
std::string normalised_host(std::string_view host) {
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower == "index.docker.io") return "docker.io";
  return reads_as_host(lower) ? lower : std::string(host);
}

struct Parts {
  std::string host;
  std::string path;
  std::optional<std::string> tag;
  std::optional<Digest> digest;
};

// As splitDockerDomain of distribution/reference: no host is docker.io, and there a bare name is of the library.
void split_name(std::string_view name, std::string_view& host, std::string_view& rest) {
  const auto slash = name.find('/');
  const auto first = name.substr(0, slash);
  if (slash == std::string_view::npos || !reads_as_host(first)) {
    host = "docker.io";
    rest = name;
  } else {
    host = first;
    rest = name.substr(slash + 1);
  }
}

std::string_view fault_in_text(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > kMostBytes) return "it has more than 1024 bytes";
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(text.begin(), text.end(), printable))
    return "it has a blank, a control byte or a byte outside ASCII";
  if (text.find("://") != std::string_view::npos) return "leave out the scheme: registry.example/repository";
  if (text.size() == 64 && std::all_of(text.begin(), text.end(), is_hex)) {
    return "64 hex digits alone name no repository: write repository@sha256:<digest>";
  }
  return {};
}

Result<Parts> split(std::string_view text) {
  if (const auto fault = fault_in_text(text); !fault.empty()) return refuse(text, fault);
  Parts parts;
  auto name = text;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    auto digest = Digest::parse(text.substr(at + 1));
    if (!digest) return refuse(text, digest.error().message());
    parts.digest = *std::move(digest);
    name = text.substr(0, at);
  }
  std::string_view host;
  std::string_view rest;
  split_name(name, host, rest);
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    const auto tag = rest.substr(colon + 1);
    if (!is_tag(tag)) return refuse(text, "a tag is 1 to 128 letters, digits and . _ - and starts with none of . -");
    parts.tag = std::string(tag);
    rest = rest.substr(0, colon);
  }
  if (const auto fault = fault_in_host(host); !fault.empty()) return refuse(text, fault);
  parts.host = normalised_host(host);
  const bool familiar = parts.host == "docker.io" && rest.find('/') == std::string_view::npos;
  parts.path = (familiar ? "library/" : "") + std::string(rest);
  if (const auto fault = fault_in_path(parts.path); !fault.empty()) return refuse(text, fault);
  return parts;
}

}  // namespace

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

Result<Repository> Repository::parse(std::string_view text) {
  HM_TRY(Parts parts, split(text));
  if (parts.tag || parts.digest) return refuse(text, "expected a repository without tag and digest");
  return Repository(std::move(parts.host), std::move(parts.path));
}

Result<PinnedReference> PinnedReference::parse(std::string_view text) {
  HM_TRY(Reference reference, Reference::parse(text));
  if (!reference.digest()) return refuse(text, "expected a digest, as in repository@sha256:<64 hex digits>");
  return PinnedReference(reference.repository(), *reference.digest());
}

Result<Reference> Reference::parse(std::string_view text) {
  HM_TRY(Parts parts, split(text));
  if (!parts.tag && !parts.digest) parts.tag = "latest";
  return Reference(Repository(std::move(parts.host), std::move(parts.path)), std::move(parts.tag),
                   std::move(parts.digest));
}

std::string Reference::text() const {
  std::string text = repository_.text();
  if (tag_) text += ":" + *tag_;
  if (digest_) text += "@" + digest_->text();
  return text;
}

}  // namespace hallmark
