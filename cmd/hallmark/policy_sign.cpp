#include "base/encoding.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/try.h"
#include "base/yaml.h"
#include "cmd/common/json_report.h"
#include "cmd/common/signed_policy.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/policy.h"
#include "formats/message_bundle.h"

namespace hallmark::cmd {

namespace {

struct SignFlags {
  std::vector<std::string> files;
  std::string key;
  std::string password_file;
  OutputFlags output;
  RegistryFlags network;
};

// A file that nobody could read, or whose changes could be taken back unnoticed, is worth a word before it is signed.
Result<void> look_at(Context& context, const std::string& file, BytesView text) {
  const auto yaml = base::Yaml::parse(as_text(text), file);
  if (!yaml) return fail(yaml.error().as(Outcome::config));
  if (yaml->find("serial") == nullptr)
    context.output.warning(base::printable(file) + " has no serial: an older version of it could be put in its place",
                           "add \"serial: 1\", and count up with every change");
  return {};
}

Result<void> sign_policy(Context& context, const SignFlags& flags) {
  protect_secrets(context.output);
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file});
  HM_TRY(const auto signer, desk.signer(flags.key));
  base::Json::Array written;
  for (const std::string& file : flags.files) {
    HM_TRY(const Bytes text, base::read_file(file, limits::yaml_bytes, Outcome::config));
    HM_DO(look_at(context, file, text));
    HM_TRY(const Bytes signature, signer->sign(text));
    const std::string bundle = formats::write_message_bundle(text, signature, signer->public_key());
    HM_DO(formats::check_message_bundle(as_bytes(bundle), text, signer->public_key()));
    const std::string place = signature_file_of(file);
    HM_DO(base::write_file(place, as_bytes(bundle)));
    if (!context.output.json()) context.output.result(place);
    written.emplace_back(place);
  }
  if (context.output.json()) {
    base::Json json = done();
    json.set("key", signer->public_key().id());
    json.set("signatures", std::move(written));
    context.output.result(json.dump());
  }
  return {};
}

}  // namespace

void add_policy_sign(Command& policy, Context& context) {
  auto flags = std::make_shared<SignFlags>();
  Command& command = policy.add("sign", "Sign policy files");
  command.details(
      "Writes FILE.sigstore.json beside each FILE, a Sigstore bundle as \"cosign sign-blob --bundle\" writes it. Where "
      "/etc/hallmark/config.yaml has a policy-key, policies without a signature by it are refused.");
  command.examples({"hallmark policy sign --key policy.key /etc/hallmark/policy.d/shop.yaml"});
  command.positional({.names = "FILE", .value = "", .help = "policy files", .required = true}, flags->files);
  command.option(
      {.names = "-k,--key", .value = "KEY", .help = std::string("private key: ") + kKeyForms, .required = true},
      flags->key);
  add_password_flag(command, flags->password_file);
  add_output_flags(command, flags->output);
  add_network_flags(command, flags->network, kKeyTimeoutHelp);
  command.action(
      [&context, flags] { return run(context, flags->output, "", [&] { return sign_policy(context, *flags); }); });
}

}  // namespace hallmark::cmd
