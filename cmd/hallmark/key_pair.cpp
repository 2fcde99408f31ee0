#include "cmd/hallmark/key_pair.h"

#include "base/try.h"
#include "cmd/common/json_report.h"

namespace hallmark::cmd {

void add_pair_flags(Command& command, KeyFlags& flags, const std::string& excludes) {
  const bool alone = excludes.empty();
  command.option({.names = "--out",
                  .value = "NAME",
                  .help = alone ? "write NAME.key (mode 0600) and NAME.pub"
                                : "write NAME.key (mode 0600) and NAME.pub; with " + excludes + " NAME.pub alone",
                  .required = alone},
                 flags.out);
  command.option({.names = "--format",
                  .value = "FORMAT",
                  .help = "sigstore (encrypted, cosign's own; the default), encrypted-pkcs8, or pkcs8 (not encrypted)",
                  .choices = {"sigstore", "encrypted-pkcs8", "pkcs8"},
                  .excludes = excludes},
                 flags.format);
  add_kdf_flag(command, flags.kdf);
  add_password_flag(command, flags.password_file);
  command.option({.names = "--force", .value = "", .help = "overwrite files that exist"}, flags.force);
}

Result<keys::EncodeOptions> encode_options(const KeyFlags& flags) {
  keys::EncodeOptions encode;
  HM_TRY(encode.format, keys::parse_key_format(flags.format));
  if (flags.kdf.empty()) return encode;
  HM_TRY(encode.derivation, keys::parse_key_derivation(flags.kdf));
  if (encode.format != keys::KeyFormat::encrypted_pkcs8)
    return fail(Error(Outcome::usage, "--kdf is for --format encrypted-pkcs8")
                    .with_hint("sigstore keys always have scrypt, pkcs8 has no password"));
  return encode;
}

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

}  // namespace hallmark::cmd
