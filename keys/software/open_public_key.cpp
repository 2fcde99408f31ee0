#include "base/encoding.h"
#include "base/try.h"
#include "crypto/public_key.h"
#include "hallmark/keys.h"
#include "keys/software/key_file.h"

namespace hallmark::keys {

Result<PublicKey> open_public_key(std::string_view reference) {
  HM_TRY(const auto file, read_key_file(reference));
  auto key = crypto::public_key_from(file.pem);
  if (!key) return fail(key.error().within(base::printable(file.path)));
  return key;
}

}  // namespace hallmark::keys
