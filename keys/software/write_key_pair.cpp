#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "hallmark/keys.h"

namespace hallmark::keys {
namespace {

Result<void> expect_free(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found) return {};
  return fail(Error(Outcome::usage, base::printable(path.native()) + ": exists already")
                  .with_hint("choose another name, or pass --force to replace it"));
}

}  // namespace

Result<KeyFiles> write_key_pair(const std::filesystem::path& name, const KeyPair& pair, bool overwrite) {
  KeyFiles files{name, name};
  files.private_key += ".key";
  files.public_key += ".pub";
  if (!overwrite) {
    HM_DO(expect_free(files.private_key));
    HM_DO(expect_free(files.public_key));
  }
  HM_DO(base::write_file(files.private_key, pair.private_pem.view(), {.mode = 0600, .overwrite = overwrite}));
  const auto written =
      base::write_file(files.public_key, as_bytes(pair.public_key.pem()), {.mode = 0644, .overwrite = overwrite});
  if (!written) {
    // Without `overwrite` the private key is ours and new; with it, it replaced another and must stay.
    std::error_code ignored;
    if (!overwrite) std::filesystem::remove(files.private_key, ignored);
    return fail(written.error());
  }
  return files;
}

}  // namespace hallmark::keys
