#include "keys/tpm/response_code.h"

#include <catch2/catch.hpp>

using namespace hallmark;
using namespace hallmark::keys;

namespace {

struct Answer {
  TSS2_RC code;
  Cause cause;
  std::string words;
};

}  // namespace

TEST_CASE("each answer of a TPM that is no result has its cause and its words") {
  const auto [code, cause, words] = GENERATE(values<Answer>({
      {TPM2_RC_AUTH_FAIL | TPM2_RC_S | TPM2_RC_1, Cause::wrong_pin, "password is wrong (TPM_RC 0x98e)"},
      {TPM2_RC_BAD_AUTH | TPM2_RC_S | TPM2_RC_1, Cause::wrong_pin, "password is wrong (TPM_RC 0x9a2)"},
      {TPM2_RC_HANDLE | TPM2_RC_1, Cause::not_found, "no such object (TPM_RC 0x18b)"},
      {TPM2_RC_INTEGRITY | TPM2_RC_P | TPM2_RC_1, Cause::wrong_key, "made by another TPM"},
      {TPM2_RC_KEY | TPM2_RC_1, Cause::wrong_key, "not of a kind"},
      {TPM2_RC_SCHEME | TPM2_RC_P | TPM2_RC_2, Cause::wrong_key, "scheme"},
      {TPM2_RC_CURVE | TPM2_RC_P | TPM2_RC_2, Cause::unsupported, "curve"},
      {TPM2_RC_VALUE | TPM2_RC_P | TPM2_RC_2, Cause::unsupported, "values"},
      {TPM2_RC_LOCKOUT, Cause::locked, "too many wrong passwords"},
      {TPM2_RC_OBJECT_MEMORY, Cause::token_full, "no room for another key"},
      {TPM2_RC_SESSION_MEMORY, Cause::token_full, "no room for another session"},
      {TPM2_RC_SESSION_HANDLES, Cause::token_full, "no room for another session"},
      {TPM2_RC_NV_SPACE, Cause::token_full, "persistent key"},
      {TPM2_RC_NV_DEFINED, Cause::none, "handle is taken"},
      {TPM2_RC_RETRY, Cause::throttled, "busy"},
      {TPM2_RC_YIELDED, Cause::throttled, "busy"},
      {TPM2_RC_INITIALIZE, Cause::disabled, "not started"},
      {TPM2_RC_FAILURE, Cause::disabled, "self-test"},
      {TPM2_RC_REFERENCE_H0, Cause::unreachable, "lost what was loaded"},
      {TPM2_RC_SEQUENCE, Cause::unsupported, "refused it (TPM_RC 0x103)"},
      {TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_OBJECT_MEMORY, Cause::token_full, "no room for another key"},
      {TSS2_TCTI_RC_IO_ERROR, Cause::unreachable, "connection to the TPM was lost (tpm2-tss 0xa000a)"},
      {TSS2_TCTI_RC_NO_CONNECTION, Cause::unreachable, "connection to the TPM was lost"},
      {TSS2_TCTI_RC_MALFORMED_RESPONSE, Cause::malformed_answer, "not well-formed"},
      {TSS2_TCTI_RC_INSUFFICIENT_BUFFER, Cause::malformed_answer, "not well-formed"},
      {TSS2_ESYS_RC_MALFORMED_RESPONSE, Cause::malformed_answer, "not well-formed"},
      {TSS2_SYS_RC_INSUFFICIENT_RESPONSE, Cause::malformed_answer, "not well-formed"},
      {TSS2_MU_RC_INSUFFICIENT_BUFFER, Cause::malformed_answer, "not well-formed"},
      {TSS2_ESYS_RC_RSP_AUTH_FAILED, Cause::wrong_answer, "not by the TPM"},
  }));
  CAPTURE(code);
  const Error error = tss_error("TPM device:/dev/tpmrm0", "signing", code);
  CHECK(error.kind() == Outcome::key);
  CHECK(error.cause() == cause);
  CHECK_THAT(error.message(), Catch::StartsWith("TPM device:/dev/tpmrm0: signing: ") && Catch::Contains(words));
  CHECK(is_busy(code) == (cause == Cause::throttled));
}
