#include "cmd/common/static_program.h"

#include "crypto/configuration.h"

namespace hallmark::cmd {

void prepare_static_program() {
#ifdef HALLMARK_STATIC
  crypto::prepare_static_openssl();
#endif
}

}  // namespace hallmark::cmd
