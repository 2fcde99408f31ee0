#include "base/shown_reference.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/encoding.h"

namespace hallmark::base {
namespace {

using namespace std::string_view_literals;

constexpr auto kBlot = "…"sv;

// What ends a secret, behind one of "?&;": attributes that belong behind the "?" of a reference.
constexpr std::array kNext{"module-path="sv,      "module-name="sv, "pin-source="sv, "pin-value="sv,
                           "hallmark-padding="sv, "tcti="sv,        "version="sv};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }
bool is_separator(char c) { return static_cast<unsigned char>(c) < 0x80 && !is_letter_or_digit(c); }
bool is_of_name(char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; }

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

// A text without its percent-encoding, in lower case, and where each character of it ends in what was typed.
struct Read {
  std::string text;
  std::vector<std::size_t> ends;
};

Read read(std::string_view typed) {
  Read out;
  for (std::size_t at = 0; at < typed.size();) {
    const bool encoded =
        typed[at] == '%' && at + 2 < typed.size() && digit(typed[at + 1]) >= 0 && digit(typed[at + 2]) >= 0;
    out.text += lower(encoded ? static_cast<char>(digit(typed[at + 1]) * 16 + digit(typed[at + 2])) : typed[at]);
    at += encoded ? 3 : 1;
    out.ends.push_back(at);
  }
  return out;
}

// Of "pin-value", "pin_value" and "pinvalue" at the beginning of the text; 0: it begins otherwise.
std::size_t length_of_pin_value(std::string_view text) {
  for (const auto name : {"pin-value"sv, "pin_value"sv, "pin value"sv, "pinvalue"sv})
    if (text.starts_with(name)) return name.size();
  return 0;
}

// "client-secret" is, by its second word; "pin-source" is a file, "shopping" a name as any other.
bool names_secret(std::string_view name, bool token_is_label) {
  if (name == "pin-source") return false;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of("-_"), name.size());
    const std::string_view word = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    for (const auto secret : {"pin"sv, "pass"sv, "secret"sv, "pwd"sv})
      if (word.starts_with(secret)) return true;
    for (const auto secret : {"userpin"sv, "sopin"sv, "credential"sv, "signature"sv})
      if (word == secret) return true;
    if (word.ends_with("token") && !token_is_label) return true;
  }
  return false;
}

// How much of the text, from `at` on, leads in a secret; 0: nothing.
std::size_t lead_at(std::string_view text, std::size_t at, bool token_is_label) {
  if (const std::size_t length = length_of_pin_value(text.substr(at)); length > 0) {
    const std::string_view after = text.substr(at + length);
    return length + (!after.empty() && is_separator(after.front()) ? 1 : 0);
  }
  if (text[at] != '=') return 0;
  std::size_t start = at;
  while (start > 0 && is_of_name(text[start - 1])) --start;
  return names_secret(text.substr(start, at - start), token_is_label) ? 1 : 0;
}

std::size_t end_of_secret(std::string_view typed, std::size_t from) {
  for (std::size_t at = typed.find_first_of("?&;", from); at != std::string_view::npos;
       at = typed.find_first_of("?&;", at + 1)) {
    const std::string_view rest = typed.substr(at + 1);
    if (std::ranges::any_of(kNext, [&](std::string_view name) { return rest.starts_with(name); })) return at;
  }
  return typed.size();
}

// What is not to be seen of a text, byte by byte.
using Blots = std::vector<bool>;

void blot(Blots& blots, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < to; ++at) blots[at] = true;
}

void blot_values(Blots& blots, std::string_view typed, const Read& plain, bool token_is_label) {
  for (std::size_t at = 0; at < plain.text.size(); ++at) {
    const std::size_t lead = lead_at(plain.text, at, token_is_label);
    if (lead == 0) continue;
    const std::size_t start = plain.ends[at + lead - 1];
    const std::size_t end = end_of_secret(typed, start);
    blot(blots, start, end);
    while (at + 1 < plain.ends.size() && plain.ends[at] < end) ++at;
  }
}

// Of "scheme://USER:PASSWORD@HOST/…", up to the last "@": there may be one in the password. No reference of such a
// scheme has another.
void blot_user(Blots& blots, std::string_view typed, const Read& plain) {
  const std::size_t colon = typed.find(':');
  const std::string_view scheme = typed.substr(0, colon);
  if (colon == std::string_view::npos || scheme.find_first_of("/?;&=@") != std::string_view::npos) return;
  const bool opaque = scheme == "pkcs11" || scheme == "tpm";
  if (opaque && !typed.substr(colon).starts_with("://")) return;
  const std::size_t at = plain.text.rfind('@');
  if (at == std::string::npos || at == 0) return;
  const std::size_t start = std::min(typed.find_first_not_of('/', colon + 1), typed.size());
  blot(blots, start, plain.ends[at - 1]);
}

// RFC 7512 has token= for a label. "pcks11" is meant so, too.
bool is_for_tokens(std::string_view typed) { return !typed.empty() && lower(typed.front()) == 'p'; }

std::string blotted_once(std::string_view reference) {
  const Read plain = read(reference);
  Blots blots(reference.size());
  blot_values(blots, reference, plain, is_for_tokens(reference));
  blot_user(blots, reference, plain);
  std::string kept;
  for (std::size_t at = 0; at < reference.size(); ++at) {
    if (!blots[at])
      kept += reference[at];
    else if (at == 0 || !blots[at - 1])
      kept += kBlot;
  }
  return kept;
}

}  // namespace

std::string without_secrets(std::string_view reference) {
  std::string kept(reference);
  // A blot may lay open what stood before it. Each round that changes something leaves less of what was typed.
  for (std::string next = blotted_once(kept); next != kept; next = blotted_once(kept)) kept = next;
  return kept;
}

std::string shown_reference(std::string_view reference, std::size_t most) {
  return printable(without_secrets(reference), most);
}

}  // namespace hallmark::base
