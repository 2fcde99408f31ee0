#include "cmd/hallmark/key.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/key_pair.h"

namespace hallmark::cmd {

base::Json public_key_json(const PublicKey& key) {
  return base::Json::object({{"id", key.id()},
                             {"hint", key.hint()},
                             {"algorithm", describe(key.algorithm(), key.bits())},
                             {"pem", key.pem()}});
}

std::string pem_line(const PublicKey& key) {
  std::string pem = key.pem();
  if (pem.ends_with('\n')) pem.pop_back();
  return pem;
}

void finish_key_command(Command& command, Context& context, const std::shared_ptr<KeyFlags>& flags, KeyWork work) {
  add_output_flags(command, flags->output);
  command.action(
      [&context, flags, work] { return run(context, flags->output, "", [&] { return work(context, *flags); }); });
}

void add_service_flags(Command& command, KeyFlags& flags) {
  add_trust_flag(command, flags.trust);
  add_network_flags(command, flags.network, kKeyTimeoutHelp);
}

void add_kdf_flag(Command& command, std::string& kdf) {
  command.option({.names = "--kdf",
                  .value = "KDF",
                  .help = "how the password of an encrypted PKCS#8 is stretched: pbkdf2 (600,000 rounds of "
                          "HMAC-SHA-256; the default) or scrypt (N=16384, r=8)",
                  .choices = {"pbkdf2", "scrypt"}},
                 kdf);
}

void add_type_flag(Command& command, std::string& type) {
  command.option(
      {.names = "--type",
       .value = "TYPE",
       .help = "ecdsa-p256 (the default), ecdsa-p384, ecdsa-p521, rsa-2048, rsa-3072, rsa-4096, rsa-pss-2048, "
               "rsa-pss-3072, rsa-pss-4096, ed25519",
       .choices = {"ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "rsa-pss-2048",
                   "rsa-pss-3072", "rsa-pss-4096", "ed25519"}},
      type);
}

namespace {

Result<void> import_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  HM_TRY(keys::EncodeOptions encode, encode_options(flags));
  Passwords fresh(flags.password_file, context.environment, context.output);
  // The key that comes in has the same password, one of its own, or none.
  Passwords own(flags.source_password_file, context.environment, context.output);
  Passwords& before = flags.source_password_file.empty() ? fresh : own;
  encode.password = [&](std::string_view) { return fresh.fresh(flags.out + ".key"); };
  HM_TRY(const keys::KeyPair pair, keys::import_key(flags.key, before.options(), encode));
  return write_pair(context, flags, pair, "imported");
}

Result<void> print_public(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file, .trust_file = flags.trust});
  HM_TRY(const PublicKey key, desk.public_half(flags.key));
  if (!flags.out.empty()) {
    HM_DO(base::write_file(flags.out, as_bytes(key.pem()), {.mode = 0644, .overwrite = flags.force}));
    context.output.note("wrote " + flags.out);
  }
  if (context.output.json()) {
    base::Json json = done();
    json.set("key", public_key_json(key));
    context.output.result(json.dump());
  } else if (flags.out.empty()) {
    context.output.result(pem_line(key));
  }
  return {};
}

void add_public(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("public", "Print the public key (PEM) of a key");
  command.examples(
      {"hallmark key public --key release.key > release.pub", "hallmark key public --key awskms:///alias/release"});
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = std::string("private or public key: ") + kKeyForms,
                  .required = true},
                 flags->key);
  command.option({.names = "--out", .value = "FILE", .help = "write it there instead of to standard output"},
                 flags->out);
  command.option({.names = "--force", .value = "", .help = "overwrite a file that exists"}, flags->force);
  add_password_flag(command, flags->password_file);
  add_service_flags(command, *flags);
  finish_key_command(command, context, flags, print_public);
}

void add_import(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("import", "Write a private key anew: another format, or another password");
  command.examples(
      {"hallmark key import --key openssl.pem --out release",
       "hallmark key import --key cosign.key --source-password-file old.txt --password-file new.txt --out release"});
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = "private key: FILE, env://NAME or fd:N; PKCS#8, SEC1, PKCS#1, cosign's, encrypted or not",
                  .required = true},
                 flags->key);
  command.option({.names = "--source-password-file",
                  .value = "FILE",
                  .help = "the password of the key that comes in, where it differs from the new one"},
                 flags->source_password_file);
  add_pair_flags(command, *flags, "");
  finish_key_command(command, context, flags, import_key);
}

}  // namespace

void add_key(Command& root, Context& context) {
  Command& key = root.add("key", "Make, show and convert keys");
  add_key_generate(key, context);
  add_public(key, context);
  add_import(key, context);
  add_key_inspect(key, context);
  add_key_rotate_password(key, context);
}

}  // namespace hallmark::cmd
