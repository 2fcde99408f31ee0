#include "hallmark/trust.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/shown_reference.h"
#include "base/time.h"
#include "base/try.h"
#include "cmd/common/json_report.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/key_desk.h"

namespace hallmark::cmd {

namespace {

namespace fs = std::filesystem;
using base::Json;

struct TrustFlags {
  std::vector<std::string> references;
  std::string trust;
  std::string password_file;
  bool replace = false;
  bool check = false;
  OutputFlags output;
  RegistryFlags network;
};

Json pin_json(const Pin& pin) {
  return Json::object({{"reference", pin.reference},
                       {"id", pin.key.id()},
                       {"algorithm", describe(pin.key.algorithm(), pin.key.bits())},
                       {"pem", pin.key.pem()},
                       {"pinned", base::format_time(pin.pinned)}});
}

std::string pin_line(const Pin& pin) {
  return base::printable(pin.reference) + ": " + describe(pin.key.algorithm(), pin.key.bits()) + " key " +
         pin.key.id() + ", pinned " + base::format_time(pin.pinned);
}

// Without a home the only file left would be the machine's, by which nodes decide: that one is changed by name alone.
Result<TrustPlaces> places_to_change(const Context& context, const TrustFlags& flags) {
  HM_TRY(TrustPlaces places, trust_places(flags.trust, context.environment));
  if (!places.own.empty()) return places;
  return fail(Error(Outcome::config, "there is no home folder to keep pins in: HOME and XDG_CONFIG_HOME are not set")
                  .with_hint("name the file: --trust FILE"));
}

// In single quotes where a shell would see more than a word.
std::string shell_word(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("%+,-./:=@_").find(c) != std::string_view::npos;
  });
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return plain ? text : word + "'";
}

// Another key than the pinned one: the hint is a command for the file that the pin is in.
Error exchanged(Error error, const Pin& pin, const fs::path& file, bool by_default) {
  if (error.cause() != Cause::wrong_answer) return error;
  const std::string where = by_default ? "" : "--trust " + shell_word(base::printable(file.string())) + " ";
  return error.with_hint("find out who rotated or replaced it; if that was meant to be, \"hallmark trust pin " + where +
                         "--replace " + shell_word(base::printable(pin.reference)) + "\" trusts the new one");
}

Result<void> expect_elsewhere(const std::string& reference) {
  if (keys::is_elsewhere(reference)) return {};
  return fail(Error(Outcome::usage, base::shown_reference(reference) + " is no key of a key service, token or cluster")
                  .with_hint("a key in a file is its own pin: name the file with --key or in the policy"));
}

// What other files say of it, which are read beside the one that is changed, no --replace overrules.
Result<void> expect_agreement(const TrustPlaces& places, const std::vector<Pin>& fetched) {
  for (const fs::path& file : places.read) {
    if (file == places.own) continue;
    HM_TRY(const TrustFile trust, TrustFile::read(file));
    for (const Pin& pin : fetched) {
      const Pin* other = trust.find(pin.reference);
      if (other == nullptr) continue;
      const auto same = expect_pinned(*other, pin.key);
      if (!same)
        return fail(same.error()
                        .within(base::printable(file.string()))
                        .with_hint("find out who rotated or replaced it; that file is read, too: change it first, with "
                                   "\"hallmark trust pin --replace --trust " +
                                   shell_word(base::printable(file.string())) + " " +
                                   shell_word(base::printable(pin.reference)) + "\""));
    }
  }
  return {};
}

// All are fetched before the first is written.
Result<void> pin_keys(Context& context, const TrustFlags& flags) {
  protect_secrets(context.output);
  HM_TRY(const TrustPlaces places, places_to_change(context, flags));
  const fs::path& file = places.own;
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file});
  std::vector<Pin> fetched;
  for (const std::string& reference : flags.references) {
    HM_DO(expect_elsewhere(reference));
    HM_TRY(PublicKey key, desk.ask(reference));
    fetched.push_back({without_pin(reference), std::move(key), context.clock.now()});
  }
  HM_DO(expect_agreement(places, fetched));
  const auto add = [&](TrustFile& trust) -> Result<void> {
    for (const Pin& pin : fetched) {
      const auto added = trust.add(pin, flags.replace);
      if (!added) return fail(exchanged(added.error(), pin, file, flags.trust.empty()));
    }
    return {};
  };
  HM_DO(change_trust_file(file, add));
  Json::Array pins;
  for (const Pin& pin : fetched) {
    context.output.note("pinned " + base::printable(pin.reference) + " to key " + pin.key.id() + " in " +
                        base::printable(file.string()));
    if (!context.output.json()) context.output.result(pin.key.id());
    pins.push_back(pin_json(pin));
  }
  if (context.output.json()) {
    Json json = done();
    json.set("file", file.string());
    json.set("pins", std::move(pins));
    context.output.result(json.dump());
  }
  return {};
}

Result<void> unpin_keys(Context& context, const TrustFlags& flags) {
  HM_TRY(const TrustPlaces places, places_to_change(context, flags));
  HM_DO(expect_there(places));
  const fs::path& file = places.own;
  const std::string name = base::printable(file.string());
  const auto not_there = [&](const std::string& reference) {
    return Error(Outcome::key, base::printable(without_pin(reference)) + " is not pinned in " + name)
        .because(Cause::not_found)
        .with_hint("\"hallmark trust show\" lists the pins");
  };
  HM_TRY(const bool there, base::is_there(file, Outcome::config));
  if (!there) return fail(not_there(flags.references.front()));
  const auto remove = [&](TrustFile& trust) -> Result<void> {
    for (const std::string& reference : flags.references)
      if (!trust.remove(reference)) return fail(not_there(reference));
    return {};
  };
  HM_DO(change_trust_file(file, remove));
  for (const std::string& reference : flags.references)
    context.output.note("unpinned " + base::printable(without_pin(reference)) + " in " + name);
  if (!context.output.json()) return {};
  Json json = done();
  json.set("file", file.string());
  json.set("pins", Json::Array());
  context.output.result(json.dump());
  return {};
}

// What asking for the key of a pin came to.
struct Answer {
  const Pin* pin;
  Result<void> same;
};

Json answer_json(const Answer& answer) {
  Json json = pin_json(*answer.pin);
  json.set("same", answer.same.has_value());
  if (answer.same) return json;
  json.set("reason", answer.same.error().message());
  if (const auto cause = word(answer.same.error().cause()); !cause.empty()) json.set("cause", cause);
  return json;
}

std::vector<Answer> ask_all(KeyDesk& desk, const TrustFile& trust, const fs::path& file, bool by_default) {
  std::vector<Answer> answers;
  for (const Pin& pin : trust.pins()) {
    const auto key = desk.ask(pin.reference);
    auto same = key ? expect_pinned(pin, *key) : Result<void>(fail(key.error()));
    if (!same) same = fail(exchanged(same.error(), pin, file, by_default));
    answers.push_back({&pin, std::move(same)});
  }
  return answers;
}

int check_pins(Context& context, const TrustFlags& flags, const fs::path& file, const TrustFile& trust,
               bool by_default) {
  KeyDesk desk(context, {.network = flags.network, .password_file = flags.password_file});
  const std::vector<Answer> answers = ask_all(desk, trust, file, by_default);
  const Error* first = nullptr;
  Json::Array pins;
  for (const Answer& answer : answers) {
    pins.push_back(answer_json(answer));
    if (answer.same) {
      if (!context.output.json()) context.output.result(pin_line(*answer.pin) + ": same");
      continue;
    }
    print_error(context.output, answer.same.error(), "");
    // One that was exchanged weighs more than one that cannot be asked for.
    if (first == nullptr ||
        (first->cause() != Cause::wrong_answer && answer.same.error().cause() == Cause::wrong_answer))
      first = &answer.same.error();
  }
  if (context.output.json()) {
    Json json = first == nullptr ? done() : to_json(*first, "");
    json.set("file", file.string());
    json.set("pins", std::move(pins));
    context.output.result(json.dump());
  }
  return first == nullptr ? 0 : exit_code(first->kind());
}

Result<int> show_pins(Context& context, const TrustFlags& flags) {
  HM_TRY(const TrustPlaces places, trust_places(flags.trust, context.environment));
  HM_DO(expect_there(places));
  int code = 0;
  for (const fs::path& file : places.read) {
    HM_TRY(const TrustFile trust, TrustFile::read(file));
    if (trust.pins().empty() && file != places.own) continue;
    context.output.note(std::to_string(trust.pins().size()) + " pins in " + base::printable(file.string()));
    if (flags.check) {
      code = std::max(code, check_pins(context, flags, file, trust, flags.trust.empty() && file == places.own));
      continue;
    }
    Json::Array pins;
    for (const Pin& pin : trust.pins()) {
      pins.push_back(pin_json(pin));
      if (!context.output.json()) context.output.result(pin_line(pin));
    }
    if (!context.output.json()) continue;
    Json json = done();
    json.set("file", file.string());
    json.set("pins", std::move(pins));
    context.output.result(json.dump());
  }
  return code;
}

void add_references(Command& command, TrustFlags& flags) {
  command.positional({.names = "REF", .value = "", .help = std::string("keys: ") + kKeySchemes, .required = true},
                     flags.references);
}

void add_service_flags(Command& command, TrustFlags& flags) {
  add_password_flag(command, flags.password_file);
  add_output_flags(command, flags.output);
  add_network_flags(command, flags.network, kKeyTimeoutHelp);
}

void add_pin(Command& trust, Context& context) {
  auto flags = std::make_shared<TrustFlags>();
  Command& command = trust.add("pin", "Fetch public keys and keep them with their references");
  command.details(
      "From then on \"verify\" and policies take the key from the trust file and ask no key service, and \"sign\" "
      "refuses a service that answers with another key. A reference that is pinned already to another key is an error "
      "that names both.");
  command.examples({"hallmark trust pin awskms:///alias/release",
                    "sudo hallmark trust pin --trust /etc/hallmark/trust.json hashivault://release"});
  add_references(command, *flags);
  command.option({.names = "--replace", .value = "", .help = "pin the key of now where another one is pinned"},
                 flags->replace);
  add_trust_flag(command, flags->trust);
  add_service_flags(command, *flags);
  command.action(
      [&context, flags] { return run(context, flags->output, "", [&] { return pin_keys(context, *flags); }); });
}

void add_unpin(Command& trust, Context& context) {
  auto flags = std::make_shared<TrustFlags>();
  Command& command = trust.add("unpin", "Take pins out of the trust file");
  command.examples({"hallmark trust unpin awskms:///alias/release"});
  add_references(command, *flags);
  add_trust_flag(command, flags->trust);
  add_output_flags(command, flags->output);
  command.action(
      [&context, flags] { return run(context, flags->output, "", [&] { return unpin_keys(context, *flags); }); });
}

void add_show(Command& trust, Context& context) {
  auto flags = std::make_shared<TrustFlags>();
  Command& command = trust.add("show", "List the pins, and with --check ask whether the keys are still the same");
  command.details(
      "With --check, a key that was rotated or substituted, and one that cannot be asked for, end with 30.");
  command.examples({"hallmark trust show", "hallmark trust show --check -o json"});
  command.option({.names = "--check", .value = "", .help = "ask each key service for the key of now"}, flags->check);
  add_trust_flag(command, flags->trust);
  add_service_flags(command, *flags);
  command.action([&context, flags] {
    protect_secrets(context.output);
    int code = 0;
    const int failed = run(context, flags->output, "", [&]() -> Result<void> {
      HM_TRY(code, show_pins(context, *flags));
      return {};
    });
    return failed != 0 ? failed : code;
  });
}

}  // namespace

void add_trust(Command& root, Context& context) {
  Command& trust = root.add("trust", "Pin public keys of key services, so that verifying asks nobody");
  add_pin(trust, context);
  add_show(trust, context);
  add_unpin(trust, context);
}

}  // namespace hallmark::cmd
