#include <sys/prctl.h>
#include <sys/resource.h>

#include "crypto/scrub.h"
#include "hallmark/keys.h"

namespace hallmark::keys {

bool protect_process() {
  const bool wiping = crypto::wipe_freed_memory();
  const ::rlimit none{0, 0};
  const bool no_core = ::setrlimit(RLIMIT_CORE, &none) == 0;
  // Neither core dumps by a pipe handler, which the limit does not stop, nor ptrace by the same user.
  const bool not_dumpable = ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
  return wiping && no_core && not_dumpable;
}

}  // namespace hallmark::keys
