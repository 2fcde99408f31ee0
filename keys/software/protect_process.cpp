#include "base/process.h"
#include "crypto/scrub.h"
#include "hallmark/keys.h"

namespace hallmark::keys {

bool protect_process() {
  base::forbid_core_dumps();
  return crypto::wipe_freed_memory();
}

}  // namespace hallmark::keys
