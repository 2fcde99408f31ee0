#include "base/encoding.h"

#include <openssl/evp.h>

#include <algorithm>
#include <climits>

#include "base/try.h"
#include "base/utf8.h"

namespace hallmark::base {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

std::unexpected<Error> bad_base64(std::string problem) {
  return fail(Outcome::malformed, "not base64: " + std::move(problem));
}

int hex_value(char c) {
  const auto at = kHex.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Controls, and what would let foreign text rearrange the line it is shown in.
bool is_unsafe(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  if (code == 0x061C || code == 0x200E || code == 0x200F) return true;  // bidi marks
  if (code >= 0x2028 && code <= 0x202E) return true;                    // line separators, bidi embeddings
  if (code >= 0x2066 && code <= 0x2069) return true;                    // bidi isolates
  return code == 0xFEFF;
}

}  // namespace

std::string base64_encode(BytesView bytes) {
  constexpr std::size_t kPiece = 3u << 20;  // OpenSSL counts in int
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  std::size_t written = 0;
  for (std::size_t from = 0; from < bytes.size(); from += kPiece) {
    const BytesView piece = bytes.subspan(from, std::min(kPiece, bytes.size() - from));
    written += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()) + written,
                                                        piece.data(), static_cast<int>(piece.size())));
  }
  text.resize(written);
  return text;
}

Result<Bytes> base64_decode(std::string_view text) {
  if (text.empty()) return Bytes{};
  if (text.size() % 4 != 0) return bad_base64("the length is not a multiple of 4");
  if (text.size() > INT_MAX / 2) return bad_base64("too long");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  const auto foreign = std::find_if_not(digits.begin(), digits.end(), is_base64);
  if (foreign != digits.end())
    return bad_base64("unexpected byte at position " + std::to_string(foreign - digits.begin()));
  Bytes bytes(text.size() / 4 * 3);
  if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) < 0)
    return bad_base64("cannot be decoded");
  for (std::size_t i = 0; i < padding; ++i) bytes.pop_back();
  // One text per value: the bits that padding leaves over must be zero.
  if (padding != 0) {
    const std::size_t tail = bytes.size() / 3 * 3;
    if (base64_encode(BytesView(bytes).subspan(tail)) != text.substr(text.size() - 4))
      return bad_base64("bits are left over at the end");
  }
  return bytes;
}

Result<Bytes> base64_decode_any(std::string_view text) {
  const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
  if (url_safe && text.find_first_of("+/") != std::string_view::npos)
    return bad_base64("the standard and the URL-safe alphabet are mixed");
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  if (!standard.ends_with('=')) {
    if (standard.size() % 4 == 1) return bad_base64("the length is not one that base64 can have");
    standard.append((4 - standard.size() % 4) % 4, '=');
  }
  return base64_decode(standard);
}

std::string hex_encode(BytesView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kHex[byte >> 4u];
    text += kHex[byte & 0xFu];
  }
  return text;
}

Result<Bytes> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Outcome::malformed, "not hex: an odd number of digits");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0)
      return fail(Outcome::malformed, "not lower-case hex at position " + std::to_string(high < 0 ? i : i + 1));
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos || keep.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = text.size() - i > 2 ? digit(text[i + 1]) : -1;
    const int low = text.size() - i > 2 ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(Outcome::malformed, "\"%\" is not followed by two hex digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string printable(std::string_view foreign, std::size_t most) {
  std::string shown;
  while (!foreign.empty()) {
    const auto [code, length] = first_character(foreign);
    const std::size_t taken = std::max<std::size_t>(length, 1);
    std::string next(foreign.substr(0, taken));
    if (length == 0 || is_unsafe(code)) {
      std::string escaped;
      for (const char byte : next) escaped += "\\x" + hex_encode(as_bytes({&byte, 1}));
      next = std::move(escaped);
    }
    if (shown.size() + next.size() > most) return shown + "…";
    shown += next;
    foreign.remove_prefix(taken);
  }
  return shown;
}

}  // namespace hallmark::base
