#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/hallmark/key.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/key_pair.h"

namespace hallmark::cmd {

namespace {

Result<void> generate_in_file(Context& context, const KeyFlags& flags) {
  if (flags.out.empty())
    return fail(Error(Outcome::usage, "no place for the key")
                    .with_hint("--out NAME writes NAME.key and NAME.pub, --kms REF makes the key in a key service"));
  HM_TRY(const keys::KeyType type, keys::parse_key_type(flags.type));
  HM_TRY(keys::EncodeOptions encode, encode_options(flags));
  Passwords passwords(flags.password_file, context.environment, context.output);
  encode.password = [&](std::string_view what) { return passwords.fresh(what); };
  HM_TRY(const keys::KeyPair pair, keys::generate(type, flags.out + ".key", encode));
  return write_pair(context, flags, pair, "made");
}

// Looked at before a key is made that nobody could be told of.
Result<void> expect_free(const std::string& file, bool force) {
  HM_TRY(const bool there, base::is_there(file, Outcome::usage));
  if (there && !force)
    return fail(Error(Outcome::usage, base::printable(file) + ": exists already")
                    .with_hint("choose another name, or pass --force to replace it"));
  const std::filesystem::path parent = std::filesystem::path(file).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (::access((folder + "/").c_str(), W_OK | X_OK) == 0) return {};
  return fail(Error(Outcome::usage, base::printable(file) + " cannot be written: folder " + base::printable(folder) +
                                        ": " + std::generic_category().message(errno))
                  .with_hint("no key was made; give --out a folder that is there and can be written"));
}

// What was made cannot be taken back: who made it must learn of it.
Error made_but(const Error& error, const PublicKey& key, const std::string& name) {
  return error.within("key " + key.id() + " was made as " + name + ", but")
      .with_hint("it can be used; \"hallmark key public --key " + name + "\" fetches its public half");
}

Result<void> generate_elsewhere(Context& context, const KeyFlags& flags) {
  if (!flags.kdf.empty())
    return fail(Error(Outcome::usage, "--kdf is for keys in files").with_hint("leave it out with --kms"));
  HM_TRY(const keys::KeyType type, keys::parse_key_type(flags.type));
  const std::string file = flags.out.empty() ? "" : flags.out + ".pub";
  if (!file.empty()) HM_DO(expect_free(file, flags.force));
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file});
  HM_TRY(const PublicKey key, desk.create(flags.kms, type));
  const std::string name = base::printable(without_pin(flags.kms));
  context.output.note("made " + describe(key.algorithm(), key.bits()) + " key " + key.id() + " as " + name);
  if (!file.empty()) {
    const auto written = base::write_file(file, as_bytes(key.pem()), {.mode = 0644, .overwrite = flags.force});
    if (!written) return fail(made_but(written.error(), key, name));
  }
  if (context.output.json()) {
    base::Json json = done();
    json.set("reference", name);
    if (!file.empty()) json.set("public_key", file);
    json.set("key", public_key_json(key));
    context.output.result(json.dump());
  } else {
    context.output.result(file.empty() ? pem_line(key) : file);
  }
  return {};
}

Result<void> generate_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  return flags.kms.empty() ? generate_in_file(context, flags) : generate_elsewhere(context, flags);
}

}  // namespace

void add_key_generate(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("generate", "Make a key pair, in files or in a key service");
  command.details(
      "With --kms the private key is made where it will live; the public key (PEM) goes to "
      "standard output, or with --out to NAME.pub. A name that is taken there is an error.");
  command.examples({"hallmark key generate --out release",
                    "hallmark key generate --type ed25519 --password-file pass.txt --out release",
                    "hallmark key generate --kms hashivault://release > release.pub"});
  add_type_flag(command, flags->type);
  command.option({.names = "--kms", .value = "REF", .help = std::string("make it there: ") + kKeySchemes}, flags->kms);
  add_pair_flags(command, *flags, "--kms");
  add_network_flags(command, flags->network, kKeyTimeoutHelp);
  finish_key_command(command, context, flags, generate_key);
}

}  // namespace hallmark::cmd
