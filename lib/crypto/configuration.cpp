#include "crypto/configuration.h"

#include <openssl/crypto.h>

namespace hallmark::crypto {

void prepare_static_openssl() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace hallmark::crypto
