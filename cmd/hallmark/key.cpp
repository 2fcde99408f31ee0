#include "base/file.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/password.h"
#include "cmd/hallmark/key_desk.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

namespace {

struct KeyFlags {
  std::string key;
  std::string out;
  std::string type = "ecdsa-p256";
  std::string format = "sigstore";
  std::string password_file;
  std::string source_password_file;
  bool force = false;
  OutputFlags output;
  RegistryFlags network;
};

base::Json public_key_json(const PublicKey& key) {
  return base::Json::object({{"id", key.id()},
                             {"hint", key.hint()},
                             {"algorithm", describe(key.algorithm(), key.bits())},
                             {"pem", key.pem()}});
}

// Writes the pair and says so.
Result<void> write_pair(Context& context, const KeyFlags& flags, const keys::KeyPair& pair, std::string_view verb) {
  HM_TRY(const keys::KeyFiles files, keys::write_key_pair(flags.out, pair, flags.force));
  context.output.note(std::string(verb) + " " + describe(pair.public_key.algorithm(), pair.public_key.bits()) +
                      " key " + pair.public_key.id());
  if (flags.format == "pkcs8")
    context.output.warning("the private key " + files.private_key.string() + " is not encrypted",
                           "whoever can read the file can sign");
  if (context.output.json()) {
    base::Json json = done();
    json.set("private_key", files.private_key.string());
    json.set("public_key", files.public_key.string());
    json.set("key", public_key_json(pair.public_key));
    context.output.result(json.dump());
    return {};
  }
  context.output.result(files.private_key.string());
  context.output.result(files.public_key.string());
  return {};
}

Result<void> generate_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  HM_TRY(const keys::KeyType type, keys::parse_key_type(flags.type));
  HM_TRY(const keys::KeyFormat format, keys::parse_key_format(flags.format));
  Passwords passwords(flags.password_file, context.environment, context.output);
  const keys::EncodeOptions encode{.format = format,
                                   .password = [&](std::string_view what) { return passwords.fresh(what); }};
  HM_TRY(const keys::KeyPair pair, keys::generate(type, flags.out + ".key", encode));
  return write_pair(context, flags, pair, "made");
}

Result<void> import_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  HM_TRY(const keys::KeyFormat format, keys::parse_key_format(flags.format));
  Passwords fresh(flags.password_file, context.environment, context.output);
  // The key that comes in has the same password, one of its own, or none.
  Passwords own(flags.source_password_file, context.environment, context.output);
  Passwords& before = flags.source_password_file.empty() ? fresh : own;
  const keys::EncodeOptions encode{.format = format,
                                   .password = [&](std::string_view) { return fresh.fresh(flags.out + ".key"); }};
  HM_TRY(const keys::KeyPair pair, keys::import_key(flags.key, before.options(), encode));
  return write_pair(context, flags, pair, "imported");
}

Result<void> print_public(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  KeyDesk desk(context, flags.network, flags.password_file);
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
    std::string pem = key.pem();
    if (pem.ends_with('\n')) pem.pop_back();
    context.output.result(pem);
  }
  return {};
}

base::Json info_json(const KeyFlags& flags, const keys::KeyInfo& info) {
  base::Json json = done();
  json.set("file", flags.key);
  json.set("private", info.is_private);
  json.set("encrypted", info.encrypted);
  json.set("format", info.format);
  if (!info.kdf.empty()) json.set("kdf", info.kdf);
  if (!info.cipher.empty()) json.set("cipher", info.cipher);
  if (info.is_private) json.set("exposed", info.exposed);
  if (info.public_key) json.set("key", public_key_json(*info.public_key));
  return json;
}

Result<void> inspect_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  // Without a password at hand an encrypted key is shown as far as it goes; nobody is asked for one.
  KeyDesk desk(context, flags.network, flags.password_file);
  HM_TRY(keys::OpenOptions options, desk.options_for(flags.key));
  if (flags.password_file.empty() && !context.environment.password()) options.password = {};
  HM_TRY(const keys::KeyInfo info, keys::inspect(flags.key, options));
  if (info.exposed)
    context.output.warning(flags.key + " is a private key that others can read; hallmark will not sign with it",
                           "chmod 600 " + flags.key);
  if (context.output.json()) {
    context.output.result(info_json(flags, info).dump());
    return {};
  }
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) context.output.result(std::string(label) + value);
  };
  line("kind:       ", info.is_private ? "private key" : "public key");
  line("format:     ", info.format);
  line("encrypted:  ", !info.is_private ? "" : info.encrypted ? "yes" : "no");
  line("kdf:        ", info.kdf);
  line("cipher:     ", info.cipher);
  if (info.public_key) {
    line("algorithm:  ", describe(info.public_key->algorithm(), info.public_key->bits()));
    line("id:         ", info.public_key->id());
    line("hint:       ", info.public_key->hint());
  } else {
    context.output.note("the key itself is encrypted; give --password-file to see its id");
  }
  return {};
}

using Work = Result<void> (*)(Context&, const KeyFlags&);

void finish(Command& command, Context& context, const std::shared_ptr<KeyFlags>& flags, Work work) {
  add_output_flags(command, flags->output);
  add_network_flags(command, flags->network, kKeyTimeoutHelp);
  command.action(
      [&context, flags, work] { return run(context, flags->output, "", [&] { return work(context, *flags); }); });
}

void add_out(Command& command, KeyFlags& flags) {
  command.option(
      {.names = "--out", .value = "NAME", .help = "write NAME.key (mode 0600) and NAME.pub", .required = true},
      flags.out);
  command.option({.names = "--format",
                  .value = "FORMAT",
                  .help = "sigstore (encrypted, cosign's own; the default), encrypted-pkcs8, or pkcs8 (not encrypted)",
                  .choices = {"sigstore", "encrypted-pkcs8", "pkcs8"}},
                 flags.format);
  add_password_flag(command, flags.password_file);
  command.option({.names = "--force", .value = "", .help = "overwrite files that exist"}, flags.force);
}

void add_generate(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("generate", "Make a key pair");
  command.examples({"hallmark key generate --out release",
                    "hallmark key generate --type ed25519 --password-file pass.txt --out release"});
  command.option(
      {.names = "--type",
       .value = "TYPE",
       .help = "ecdsa-p256 (the default), ecdsa-p384, ecdsa-p521, rsa-2048, rsa-3072, rsa-4096, rsa-pss-2048, "
               "rsa-pss-3072, rsa-pss-4096, ed25519",
       .choices = {"ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "rsa-pss-2048",
                   "rsa-pss-3072", "rsa-pss-4096", "ed25519"}},
      flags->type);
  add_out(command, *flags);
  finish(command, context, flags, generate_key);
}

void add_public(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("public", "Print the public key (PEM) of a key");
  command.examples({"hallmark key public --key release.key > release.pub"});
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = "private or public key: FILE, env://NAME or fd:N",
                  .required = true},
                 flags->key);
  command.option({.names = "--out", .value = "FILE", .help = "write it there instead of to standard output"},
                 flags->out);
  command.option({.names = "--force", .value = "", .help = "overwrite a file that exists"}, flags->force);
  add_password_flag(command, flags->password_file);
  finish(command, context, flags, print_public);
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
  add_out(command, *flags);
  finish(command, context, flags, import_key);
}

void add_inspect_key(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("inspect", "Show what a key file holds");
  command.examples({"hallmark key inspect release.pub", "hallmark key inspect --password-file pass.txt release.key"});
  command.positional(
      {.names = "KEY", .value = "", .help = "private or public key: FILE, env://NAME or fd:N", .required = true},
      flags->key);
  add_password_flag(command, flags->password_file);
  finish(command, context, flags, inspect_key);
}

}  // namespace

void add_key(Command& root, Context& context) {
  Command& key = root.add("key", "Make, show and convert keys");
  add_generate(key, context);
  add_public(key, context);
  add_import(key, context);
  add_inspect_key(key, context);
}

}  // namespace hallmark::cmd
