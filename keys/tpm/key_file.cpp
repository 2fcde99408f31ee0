#include "keys/tpm/key_file.h"

#include <array>

#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/pem.h"
#include "keys/tpm/reference.h"

namespace hallmark::keys {
namespace {

using crypto::DerReader;
using namespace std::string_view_literals;
namespace tag = crypto::tag;

constexpr std::uint8_t kBoolean = 0x01;
constexpr std::uint8_t kContext4 = 0xa4;
constexpr std::uint8_t kContext5 = 0xa5;
constexpr auto kLoadable = "\x67\x81\x05\x0a\x01\x03"sv;    // 2.23.133.10.1.3
constexpr auto kImportable = "\x67\x81\x05\x0a\x01\x04"sv;  // 2.23.133.10.1.4
constexpr auto kSealed = "\x67\x81\x05\x0a\x01\x05"sv;      // 2.23.133.10.1.5

// TPM 2.0 Library, Part 2, section 7.4 (TPM_RH).
constexpr std::uint32_t kOwner = 0x40000001;
constexpr std::uint32_t kNull = 0x40000007;
constexpr std::uint32_t kEndorsement = 0x4000000b;

std::unexpected<Error> unsupported(std::string_view problem) {
  return fail(Error(Outcome::key, "the TPM key file " + std::string(problem)).because(Cause::unsupported));
}

Result<void> expect_loadable(DerReader& from) {
  HM_TRY(const auto type, from.take(tag::oid));
  if (as_text(type) == kLoadable) return {};
  if (as_text(type) == kImportable)
    return unsupported("holds an importable key, which no TPM has yet; import it first");
  if (as_text(type) == kSealed) return unsupported("holds sealed data, not a key");
  return from.error("its type is none of a TPM key");
}

// DER has 0xff for true; tpm2_encodeobject and tpm2-openssl write 0x01.
Result<bool> boolean(DerReader from) {
  HM_TRY(const auto value, from.take(kBoolean));
  HM_DO(from.end());
  if (value.size() != 1 || (value[0] != 0x00 && value[0] != 0x01 && value[0] != 0xff))
    return from.error("a boolean is neither true nor false");
  return value[0] != 0x00;
}

Result<bool> optional_boolean(DerReader& from, std::uint8_t identifier) {
  if (!from.next_is(identifier)) return false;
  HM_TRY(const auto inside, from.enter(identifier));
  return boolean(inside);
}

Result<void> refuse_policies(DerReader& from) {
  if (from.next_is(tag::context_1) || from.next_is(tag::context_3))
    return unsupported("holds a key that is bound to a policy, not to a password");
  if (from.next_is(tag::context_2)) return unsupported("holds a secret for an import");
  return {};
}

Result<std::uint32_t> parse_parent(DerReader& from) {
  HM_TRY(const auto parent, from.small_integer());
  if (is_persistent(parent) || (parent <= 0xffffffff && is_hierarchy(static_cast<std::uint32_t>(parent))))
    return static_cast<std::uint32_t>(parent);
  return unsupported(
      "names a parent that is neither a persistent object nor the owner's, endorsement's or null "
      "hierarchy");
}

Result<TpmKeyFile> parse_contents(DerReader from) {
  TpmKeyFile file;
  HM_DO(expect_loadable(from));
  HM_TRY(file.empty_auth, optional_boolean(from, tag::context_0));
  HM_DO(refuse_policies(from));
  if (from.next_is(kContext4)) HM_DO(from.take(kContext4));
  HM_TRY(const bool rsa_parent, optional_boolean(from, kContext5));
  if (rsa_parent) return unsupported("wants an RSA primary as parent, only ECC P-256 is made");
  HM_TRY(file.parent, parse_parent(from));
  HM_TRY(const auto public_area, from.take(tag::octet_string));
  HM_TRY(const auto private_area, from.take(tag::octet_string));
  HM_DO(from.end());
  file.public_area.assign(public_area.begin(), public_area.end());
  file.private_area.assign(private_area.begin(), private_area.end());
  return file;
}

Error as_key_error(const Error& error) {
  const Error key = error.as(Outcome::key);
  return key.cause() == Cause::none ? key.because(Cause::malformed_answer) : key;
}

// The files of tpm2_create -u and -r begin with a size of two bytes.
bool looks_raw(std::string_view text) { return !text.empty() && text[0] == '\0'; }

}  // namespace

bool is_hierarchy(std::uint32_t parent) { return parent == kOwner || parent == kEndorsement || parent == kNull; }

Result<TpmKeyFile> TpmKeyFile::parse(BytesView der) {
  DerReader outer(der, "TPM key file");
  auto contents = outer.enter(tag::sequence);
  if (!contents) return fail(as_key_error(contents.error()));
  if (const auto end = outer.end(); !end) return fail(as_key_error(end.error()));
  auto file = parse_contents(*contents);
  if (!file) return fail(as_key_error(file.error()));
  return file;
}

Result<TpmKeyFile> TpmKeyFile::from_pem(std::string_view text) {
  if (looks_raw(text))
    return fail(
        Error(Outcome::key, "is no PEM, but one of the two files that tpm2_create writes")
            .because(Cause::unsupported)
            .with_hint("put both into one with \"tpm2_encodeobject -C PARENT -u KEY.pub -r KEY.priv -o KEY.pem\""));
  const auto pem = crypto::read_pem(text);
  if (!pem) return fail(as_key_error(pem.error()));
  if (pem->label != kTpmKeyLabel)
    return fail(Error(Outcome::key, "holds a PEM block \"" + base::printable(pem->label, 40) + "\", expected \"" +
                                        std::string(kTpmKeyLabel) + "\"")
                    .because(Cause::wrong_key)
                    .with_hint("keys that are no TPM's are named by their file alone, without tpm:file="));
  return parse(pem->bytes.view());
}

Result<TpmKeyFile> TpmKeyFile::read(const std::filesystem::path& path) {
  const auto text = base::read_file(path, limits::tpm_blob_bytes, Outcome::key);
  if (!text) {
    std::error_code ignored;
    const bool missing = !std::filesystem::exists(path, ignored);
    return fail(text.error().because(missing ? Cause::not_found : Cause::none));
  }
  auto file = from_pem(as_text(*text));
  if (!file) return fail(file.error().within(base::printable(path.native())));
  return file;
}

Bytes TpmKeyFile::der() const {
  static constexpr std::array<std::uint8_t, 1> kTrue{0xff};
  static constexpr std::array<std::uint8_t, 1> kFalse{0x00};
  const std::array<std::uint8_t, 4> handle{static_cast<std::uint8_t>(parent >> 24),
                                           static_cast<std::uint8_t>(parent >> 16),
                                           static_cast<std::uint8_t>(parent >> 8), static_cast<std::uint8_t>(parent)};
  return crypto::der(
      tag::sequence,
      {crypto::der(tag::oid, {as_bytes(kLoadable)}),
       crypto::der(tag::context_0, {crypto::der(kBoolean, {empty_auth ? kTrue : kFalse})}), crypto::der_integer(handle),
       crypto::der(tag::octet_string, {public_area}), crypto::der(tag::octet_string, {private_area})});
}

std::string TpmKeyFile::pem() const { return crypto::write_public_pem(kTpmKeyLabel, der()); }

}  // namespace hallmark::keys
