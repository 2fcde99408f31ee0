// CommandLine: the commands and their flags, parsed by CLI11, whose headers stay behind this one.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hallmark/result.h"

namespace hallmark::cmd {

// What a command does once its flags are read; answers with the process's exit code.
using Action = std::function<int()>;

struct Flag {
  std::string names;                      // "-o,--output"
  std::string value;                      // "FORMAT"; empty for a switch
  std::string help;                       // one sentence, wrapped when printed
  std::string group = "Options";          // heading in --help
  std::string variable = {};              // HALLMARK_…: its value where the flag is not given
  std::vector<std::string> choices = {};  // the only values taken
  bool required = false;
  std::string excludes = {};  // another flag of the command, added before
};

// One command. What flags are read into must live as long as the command line.
class Command {
 public:
  Command(Command&&) = delete;
  ~Command();

  [[nodiscard]] Command& add(std::string name, std::string summary);
  void alias(std::string name);
  void details(const std::string& text);  // below the summary in --help
  void examples(const std::vector<std::string>& commands);

  void positional(const Flag& flag, std::string& into);
  void positional(const Flag& flag, std::vector<std::string>& into);
  void option(const Flag& flag, std::string& into);
  void option(const Flag& flag, std::vector<std::string>& into);  // may be repeated
  void option(const Flag& flag, bool& into);
  void action(Action action);

  struct Parts;

 private:
  friend class CommandLine;
  explicit Command(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The commands as a tree, for completion scripts.
struct CommandTree {
  struct Option {
    std::vector<std::string> names;  // "-o", "--output"
    std::string value;               // empty for a switch
    std::vector<std::string> choices;
    std::string help;
  };
  std::vector<std::string> names;  // the name, then its aliases
  std::string summary;
  std::vector<Option> options;
  std::vector<std::string> words;  // choices of the positional, where it has some
  std::vector<CommandTree> commands;
};

class CommandLine {
 public:
  explicit CommandLine(std::string summary);
  [[nodiscard]] Command& root() { return *root_; }

  // Kind of errors: usage; with the nearest flag or command as hint where one is unknown. --help and --version become
  // actions. Arguments are those after the program's name.
  [[nodiscard]] Result<Action> parse(std::span<const char* const> arguments);
  [[nodiscard]] CommandTree tree() const;

 private:
  std::unique_ptr<Command> root_;
};

}  // namespace hallmark::cmd
