#include "keys/pkcs11/uri.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/shown_reference.h"
#include "base/try.h"

namespace hallmark::keys::token {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::size_t kShownMost = 800;
constexpr std::array kPathNames{"token"sv,
                                "manufacturer"sv,
                                "serial"sv,
                                "model"sv,
                                "library-manufacturer"sv,
                                "library-description"sv,
                                "library-version"sv,
                                "object"sv,
                                "type"sv,
                                "id"sv,
                                "slot-id"sv,
                                "slot-manufacturer"sv,
                                "slot-description"sv};
constexpr std::array kQueryNames{"pin-source"sv, "pin-value"sv, "module-name"sv, "module-path"sv, "hallmark-padding"sv};
constexpr const char* kForm = "a key on a token is named as pkcs11:token=LABEL;object=NAME?module-path=/PATH/MODULE.so";

struct Attribute {
  std::string_view name;
  std::string_view value;  // as typed, percent-encoded
};

// What stands between separators, in order; nothing is nothing: cosign begins with ";" where it has no token's name.
// The text of an attribute without "=" is its name.
std::vector<Attribute> split(std::string_view text, char separator) {
  std::vector<Attribute> found;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    const auto one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const auto equals = one.find('=');
    found.push_back(equals == std::string_view::npos ? Attribute{one, {}}
                                                     : Attribute{one.substr(0, equals), one.substr(equals + 1)});
  }
  return found;
}

// p11-kit takes no empty parts.
std::string joined(const std::vector<Attribute>& attributes, char separator) {
  std::string text;
  for (const Attribute& one : attributes) {
    if (!text.empty()) text += separator;
    text.append(one.name).append("=").append(one.value);
  }
  return text;
}

std::unexpected<Error> wrong(const std::string& text, const std::string& problem) {
  return fail(Error(Outcome::key, text + ": " + problem).because(Cause::not_found).with_hint(kForm));
}

bool is_pin(const Attribute& one) { return one.name == "pin-value"; }

// A PIN in a label or a path would be shown with it, by whoever lists what was looked for.
bool has_stray_pin(std::string_view path, const std::vector<Attribute>& query) {
  const auto holds_secret = [](const std::string& text) { return base::without_secrets(text) != text; };
  return holds_secret(std::string(path)) || std::ranges::any_of(query, [&](const Attribute& one) {
           return !is_pin(one) && holds_secret(std::string(kScheme).append("value=").append(one.value));
         });
}

// RFC 7512 section 2.3: "the attribute … MUST NOT be present more than once"; cosign would take the first of two,
// p11-kit the last.
Result<void> each_once(const std::string& text, const std::vector<Attribute>& attributes,
                       std::span<const std::string_view> known) {
  for (auto one = attributes.begin(); one != attributes.end(); ++one) {
    const std::string name = base::shown_reference(one->name, 40);
    if (std::ranges::find(known, one->name) == known.end()) {
      if (std::any_of(attributes.begin(), one, is_pin))
        return wrong(text, "what follows the PIN is no attribute that is known here; in a PIN, & is written %26");
      return wrong(text, "\"" + name + "\" is no attribute that is known here");
    }
    if (one->value.empty()) return wrong(text, "\"" + name + "\" has no value");
    if (one->value.find("%00") != std::string_view::npos) return wrong(text, "\"" + name + "\" has a NUL byte");
    if (std::any_of(attributes.begin(), one, [&](const Attribute& other) { return other.name == one->name; }))
      return wrong(text, "\"" + name + "\" stands there twice");
  }
  return {};
}

std::string problem_of(int code) {
  switch (code) {
    case P11_KIT_URI_BAD_ENCODING:
      return "a percent sign is not followed by two hex digits";
    case P11_KIT_URI_BAD_VERSION:
      return "library-version is not as 2.6";
    default:
      return "not as RFC 7512 has it";
  }
}

std::optional<Bytes> attribute_of(const TokenUri& uri, CK_ATTRIBUTE_TYPE type) {
  const CK_ATTRIBUTE* found = uri.handle.get_deleter().kit->uri_get_attribute(uri.handle.get(), type);
  if (found == nullptr || found->pValue == nullptr) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(found->pValue);
  return Bytes(bytes, bytes + found->ulValueLen);
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// "file:/run/pin", "file:///run/pin" and "/run/pin"; RFC 7512 section 2.4 has "|command", too.
Result<std::string> pin_file_of(const std::string& text, std::string_view source) {
  if (source.empty()) return std::string();
  if (source.starts_with('|'))
    return fail(Error(Outcome::key, text + ": pin-source is a command, which hallmark does not run")
                    .because(Cause::unsupported)
                    .with_hint("name a file as pin-source=file:/PATH, or set HALLMARK_PIN"));
  if (source.starts_with("file://")) source.remove_prefix("file://"sv.size());
  if (source.starts_with("file:")) source.remove_prefix("file:"sv.size());
  if (source.starts_with("localhost/")) source.remove_prefix("localhost"sv.size());
  if (!source.starts_with('/')) return wrong(text, "pin-source is no file: it is named as file:/PATH");
  return std::string(source);
}

Result<Padding> padding_of(const std::string& text, std::string_view value) {
  if (value.empty()) return Padding::unsaid;
  if (value == "pss") return Padding::pss;
  if (value == "pkcs1") return Padding::pkcs1;
  return wrong(text, "hallmark-padding is \"pss\" or \"pkcs1\"");
}

Result<void> read_query(const Kit& kit, TokenUri& uri) {
  const P11KitUri* handle = uri.handle.get();
  uri.module_name = text_of(kit.uri_get_module_name(handle));
  uri.module_path = text_of(kit.uri_get_module_path(handle));
  if (!uri.module_path.empty() && !uri.module_path.starts_with('/'))
    return wrong(uri.text, "module-path is not absolute");
  if (const char* pin = kit.uri_get_pin_value(handle)) uri.pin = Secret::copy_of(std::string_view(pin));
  HM_TRY(uri.pin_source, pin_file_of(uri.text, text_of(kit.uri_get_pin_source(handle))));
  if (uri.pin && !uri.pin_source.empty()) return wrong(uri.text, "pin-value and pin-source exclude each other");
  HM_TRY(uri.padding, padding_of(uri.text, text_of(kit.uri_get_vendor_query(handle, "hallmark-padding"))));
  return {};
}

Result<void> read_path(const Kit& kit, TokenUri& uri) {
  if (const auto type = attribute_of(uri, CKA_CLASS)) {
    CK_OBJECT_CLASS number = 0;
    std::copy_n(type->begin(), std::min(type->size(), sizeof number), reinterpret_cast<std::uint8_t*>(&number));
    if (number != CKO_PRIVATE_KEY && number != CKO_PUBLIC_KEY && number != CKO_CERTIFICATE)
      return fail(Error(Outcome::key, uri.text + ": an object of this type cannot sign")
                      .because(Cause::wrong_key)
                      .with_hint("name a key pair: type=private"));
  }
  if (const auto object = attribute_of(uri, CKA_LABEL)) uri.object = std::string(object->begin(), object->end());
  uri.id = attribute_of(uri, CKA_ID);
  if (!uri.object && !uri.id) return wrong(uri.text, "object= or id= is missing: which key?");
  const CK_SLOT_ID slot = kit.uri_get_slot_id(uri.handle.get());
  if (slot != static_cast<CK_SLOT_ID>(-1)) uri.slot = slot;
  return {};
}

}  // namespace

Result<TokenUri> TokenUri::parse(const Kit& kit, const std::string& reference) {
  if (reference.size() > limits::key_reference_bytes)
    return fail(Error(Outcome::key,
                      "a reference \"pkcs11:…\" of more than " + std::to_string(limits::key_reference_bytes) + " bytes")
                    .because(Cause::not_found)
                    .with_hint(kForm));
  const std::string_view whole = reference;
  const auto mark = std::min(whole.find('?'), whole.size());
  const auto path = whole.substr(0, mark);
  const auto query = split(whole.substr(std::min(mark + 1, whole.size())), '&');
  TokenUri uri;
  uri.text = base::shown_reference(reference, kShownMost);
  // p11-kit takes what follows a NUL for the end.
  if (whole.find('\0') != std::string_view::npos || !path.starts_with(kScheme))
    return wrong(uri.text, "is no reference to a token");
  if (has_stray_pin(path, query))
    return wrong(uri.text, "a PIN seems to stand where none is read: it is pin-value=, behind the ? or an & after it");
  const auto selecting = split(path.substr(kScheme.size()), ';');
  HM_DO(each_once(uri.text, selecting, kPathNames));
  HM_DO(each_once(uri.text, query, kQueryNames));
  uri.handle = {kit.uri_new(), FreeUri{&kit}};
  const std::string plain = std::string(kScheme) + joined(selecting, ';') + "?" + joined(query, '&');
  if (const int code = kit.uri_parse(plain.c_str(), P11_KIT_URI_FOR_ANY, uri.handle.get()); code != P11_KIT_URI_OK)
    return wrong(uri.text, problem_of(code));
  // Names are known by now: what is left is a type= that is none, and text that no token has room for.
  if (kit.uri_any_unrecognized(uri.handle.get()) != 0)
    return wrong(uri.text, "type= is no type of object, or a text is longer than the token's own can be");
  HM_DO(read_path(kit, uri));
  HM_DO(read_query(kit, uri));
  return uri;
}

std::string key_words(const std::optional<std::string>& object, const std::optional<Bytes>& id) {
  std::string words;
  if (object && !object->empty()) words = "object \"" + base::printable(*object) + "\"";
  if (id && !id->empty()) words += (words.empty() ? "id " : ", id ") + base::printable(base::hex_encode(*id));
  return words;
}

}  // namespace hallmark::keys::token
