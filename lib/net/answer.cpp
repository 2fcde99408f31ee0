#include "net/answer.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/try.h"

namespace hallmark::net {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f'; });
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

Result<void> Answer::header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > limits::response_header_bytes)
    return fail(Outcome::malformed,
                "response headers have more than " + std::to_string(limits::response_header_bytes) + " bytes");
  line = without_line_end(line);
  // After a proxy's 407 curl asks again, with credentials, and shows that answer too.
  if (complete_ && status_ == 407 && line.starts_with("HTTP/")) complete_ = false;
  if (complete_) return {};
  if (line.starts_with("HTTP/")) return status_line(line);
  if (line.empty()) return block_ends();
  return field_line(line);
}

// A new block (after 100 Continue, say) replaces the one before.
Result<void> Answer::status_line(std::string_view line) {
  const std::string_view rest = trimmed(line.substr(std::min(line.find(' '), line.size())));
  const std::optional<std::uint64_t> status = number(rest.substr(0, 3));
  if (!status || *status < 100 || *status > 599 || (rest.size() > 3 && rest[3] != ' '))
    return fail(Outcome::malformed, "response has no status: \"" + base::printable(line, 60) + "\"");
  status_ = static_cast<int>(*status);
  headers_ = {};
  return {};
}

Result<void> Answer::field_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, std::min(colon, line.size()));
  // RFC 9112 section 5.2 lets a client refuse folded lines; nobody sends them in earnest.
  if (colon == std::string_view::npos || !is_token(name) || has_control_byte(line))
    return fail(Outcome::malformed,
                "response header line is not \"name: value\": \"" + base::printable(line, 60) + "\"");
  headers_.add(std::string(name), std::string(trimmed(line.substr(colon + 1))));
  return {};
}

Result<void> Answer::block_ends() {
  if (status_ < 200) return {};
  complete_ = true;
  HM_DO(encodings_are_plain());
  if (options_.head) return {};
  if (streams()) return resumes_where_asked();
  for (const std::string& text : headers_.all("Content-Length")) {
    const std::optional<std::uint64_t> length = number(text);
    if (!length || *length > body_limit())
      return fail(Outcome::malformed, "response announces a body of " + base::printable(text, 40) +
                                          " bytes, more than " + std::to_string(body_limit()));
  }
  return {};
}

// We asked for bytes as they are: whatever a server packs anyway would be hashed packed, or be a bomb to unpack.
Result<void> Answer::encodings_are_plain() const {
  for (const std::string& text : headers_.all("Transfer-Encoding")) {
    if (lower(text) != "chunked")
      return fail(Outcome::malformed, "response has the transfer encoding \"" + base::printable(text, 40) +
                                          "\", expected none but chunked");
  }
  if (!ok()) return {};
  for (const std::string& text : headers_.all("Content-Encoding")) {
    if (const std::string name = lower(text); !name.empty() && name != "identity")
      return fail(Outcome::malformed,
                  "response has the content encoding \"" + base::printable(text, 40) + "\", which was not asked for");
  }
  return {};
}

// RFC 9110 section 14.4: "bytes 1000-1999/2000".
Result<void> Answer::resumes_where_asked() {
  skip_ = options_.resume_from;
  if (options_.resume_from == 0 || status_ != 206) return {};
  const std::string* range = headers_.find("Content-Range");
  const std::string_view text = range == nullptr ? std::string_view() : std::string_view(*range);
  constexpr std::string_view kUnit = "bytes ";
  const std::string_view first = text.substr(std::min(kUnit.size(), text.size()));
  if (!text.starts_with(kUnit) || number(first.substr(0, first.find('-'))) != options_.resume_from)
    return fail(Outcome::malformed, "response resumes elsewhere than asked: \"" + base::printable(text, 60) + "\"");
  skip_ = 0;
  return {};
}

std::size_t Answer::body_limit() const { return ok() ? options_.limit : limits::error_body_bytes; }

BytesView Answer::unseen(BytesView piece) {
  const std::size_t known = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
  skip_ -= known;
  return piece.subspan(known);
}

Result<void> Answer::keep(BytesView piece) {
  if (piece.size() > body_limit() - body_.size())
    return fail(Outcome::malformed, "response body has more than " + std::to_string(body_limit()) + " bytes");
  body_.insert(body_.end(), piece.begin(), piece.end());
  return {};
}

}  // namespace hallmark::net
