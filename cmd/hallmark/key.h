// What the commands below `hallmark key` share.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "cmd/hallmark/options.h"
#include "hallmark/key.h"

namespace hallmark::cmd {

struct KeyFlags {
  std::string key;
  std::string kms;
  std::string out;
  std::string type = "ecdsa-p256";
  std::string format = "sigstore";
  std::string kdf;
  std::string role;
  std::string trust;
  std::string password_file;
  std::string source_password_file;
  bool force = false;
  OutputFlags output;
  RegistryFlags network;
};

// {"id", "hint", "algorithm", "pem"}
[[nodiscard]] base::Json public_key_json(const PublicKey& key);
// PEM without the line end that Output adds.
[[nodiscard]] std::string pem_line(const PublicKey& key);

using KeyWork = Result<void> (*)(Context&, const KeyFlags&);
// The flags that all of them have, and what it does.
void finish_key_command(Command& command, Context& context, const std::shared_ptr<KeyFlags>& flags, KeyWork work);
// Those of who asks key services.
void add_service_flags(Command& command, KeyFlags& flags);
void add_kdf_flag(Command& command, std::string& kdf);
void add_type_flag(Command& command, std::string& type);

void add_key_generate(Command& key, Context& context);
void add_key_inspect(Command& key, Context& context);
void add_key_rotate_password(Command& key, Context& context);

}  // namespace hallmark::cmd
