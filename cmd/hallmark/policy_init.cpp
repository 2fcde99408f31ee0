#include <filesystem>
#include <set>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/policy_desk.h"
#include "cmd/hallmark/key_desk.h"
#include "cmd/hallmark/policy.h"
#include "hallmark/keys.h"

namespace hallmark::cmd {

namespace {

struct InitFlags {
  std::vector<std::string> keys;
  std::vector<std::string> matches;
  std::string at_least;
  std::string out;
  bool warn = false;
  bool force = false;
  OutputFlags output;
  RegistryFlags network;
};

// What a key is called where it lives: the object of a token, the last part of what leads to a key of a service.
std::string name_elsewhere(const std::string& key) {
  const auto after = [&](std::string_view word) -> std::string {
    const auto at = key.find(word);
    if (at == std::string::npos) return {};
    return key.substr(at + word.size(), key.find_first_of(";?&/", at + word.size()) - at - word.size());
  };
  for (const std::string_view word : {"object=", "token=", "/cryptoKeys/"})
    if (std::string name = after(word); !name.empty()) return name;
  const std::string path = key.substr(0, key.find('?'));
  return path.substr(path.find_last_of("/:") + 1);
}

// Anchors are named after their keys: keys/release.pub is release, a second one of that name release-2.
std::string anchor_name(const std::string& key, std::set<std::string>& taken) {
  std::string stem = keys::is_elsewhere(key) ? name_elsewhere(key) : std::filesystem::path(key).stem().string();
  for (char& c : stem) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!allowed) c = '-';
  }
  if (stem.empty()) stem = "key";
  std::string name = stem;
  for (int n = 2; !taken.insert(name).second; ++n) name = stem + "-" + std::to_string(n);
  return name;
}

// A path is written as seen from the policy's folder.
std::string path_for(const std::string& key, const std::string& out) {
  if (out.empty() || !keys::scheme_of(key).empty()) return without_pin(key);
  const auto folder = std::filesystem::absolute(out).parent_path();
  return std::filesystem::absolute(key).lexically_normal().lexically_relative(folder).string();
}

std::string quoted(const std::string& text) { return base::Json(text).dump(); }

std::string requirement(const InitFlags& flags, const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  if (flags.at_least.empty()) return "{any: [" + list + "]}";
  return "{at-least: " + flags.at_least + ", of: [" + list + "]}";
}

std::string starter(const InitFlags& flags) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  std::string text =
      "# Which images may run. docs/policy.md explains every word; \"hallmark policy check\" finds mistakes.\n"
      "version: 1\n\n"
      "# Whom we trust: name them here. Add from and until (2026-01-01) when a key is to be believed for a time only.\n"
      "trust:\n";
  for (const auto& key : flags.keys) {
    names.push_back(anchor_name(key, taken));
    text += "  " + names.back() + ": {key: " + quoted(path_for(key, flags.out)) + "}\n";
  }
  text +=
      "\n# What must never run, and whose signatures count no more.\n"
      "# revoked: {digests: [\"sha256:...\"], keys: [\"old.pub\"]}\n\n"
      "# The most specific rule that matches an image's repository decides; the order does not matter.\n"
      "rules:\n";
  for (const auto& match : flags.matches) {
    text += "  - match: " + quoted(match) + "\n    require: " + requirement(flags, names) + "\n";
    if (flags.warn)
      text += "    mode: warn  # admits everything and tells what it would refuse: leave out to enforce\n";
  }
  return text + "  - match: \"**\"\n    reject: no other rule is about this image\n";
}

Result<void> init_policy(Context& context, const InitFlags& flags) {
  const std::string text = starter(flags);
  const std::string file = flags.out.empty() ? "policy" : flags.out;
  HM_TRY(const Policy policy, Policy::load({{file, text}}));
  KeyDesk desk(context, {.network = flags.network});
  const auto open =
      policy_key_opener(context.environment, [&](const std::string& reference) { return desk.public_key(reference); });
  for (const PolicyAnchor& anchor : policy.anchors()) {
    for (const PolicyKey& key : anchor.keys) {
      const auto opened = open(policy, key);
      if (!opened) return fail(opened.error());
    }
  }
  if (!flags.out.empty()) HM_DO(base::write_file(flags.out, as_bytes(text), {.overwrite = flags.force}));
  if (context.output.json()) {
    base::Json json = done();
    json.set("policy", text);
    if (!flags.out.empty()) json.set("file", flags.out);
    context.output.result(json.dump());
  } else if (flags.out.empty()) {
    context.output.result(text.substr(0, text.size() - 1));
  } else {
    context.output.result(flags.out);
  }
  return {};
}

}  // namespace

void add_policy_init(Command& policy, Context& context) {
  auto flags = std::make_shared<InitFlags>();
  Command& command = policy.add("init", "Write a first policy, with comments");
  command.examples({"hallmark policy init --key release.pub --match 'registry.example/shop/**' --out policy.yaml"});
  command.option({.names = "-k,--key",
                  .value = "KEY",
                  .help = "public key to trust, named after its file; may be repeated",
                  .required = true},
                 flags->keys);
  command.option({.names = "--match",
                  .value = "PATTERN",
                  .help = "repositories that must be signed: registry.example/shop/**; may be repeated",
                  .required = true},
                 flags->matches);
  command.option({.names = "--at-least", .value = "K", .help = "how many of the keys must have signed, by default one"},
                 flags->at_least);
  command.option({.names = "--warn", .value = "", .help = "only warn, for a beginning"}, flags->warn);
  command.option({.names = "--out", .value = "FILE", .help = "write it there instead of to standard output"},
                 flags->out);
  command.option({.names = "--force", .value = "", .help = "overwrite a file that exists"}, flags->force);
  add_output_flags(command, flags->output);
  add_network_flags(command, flags->network, kKeyTimeoutHelp);
  command.action(
      [&context, flags] { return run(context, flags->output, "", [&] { return init_policy(context, *flags); }); });
}

}  // namespace hallmark::cmd
