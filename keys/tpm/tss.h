// Tss: the functions of tpm2-tss that hallmark calls, loaded when the first key in a TPM asks for them.
#pragma once

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#include <string_view>

#include "hallmark/result.h"

namespace hallmark::keys {

// Linked, the five libraries below these would cost every start of the program, also where nobody has a TPM.
struct Tss {
  decltype(&::Tss2_TctiLdr_Initialize_Ex) open_tcti;
  decltype(&::Tss2_TctiLdr_Finalize) close_tcti;

  decltype(&::Esys_Initialize) initialize;
  decltype(&::Esys_Finalize) finalize;
  decltype(&::Esys_Free) release;
  decltype(&::Esys_TR_FromTPMPublic) from_tpm_public;
  decltype(&::Esys_TR_SetAuth) set_auth;
  decltype(&::Esys_TR_Close) close;
  decltype(&::Esys_TRSess_SetAttributes) set_session_attributes;
  decltype(&::Esys_StartAuthSession) start_auth_session;
  decltype(&::Esys_ReadPublic) read_public;
  decltype(&::Esys_CreatePrimary) create_primary;
  decltype(&::Esys_Create) create;
  decltype(&::Esys_Load) load;
  decltype(&::Esys_EvictControl) evict_control;
  decltype(&::Esys_FlushContext) flush_context;
  decltype(&::Esys_Sign) sign;
  decltype(&::Esys_GetCapability) get_capability;

  decltype(&::Tss2_MU_TPM2B_PUBLIC_Marshal) marshal_public;
  decltype(&::Tss2_MU_TPM2B_PUBLIC_Unmarshal) unmarshal_public;
  decltype(&::Tss2_MU_TPM2B_PRIVATE_Marshal) marshal_private;
  decltype(&::Tss2_MU_TPM2B_PRIVATE_Unmarshal) unmarshal_private;

  // Once a process; they stay loaded. Cause: unsupported (they are not installed). The library's own log is switched
  // off for the process (TSS2_LOG): it writes to stderr, and with "trace" it writes passwords.
  [[nodiscard]] static Result<const Tss*> available();
};

}  // namespace hallmark::keys
