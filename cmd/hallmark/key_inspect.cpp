#include "base/encoding.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/hallmark/key.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/key_rights.h"

namespace hallmark::cmd {

namespace {

using base::Json;

void add_place(Json& json, const keys::KeyInfo& info, const std::vector<Excess>& warnings) {
  json.set("place", base::printable(info.place));
  if (!info.name.empty()) json.set("name", base::printable(info.name));
  json.set("exportable", word(info.exportable));
  Json::Array rights;
  for (const keys::KeyRight& right : info.rights)
    rights.push_back(Json::object(
        {{"action", word(right.action)}, {"held", word(right.held)}, {"name", base::printable(right.name)}}));
  json.set("rights", std::move(rights));
  Json::Array texts;
  for (const Excess& one : warnings) texts.emplace_back(one.what);
  json.set("warnings", std::move(texts));
}

Json info_json(const std::string& name, const keys::KeyInfo& info, const std::vector<Excess>& warnings) {
  Json json = done();
  json.set(info.place.empty() ? "file" : "reference", name);
  json.set("private", info.is_private);
  json.set("encrypted", info.encrypted);
  json.set("format", info.format);
  if (!info.kdf.empty()) json.set("kdf", info.kdf);
  if (!info.cipher.empty()) json.set("cipher", info.cipher);
  if (info.is_private) json.set("exposed", info.exposed);
  if (info.public_key) json.set("key", public_key_json(*info.public_key));
  if (!info.place.empty()) add_place(json, info, warnings);
  return json;
}

std::string label_of(keys::KeyRight::Action action) {
  switch (action) {
    case keys::KeyRight::Action::read_public_key:
      return "may read:   ";
    case keys::KeyRight::Action::sign:
      return "may sign:   ";
    case keys::KeyRight::Action::export_key:
      return "may export: ";
    case keys::KeyRight::Action::delete_key:
      break;
  }
  return "may delete: ";
}

void print_info(Output& output, const keys::KeyInfo& info) {
  const auto line = [&](const std::string& label, const std::string& value) {
    if (!value.empty()) output.result(label + base::printable(value));
  };
  const bool in_file = info.place.empty();
  line("kind:       ", info.is_private ? "private key" : "public key");
  line("format:     ", info.format);
  line("place:      ", info.place);
  line("name:       ", info.name);
  if (in_file && info.is_private) line("encrypted:  ", info.encrypted ? "yes" : "no");
  line("kdf:        ", info.kdf);
  line("cipher:     ", info.cipher);
  if (info.public_key) {
    line("algorithm:  ", describe(info.public_key->algorithm(), info.public_key->bits()));
    line("id:         ", info.public_key->id());
    line("hint:       ", info.public_key->hint());
  } else {
    output.note("the key itself is encrypted; give --password-file to see its id");
  }
  if (in_file) return;
  line("exportable: ", std::string(word(info.exportable)));
  for (const keys::KeyRight& right : info.rights)
    line(label_of(right.action), std::string(word(right.held)) + (right.name.empty() ? "" : " (" + right.name + ")"));
}

Result<void> inspect_key(Context& context, const KeyFlags& flags) {
  protect_secrets(context.output);
  const std::string name = base::printable(without_pin(flags.key));
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file, .trust_file = flags.trust});
  HM_TRY(const keys::KeyInfo info, desk.inspect(flags.key));
  if (info.exposed)
    context.output.warning(name + " is a private key that others can read; hallmark will not sign with it",
                           "chmod 600 " + name);
  auto warnings = least_privilege(info, key_role(flags.role), name);
  if (info.public_key) {
    HM_TRY(const Pin* pin, desk.pin(flags.key));
    const auto same = pin == nullptr ? Result<void>() : expect_pinned(*pin, *info.public_key);
    if (!same) warnings.push_back({same.error().message(), same.error().hint()});
  }
  for (const Excess& one : warnings) context.output.warning(one.what, one.remedy);
  if (context.output.json()) {
    context.output.result(info_json(name, info, warnings).dump());
  } else {
    print_info(context.output, info);
  }
  return {};
}

}  // namespace

void add_key_inspect(Command& key, Context& context) {
  auto flags = std::make_shared<KeyFlags>();
  Command& command = key.add("inspect", "Show what a key file holds, or where a key lives and who may do what with it");
  command.details(
      "Of a key in a key service: the place, its name there, whether it can be exported, and which rights the caller "
      "has where the service says so without effect; else \"unknown\", never a guess. Nothing is signed or changed.");
  command.examples({"hallmark key inspect release.pub", "hallmark key inspect --password-file pass.txt release.key",
                    "hallmark key inspect --role signer hashivault://release"});
  command.positional(
      {.names = "KEY", .value = "", .help = std::string("private or public key: ") + kKeyForms, .required = true},
      flags->key);
  command.option({.names = "--role",
                  .value = "ROLE",
                  .help = "signer or verifier: what the caller is for; rights beyond that are warnings",
                  .choices = {"signer", "verifier"}},
                 flags->role);
  add_password_flag(command, flags->password_file);
  add_service_flags(command, *flags);
  finish_key_command(command, context, flags, inspect_key);
}

}  // namespace hallmark::cmd
