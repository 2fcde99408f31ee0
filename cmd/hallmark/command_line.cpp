#include "cmd/hallmark/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/encoding.h"
#include "cmd/common/nearest.h"
#include "cmd/hallmark/peer_flags.h"

namespace hallmark::cmd {

struct Command::Parts {
  CLI::App* app = nullptr;
  std::unique_ptr<CLI::App> owned;  // of the root alone
  std::vector<std::unique_ptr<Command>> children;
  std::map<const CLI::Option*, Flag> flags;
  Action action;
};

namespace {

constexpr std::size_t kHelpColumn = 34;
constexpr std::size_t kHelpWidth = 100;
constexpr std::size_t kCommandColumn = 20;

std::string wrapped(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (column > 0 && column + 1 + (end - at) > width) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out.append(text, at, end - at);
    column += end - at;
    at = end + 1;
  }
  return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// CLI11's formatter, with the placeholder alone behind a flag's name and a command's summary alone in lists.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kHelpColumn); }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string& text = option->get_option_text();
    return text.empty() ? "" : " " + text;
  }
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    replace_all(usage, "[OPTIONS]", "[flags]");
    replace_all(usage, "SUBCOMMAND", "COMMAND");
    return usage;
  }
  std::string make_subcommand(const CLI::App* app) const override {
    std::string line = "  " + app->get_display_name(true);
    line.resize(std::max(line.size() + 1, kCommandColumn), ' ');
    const std::string description = app->get_description();
    return line + description.substr(0, description.find('\n')) + "\n";
  }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
    replace_all(help, "\n\n\n", "\n\n");
    while (help.ends_with("\n\n")) help.pop_back();
    return help;
  }
  std::string make_description(const CLI::App* app) const override { return app->get_description() + "\n\n"; }
};

CLI::Option* dress(Command::Parts& parts, CLI::Option* option, const Flag& flag) {
  std::string help = flag.help;
  if (!flag.choices.empty()) {
    option->check(CLI::IsMember(flag.choices).description(""));
  }
  if (!flag.variable.empty()) {
    option->envname(flag.variable);
    help += " [$" + flag.variable + "]";
  }
  option->description(wrapped(help, kHelpWidth - kHelpColumn));
  if (!flag.value.empty()) option->option_text(flag.value);
  option->group(flag.group);
  if (flag.required) option->required();
  if (!flag.excludes.empty()) option->excludes(parts.app->get_option(flag.excludes));
  parts.flags.emplace(option, flag);
  return option;
}

std::string full_name(const CLI::App* app) {
  const std::string& own = app->get_name();
  return app->get_parent() == nullptr ? own : full_name(app->get_parent()) + " " + own;
}

CLI::App* deepest(CLI::App* app) {
  for (std::vector<CLI::App*> parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands())
    app = parsed.front();
  return app;
}

std::vector<std::string> names_of(const CLI::Option* option) {
  std::vector<std::string> names;
  for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

Error with_nearest(const Error& error, const std::string& near, const CLI::App* app) {
  if (!near.empty()) return error.with_hint("did you mean " + near + "?");
  return error.with_hint("\"" + full_name(app) + " --help\" lists what there is");
}

Error unknown_flag(const CLI::App* app, std::string_view typed) {
  const std::string_view name = typed.substr(0, typed.find('='));
  const Error error(Outcome::usage, "unknown flag " + base::printable(name) + " of " + full_name(app));
  if (name == "--password" || name == "--pass")
    return error.with_hint("a password never stands on the command line; see \"" + full_name(app) + " --help\"");
  if (const auto hint = peer_flag_hint(name); !hint.empty()) return error.with_hint(std::string(hint));
  std::vector<std::string> candidates;
  for (const CLI::Option* option : app->get_options())
    for (std::string& candidate : names_of(option)) candidates.push_back(std::move(candidate));
  return with_nearest(error, nearest(name, candidates), app);
}

Error unknown_word(const CLI::App* app, std::string_view typed) {
  std::vector<std::string> candidates;
  for (const CLI::App* child : app->get_subcommands([](const CLI::App*) { return true; })) {
    candidates.push_back(child->get_name());
    candidates.insert(candidates.end(), child->get_aliases().begin(), child->get_aliases().end());
  }
  const std::string shown = base::printable(typed);
  if (candidates.empty())
    return with_nearest(Error(Outcome::usage, "unexpected argument '" + shown + "' of " + full_name(app)), "", app);
  return with_nearest(Error(Outcome::usage, "unknown command '" + shown + "'"), nearest(typed, candidates), app);
}

// The variable that may have given a flag the value complained of: whoever typed no such flag looks for it in vain.
std::string variable_behind(const CLI::App* app, const std::string& complaint) {
  for (const CLI::Option* option : app->get_options()) {
    const std::string& variable = option->get_envname();
    if (variable.empty() || std::getenv(variable.c_str()) == nullptr) continue;
    for (const std::string& name : option->get_lnames()) {
      if (complaint.find("--" + name) != std::string::npos) return variable;
    }
  }
  return {};
}

Error usage_error(CLI::App* root, const CLI::ParseError& problem) {
  CLI::App* app = deepest(root);
  std::vector<std::string> extras = app->remaining();
  if (app != root && extras.empty()) extras = root->remaining();
  if (!extras.empty()) {
    const std::string& first = extras.front();
    return first.size() > 1 && first[0] == '-' ? unknown_flag(app, first) : unknown_word(app, first);
  }
  if (!app->get_subcommands([](const CLI::App*) { return true; }).empty())
    return with_nearest(Error(Outcome::usage, full_name(app) + ": no command given"), "", app);
  std::string text = problem.what();
  // CLI11's sentences begin with a capital; "REF is required" is no sentence of that kind.
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  std::string hint = "\"" + full_name(app) + " --help\" shows how it is used";
  if (const std::string variable = variable_behind(app, text); !variable.empty()) {
    hint += "; " + variable + " is set in the environment";
  }
  return Error(Outcome::usage, base::printable(text, 400)).with_hint(std::move(hint));
}

// "hallmark vefiry --help": the help of what was not meant would hide the mistake.
bool names_no_command(const CLI::App* app) {
  const std::vector<std::string> extras = app->remaining();
  const bool has_commands = !app->get_subcommands([](const CLI::App*) { return true; }).empty();
  return has_commands && !extras.empty() && !extras.front().starts_with('-');
}

int print_help(const CLI::App* app) {
  const std::string text = app->help(app->get_parent() == nullptr ? "" : full_name(app->get_parent()));
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}

}  // namespace

Command::Command(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Command::~Command() = default;

Command& Command::add(std::string name, std::string summary) {
  auto parts = std::make_unique<Parts>();
  parts->app = parts_->app->add_subcommand(std::move(name), std::move(summary));
  parts->app->set_help_flag("-h,--help", "Print this help");
  parts->app->group("Commands");
  parts_->app->require_subcommand(1);
  parts_->children.push_back(std::unique_ptr<Command>(new Command(std::move(parts))));
  return *parts_->children.back();
}

void Command::alias(std::string name) { parts_->app->alias(std::move(name)); }

void Command::details(const std::string& text) {
  parts_->app->description(parts_->app->get_description() + "\n\n" + wrapped(text, kHelpWidth - 10));
}

void Command::examples(const std::vector<std::string>& commands) {
  std::string text = "Examples:";
  for (const std::string& command : commands) text += "\n  " + command;
  parts_->app->footer(std::move(text));
}

void Command::positional(const Flag& flag, std::string& into) {
  dress(*parts_, parts_->app->add_option(flag.names, into), flag);
}

void Command::positional(const Flag& flag, std::vector<std::string>& into) {
  dress(*parts_, parts_->app->add_option(flag.names, into), flag);
}

void Command::option(const Flag& flag, std::string& into) {
  dress(*parts_, parts_->app->add_option(flag.names, into), flag);
}

void Command::option(const Flag& flag, std::vector<std::string>& into) {
  // Without this, "--key a.pub REF" would take REF for a second key.
  dress(*parts_, parts_->app->add_option(flag.names, into)->allow_extra_args(false), flag);
}

void Command::option(const Flag& flag, bool& into) { dress(*parts_, parts_->app->add_flag(flag.names, into), flag); }

void Command::action(Action action) { parts_->action = std::move(action); }

CommandLine::CommandLine(std::string summary) {
  auto parts = std::make_unique<Command::Parts>();
  parts->owned = std::make_unique<CLI::App>(std::move(summary), "hallmark");
  parts->app = parts->owned.get();
  parts->app->formatter(std::make_shared<HelpFormatter>());
  parts->app->set_help_flag("-h,--help", "Print this help");
  root_.reset(new Command(std::move(parts)));
}

Result<Action> CommandLine::parse(std::span<const char* const> arguments) {
  CLI::App* root = root_->parts_->app;
  std::vector<std::string> words(arguments.begin(), arguments.end());
  // "hallmark help verify" is what some type first.
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (words.size() == 1 && words.front() == "--version") words.front() = "version";
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    root->parse(std::move(words));
  } catch (const CLI::CallForHelp& problem) {
    CLI::App* app = deepest(root);
    if (names_no_command(app)) return fail(usage_error(root, problem));
    return [app] { return print_help(app); };
  } catch (const CLI::ParseError& problem) {
    return fail(usage_error(root, problem));
  }
  const CLI::App* chosen = deepest(root);
  const Command* command = root_.get();
  while (command->parts_->app != chosen)
    for (const auto& child : command->parts_->children)
      if (child->parts_->app->parsed()) command = child.get();
  return command->parts_->action;
}

CommandTree CommandLine::tree() const {
  const std::function<CommandTree(const Command&)> walk = [&](const Command& command) {
    const Command::Parts& parts = *command.parts_;
    CommandTree tree{.names = {parts.app->get_name()},
                     .summary = parts.app->get_description(),
                     .options = {},
                     .words = {},
                     .commands = {}};
    tree.summary = tree.summary.substr(0, tree.summary.find('\n'));
    for (const std::string& alias : parts.app->get_aliases()) tree.names.push_back(alias);
    for (const CLI::Option* option : parts.app->get_options()) {
      const auto flag = parts.flags.find(option);
      const Flag described =
          flag == parts.flags.end() ? Flag{.names = "", .value = "", .help = option->get_description()} : flag->second;
      if (option->get_positional()) {
        tree.words = described.choices;
        continue;
      }
      tree.options.push_back({names_of(option), described.value, described.choices, described.help});
    }
    for (const auto& child : parts.children) tree.commands.push_back(walk(*child));
    return tree;
  };
  return walk(*root_);
}

}  // namespace hallmark::cmd
