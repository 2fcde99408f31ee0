// KeyFolder: keys of testdata in a folder of their own, with modes that keys need.
#pragma once

#include <string>
#include <string_view>

#include "hallmark/keys.h"
#include "support/key_vectors.h"
#include "support/temporary_folder.h"

namespace hallmark::test {

inline constexpr std::string_view kPassword = "open sesame";

inline keys::OpenOptions with_password(std::string password) {
  return {.password = [password](std::string_view) -> Result<Secret> { return Secret::copy_of(password); }};
}
inline keys::OpenOptions with_password() { return with_password(std::string(kPassword)); }
inline keys::EncodeOptions encoded(keys::KeyFormat format) {
  return {.format = format, .password = with_password().password};
}

class KeyFolder {
 public:
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  // Git keeps no modes: a private key comes out readable by all.
  [[nodiscard]] std::string vector(const std::string& name) const { return put(name, key_text(name)); }
  [[nodiscard]] std::string put(const std::string& name, std::string_view text, unsigned mode = 0600) const {
    const auto path = folder_.put(name, text);
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    return path.string();
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace hallmark::test
