#include "keys/tpm/tss.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "base/encoding.h"

namespace hallmark::keys {
namespace {

constexpr const char* kTctiLibrary = "libtss2-tctildr.so.0";
constexpr const char* kEsysLibrary = "libtss2-esys.so.0";
constexpr const char* kMarshalLibrary = "libtss2-mu.so.0";

// What is missing, in the words of the dynamic linker; empty when all was found.
class Loader {
 public:
  void open(const char* library) {
    library_ = problem_.empty() ? ::dlopen(library, RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (library_ == nullptr) note();
  }
  template <class Function>
  void find(const char* name, Function& into) {
    if (library_ == nullptr) return;
    void* const address = ::dlsym(library_, name);
    if (address == nullptr) note();
    into = reinterpret_cast<Function>(address);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void note() {
    if (!problem_.empty()) return;
    const char* const words = ::dlerror();
    problem_ = words == nullptr ? "unknown" : base::printable(words);
  }

  void* library_ = nullptr;
  std::string problem_;
};

void find_esys(Loader& loader, Tss& tss) {
  loader.open(kEsysLibrary);
  loader.find("Esys_Initialize", tss.initialize);
  loader.find("Esys_Finalize", tss.finalize);
  loader.find("Esys_Free", tss.release);
  loader.find("Esys_TR_FromTPMPublic", tss.from_tpm_public);
  loader.find("Esys_TR_SetAuth", tss.set_auth);
  loader.find("Esys_TR_Close", tss.close);
  loader.find("Esys_TRSess_SetAttributes", tss.set_session_attributes);
  loader.find("Esys_StartAuthSession", tss.start_auth_session);
  loader.find("Esys_ReadPublic", tss.read_public);
  loader.find("Esys_CreatePrimary", tss.create_primary);
  loader.find("Esys_Create", tss.create);
  loader.find("Esys_Load", tss.load);
  loader.find("Esys_EvictControl", tss.evict_control);
  loader.find("Esys_FlushContext", tss.flush_context);
  loader.find("Esys_Sign", tss.sign);
  loader.find("Esys_GetCapability", tss.get_capability);
}

struct Attempt {
  Tss tss{};
  std::string problem;
};

Attempt attempt() {
  ::setenv("TSS2_LOG", "all+none", 1);
  Attempt made;
  Loader loader;
  loader.open(kTctiLibrary);
  loader.find("Tss2_TctiLdr_Initialize_Ex", made.tss.open_tcti);
  loader.find("Tss2_TctiLdr_Finalize", made.tss.close_tcti);
  find_esys(loader, made.tss);
  loader.open(kMarshalLibrary);
  loader.find("Tss2_MU_TPM2B_PUBLIC_Marshal", made.tss.marshal_public);
  loader.find("Tss2_MU_TPM2B_PUBLIC_Unmarshal", made.tss.unmarshal_public);
  loader.find("Tss2_MU_TPM2B_PRIVATE_Marshal", made.tss.marshal_private);
  loader.find("Tss2_MU_TPM2B_PRIVATE_Unmarshal", made.tss.unmarshal_private);
  made.problem = loader.problem();
  return made;
}

}  // namespace

Result<const Tss*> Tss::available() {
  static const Attempt once = attempt();
  if (once.problem.empty()) return &once.tss;
  return fail(Error(Outcome::key, "the libraries of tpm2-tss, which speak to TPMs, cannot be loaded: " + once.problem)
                  .because(Cause::unsupported)
                  .with_hint("install tpm2-tss 3 or later: on Debian libtss2-esys-3.0.2-0, libtss2-tctildr0 and "
                             "libtss2-tcti-device0"));
}

}  // namespace hallmark::keys
