#include "base/encoding.h"
#include "base/shown_reference.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/password.h"
#include "cmd/hallmark/key.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

namespace {

Result<void> rotate_password(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  // The variables hold the password that is in use: the old one.
  const Environment no_variables{{}};
  Passwords before(flags.source_password_file, context.environment, context.output);
  Passwords after(flags.password_file, no_variables, context.output);
  keys::EncodeOptions encode;
  if (!flags.kdf.empty()) {
    HM_TRY(encode.derivation, keys::parse_key_derivation(flags.kdf));
  }
  encode.password = [&](std::string_view what) { return after.fresh(what); };
  HM_TRY(const PublicKey key, keys::rotate_password(flags.key, before.options(), encode));
  const std::string name = base::shown_reference(flags.key);
  context.output.note("gave " + name + " a new password; it is key " + key.id() + " as before");
  context.output.note("copies of the file as it was still open with the old password");
  if (context.output.json()) {
    base::Json json = done();
    json.set("private_key", name);
    json.set("key", public_key_json(key));
    context.output.result(json.dump());
  } else {
    context.output.result(name);
  }
  return {};
}

}  // namespace

void add_key_rotate_password(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("rotate-password", "Give an encrypted key file a new password");
  command.details(
      "The file keeps its format, its name and its mode, and the key stays the same: that is checked before the file "
      "is replaced, which happens at once or not at all. The old password comes from --source-password-file, "
      "HALLMARK_PASSWORD, COSIGN_PASSWORD or a prompt, the new one from --password-file or a prompt.");
  command.examples({"hallmark key rotate-password release.key",
                    "hallmark key rotate-password --source-password-file old.txt --password-file new.txt release.key"});
  command.positional(
      {.names = "KEYFILE", .value = "", .help = "cosign's encrypted key, or encrypted PKCS#8", .required = true},
      flags->key);
  command.option({.names = "--source-password-file", .value = "FILE", .help = "the old password"},
                 flags->source_password_file);
  command.option({.names = "--password-file", .value = "FILE", .help = "the new password; - is standard input"},
                 flags->password_file);
  add_kdf_flag(command, flags->kdf);
  finish_key_command(command, context, flags, rotate_password);
}

}  // namespace hallmark::cmd
