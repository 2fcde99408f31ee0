#include "node/image_pattern.h"

#include <algorithm>

#include "base/encoding.h"

namespace hallmark::node {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_host_part(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_' || c == '*' || c == ':';
  });
}

// `*` is any run of letters, an empty one too; linear but for the last star's retries.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.size() && pattern[at] == text[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace

ImagePattern::Name ImagePattern::split(std::string_view text) {
  Name name;
  const std::size_t slash = std::min(text.find('/'), text.size());
  name.path = std::string(text.substr(slash));
  std::string host(text.substr(0, slash));
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (host.starts_with('[')) {  // an IPv6 address is one part
    const std::size_t close = std::min(host.find(']'), host.size());
    name.host.push_back(host.substr(1, close - 1));
    host.erase(0, std::min(close + 1, host.size()));
    name.port = host.starts_with(':') ? host.substr(1) : host;
    return name;
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string::npos) name.port = host.substr(colon + 1);
  std::string_view rest = std::string_view(host).substr(0, colon);
  while (true) {
    const std::size_t dot = rest.find('.');
    name.host.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) return name;
    rest.remove_prefix(dot + 1);
  }
}

Result<ImagePattern> ImagePattern::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(Outcome::config,
                "\"" + base::printable(text, 100) + "\" is no pattern for images: " + std::string(why));
  };
  std::string_view bare = text;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (bare.starts_with(scheme)) bare.remove_prefix(scheme.size());
  }
  if (bare.size() > 512) return refuse("it is longer than any name");
  if (bare.find_first_of("?#@\\ ") != std::string_view::npos) return refuse("expected host[:port][/path]");
  ImagePattern pattern;
  pattern.name_ = split(bare);
  Name& name = pattern.name_;
  if (!std::ranges::all_of(name.host, is_host_part)) return refuse("the host is wrong");
  if (!std::ranges::all_of(name.port, [](char c) { return c >= '0' && c <= '9'; }))
    return refuse("the port is no number");
  if (name.path.find('*') != std::string::npos) return refuse("a star may stand in the host alone");
  for (const std::string_view api : {"/v1/", "/v2/"}) {
    if (name.path.starts_with(api)) name.path.erase(0, api.size() - 1);
  }
  if (name.path == "/" || name.path == "/v1" || name.path == "/v2") name.path.clear();
  return pattern;
}

bool ImagePattern::matches(std::string_view image) const {
  const Name other = split(image);
  return other.port == name_.port && other.path.starts_with(name_.path) &&
         std::ranges::equal(name_.host, other.host, fits);
}

}  // namespace hallmark::node
