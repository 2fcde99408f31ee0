// hallmark: signs container images and verifies them.
#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <new>
#include <span>
#include <string_view>

#include "cmd/common/json_report.h"
#include "cmd/common/static_program.h"
#include "cmd/common/system_clock.h"
#include "cmd/common/text_report.h"
#include "cmd/hallmark/options.h"

namespace {

using namespace hallmark;
using namespace hallmark::cmd;

// Whether -o json was asked for, when the flags as a whole could not be read.
bool wants_json(std::span<const char* const> arguments, const Environment& environment) {
  bool json = environment.get("HALLMARK_OUTPUT") == "json";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if ((word == "-o" || word == "--output") && i + 1 < arguments.size())
      json = std::string_view(arguments[i + 1]) == "json";
    if (word.starts_with("--output=")) json = word == "--output=json";
    if (word == "-ojson" || word == "-o=json") json = true;
  }
  return json;
}

int refuse(Output& output, const Error& error, bool json) {
  print_error(output, error, "");
  if (json) output.result(to_json(error, "").dump());
  return exit_code(error.kind());
}

// In the order of --help.
struct Entry {
  std::string_view name;
  void (*add)(Command&, Context&);
};
constexpr std::array kCommands = {
    Entry{"sign", add_sign},       Entry{"verify", add_verify},   Entry{"policy", add_policy},
    Entry{"inspect", add_inspect}, Entry{"key", add_key},         Entry{"trust", add_trust},
    Entry{"copy", add_copy},       Entry{"login", add_login},     Entry{"logout", add_logout},
    Entry{"doctor", add_doctor},   Entry{"version", add_version},
};

// Where the first word names a command, that one alone: to set up the flags of all takes CLI11 twice as long as OpenSSL
// to check a signature. Help, completion, aliases and misspelt words need them all.
void add_commands(CommandLine& line, Context& context, std::string_view first) {
  const auto named = std::find_if(kCommands.begin(), kCommands.end(), [&](const Entry& e) { return e.name == first; });
  if (named != kCommands.end()) return named->add(line.root(), context);
  for (const Entry& entry : kCommands) entry.add(line.root(), context);
  add_completion(line.root(), context, line);
}

int run_command(std::span<const char* const> arguments, const Environment& environment, Output& output) {
  const SystemClock clock;
  Context context{environment, clock, output};
  CommandLine line("hallmark signs container images and verifies them.");
  Command& root = line.root();
  add_commands(line, context, arguments.empty() ? "" : arguments.front());
  root.details(
      "\"hallmark COMMAND --help\" tells more of each command. Every outcome has a word and an exit code of its own: "
      "see "
      "docs/outcomes.md.");
  root.examples({
      "hallmark key generate --out release",
      "hallmark sign --key release.key registry.example/shop/api:1.4",
      "hallmark verify --key release.pub registry.example/shop/api:1.4",
  });
  const Result<Action> action = line.parse(arguments);
  if (!action) return refuse(output, action.error(), wants_json(arguments, environment));
  return (*action)();
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  prepare_static_program();
  (void)std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a failed write, with a message and an exit code
  Output output;
  int code = exit_code(Outcome::internal);
  bool json = false;
  try {
    const Environment environment = Environment::of_process();
    const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
    json = wants_json(arguments, environment);
    code = run_command(arguments.subspan(argc > 0 ? 1 : 0), environment, output);
  } catch (const std::bad_alloc&) {
    code = refuse(output, Error(Outcome::internal, "out of memory"), json);
  } catch (const std::exception& problem) {
    code = refuse(output, Error(Outcome::internal, std::string("unexpected: ") + problem.what()), json);
  } catch (...) {
    code = refuse(output, Error(Outcome::internal, "unexpected exception"), json);
  }
  if (const auto written = output.finish(); !written) {
    print_error(output, written.error(), "");
    if (code == 0) code = exit_code(written.error().kind());
  }
  return code;
}
