#include "keys/tpm/response_code.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "keys/provider/rest.h"

namespace hallmark::keys {
namespace {

struct Meaning {
  TPM2_RC code;
  Cause cause;
  std::string_view problem;
  std::string_view hint = {};
};

constexpr std::string_view kFlush =
    "other programs hold its few places: \"tpm2_flushcontext -t -l -s\" frees them; through /dev/tpmrm0 or tabrmd each "
    "program has its own";

// TPM 2.0 Library, Part 2, section 6.6.
constexpr auto kMeanings = std::to_array<Meaning>({
    {TPM2_RC_AUTH_FAIL, Cause::wrong_pin, "the password is wrong"},
    {TPM2_RC_BAD_AUTH, Cause::wrong_pin, "the password is wrong"},
    {TPM2_RC_HANDLE, Cause::not_found, "there is no such object", "\"tpm2_getcap handles-persistent\" lists them"},
    {TPM2_RC_HIERARCHY, Cause::disabled, "its hierarchy is switched off"},
    {TPM2_RC_INTEGRITY, Cause::wrong_key, "it was altered, or made by another TPM or under another parent"},
    {TPM2_RC_BINDING, Cause::wrong_key, "its public and private half are not of one key"},
    {TPM2_RC_SENSITIVE, Cause::wrong_key, "it was altered, or made by another TPM or under another parent"},
    {TPM2_RC_PARENT, Cause::wrong_key, "its parent is no storage key"},
    {TPM2_RC_TYPE, Cause::wrong_key, "the key is not of a kind that fits this"},
    {TPM2_RC_KEY, Cause::wrong_key, "the key is not of a kind that fits this"},
    {TPM2_RC_SCHEME, Cause::wrong_key, "the key's scheme does not fit this"},
    {TPM2_RC_ATTRIBUTES, Cause::wrong_key, "the key's attributes do not allow this"},
    {TPM2_RC_HASH, Cause::unsupported, "the TPM does not have this hash"},
    {TPM2_RC_ASYMMETRIC, Cause::unsupported, "the TPM does not have this algorithm"},
    {TPM2_RC_CURVE, Cause::unsupported, "the TPM does not have this curve"},
    {TPM2_RC_KEY_SIZE, Cause::unsupported, "the TPM does not have keys of this size"},
    {TPM2_RC_VALUE, Cause::unsupported, "the TPM does not take one of the values"},
    {TPM2_RC_RANGE, Cause::unsupported, "the TPM does not take a handle of this range"},
    {TPM2_RC_POLICY_FAIL, Cause::unsupported, "it is bound to a policy"},
    {TPM2_RC_AUTH_UNAVAILABLE, Cause::unsupported, "it is bound to a policy"},
    {TPM2_RC_COMMAND_CODE, Cause::unsupported, "the TPM does not know this command"},
    {TPM2_RC_LOCKOUT, Cause::locked, "the TPM has locked itself after too many wrong passwords"},
    {TPM2_RC_OBJECT_MEMORY, Cause::token_full, "the TPM has no room for another key", kFlush},
    {TPM2_RC_OBJECT_HANDLES, Cause::token_full, "the TPM has no room for another key", kFlush},
    {TPM2_RC_SESSION_MEMORY, Cause::token_full, "the TPM has no room for another session", kFlush},
    {TPM2_RC_SESSION_HANDLES, Cause::token_full, "the TPM has no room for another session", kFlush},
    {TPM2_RC_MEMORY, Cause::token_full, "the TPM has no room left", kFlush},
    {TPM2_RC_NV_SPACE, Cause::token_full, "the TPM has no room for another persistent key",
     "\"tpm2_evictcontrol -C o -c 0x81…\" removes one"},
    {TPM2_RC_NV_DEFINED, Cause::none, "the handle is taken", "choose another handle; nothing was overwritten"},
    {TPM2_RC_RETRY, Cause::throttled, "the TPM is busy"},
    {TPM2_RC_YIELDED, Cause::throttled, "the TPM is busy"},
    {TPM2_RC_TESTING, Cause::throttled, "the TPM is busy testing itself"},
    {TPM2_RC_NV_RATE, Cause::throttled, "the TPM slows down writes to its memory"},
    {TPM2_RC_INITIALIZE, Cause::disabled, "the TPM was not started", "\"tpm2_startup -c\" starts a simulator"},
    {TPM2_RC_DISABLED, Cause::disabled, "the command is switched off"},
    {TPM2_RC_FAILURE, Cause::disabled, "the TPM has failed its self-test and answers nothing else until it is reset"},
    {TPM2_RC_UPGRADE, Cause::disabled, "the TPM waits for a new firmware"},
});

// Format 1 codes also say which handle, session or parameter they are about (Part 2, section 6.6.2).
TPM2_RC without_position(TSS2_RC code) {
  return (code & TPM2_RC_FMT1) != 0 ? code & (TPM2_RC_FMT1 | 0x3f) : code & 0xfff;
}

bool is_of_tpm(TSS2_RC code) {
  const auto layer = code & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

Meaning meaning_of_tpm(TPM2_RC code) {
  if (const auto found = std::ranges::find(kMeanings, code, &Meaning::code); found != kMeanings.end()) return *found;
  // A handle that was there is gone: the TPM was reset, or somebody else flushed it.
  if (code >= TPM2_RC_REFERENCE_H0 && code <= TPM2_RC_REFERENCE_S6)
    return {code, Cause::unreachable, "the TPM has lost what was loaded into it"};
  return {code, Cause::unsupported, "the TPM refused it"};
}

Meaning meaning_of_connection(TSS2_RC code) {
  switch (code & 0xffff) {
    case TSS2_BASE_RC_MALFORMED_RESPONSE:
    case TSS2_BASE_RC_INSUFFICIENT_BUFFER:
    case TSS2_BASE_RC_INSUFFICIENT_RESPONSE:
    case TSS2_BASE_RC_BAD_VALUE:
      return {code, Cause::malformed_answer, "the answer is not well-formed"};
    default:
      return {code, Cause::unreachable, "the connection to the TPM was lost"};
  }
}

Meaning meaning_of(TSS2_RC code) {
  if (is_of_tpm(code)) return meaning_of_tpm(without_position(code));
  switch (code & TSS2_RC_LAYER_MASK) {
    case TSS2_TCTI_RC_LAYER:
    case TSS2_RESMGR_RC_LAYER:
      return meaning_of_connection(code);
    default:
      break;
  }
  if ((code & 0xffff) == TSS2_BASE_RC_RSP_AUTH_FAILED)
    return {code, Cause::wrong_answer, "the answer is not by the TPM that the session was opened with"};
  return {code, Cause::malformed_answer, "the answer is not well-formed"};
}

std::string code_text(TSS2_RC code) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), code, 16).ptr;
  return (is_of_tpm(code) ? " (TPM_RC 0x" : " (tpm2-tss 0x") + std::string(digits.begin(), end) + ")";
}

}  // namespace

bool is_busy(TSS2_RC code) {
  if (!is_of_tpm(code)) return false;
  return meaning_of_tpm(without_position(code)).cause == Cause::throttled;
}

Error tss_error(std::string_view where, std::string_view doing, TSS2_RC code) {
  const Meaning meaning = meaning_of(code);
  const Error error =
      service_error(where, std::string(doing) + ": " + std::string(meaning.problem) + code_text(code), meaning.cause);
  return meaning.hint.empty() ? error : error.with_hint(std::string(meaning.hint));
}

}  // namespace hallmark::keys
