#include "cmd/hallmark/completion.h"

#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

namespace {

// One command of the tree with all the ways to type it: {"key generate"}, {"inspect", "tree"}.
struct Path {
  std::vector<std::string> spellings;
  const CommandTree* command;
};

void collect(const CommandTree& command, const std::string& above, std::vector<Path>& paths, bool is_root) {
  Path path{.spellings = {}, .command = &command};
  for (const std::string& name : command.names)
    path.spellings.push_back(is_root ? "" : above.empty() ? name : above + " " + name);
  const std::string own = path.spellings.front();
  paths.push_back(std::move(path));
  for (const CommandTree& child : command.commands) collect(child, own, paths, false);
}

std::vector<Path> paths_of(const CommandTree& root) {
  std::vector<Path> paths;
  collect(root, "", paths, true);
  return paths;
}

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

// Words that may stand after a command, flags aside.
std::vector<std::string> words_after(const CommandTree& command) {
  std::vector<std::string> words = command.words;
  for (const CommandTree& child : command.commands) words.insert(words.end(), child.names.begin(), child.names.end());
  return words;
}

std::string single_quoted(const std::string& text, std::string_view escaped_quote) {
  std::string quoted = "'";
  for (const char c : text)
    if (c == '\'')
      quoted += escaped_quote;
    else
      quoted += c;
  return quoted + "'";
}

std::string bash_case(const Path& path) {
  std::string flags;
  std::string values;
  std::string with_value;
  for (const CommandTree::Option& option : path.command->options) {
    flags += (flags.empty() ? "" : " ") + joined(option.names);
    if (option.value.empty()) continue;
    with_value += (with_value.empty() ? "" : " ") + joined(option.names);
    if (!option.choices.empty())
      values += "        " + joined(option.names, "|") + ") choices='" + joined(option.choices) + "' ;;\n";
  }
  std::string spellings;
  for (const std::string& spelling : path.spellings)
    spellings += (spellings.empty() ? "" : "|") + ("'" + spelling + "'");
  return "    " + spellings + ")\n      flags='" + flags + "'\n      with_value='" + with_value + "'\n      words='" +
         joined(words_after(*path.command)) + "'\n" +
         (values.empty() ? "" : "      case $1 in\n" + values + "      esac\n") + "      ;;\n";
}

}  // namespace

std::string bash_completion(const CommandTree& root) {
  const std::vector<Path> paths = paths_of(root);
  std::string known;
  for (const Path& path : paths)
    for (const std::string& spelling : path.spellings)
      if (!spelling.empty()) known += (known.empty() ? "" : "|") + ("'" + spelling + "'");
  std::string text =
      R"(# bash completion for hallmark: source it, or put it into /usr/share/bash-completion/completions/hallmark
_hallmark_describe() {  # COMMAND sets flags, with_value, words; choices for the flag $1
  choices=
  case $command in
)";
  for (const Path& path : paths) text += bash_case(path);
  text += R"(  esac
}
_hallmark_take() { while IFS= read -r word; do COMPREPLY+=("$word"); done; }
_hallmark() {
  local cur prev word command= flags= with_value= words= choices= i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD-1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${command:+$command }${COMP_WORDS[i]}
    case $word in
      )" + known +
          R"() command=$word ;;
    esac
  done
  _hallmark_describe "$prev"
  if [ -n "$choices" ]; then
    _hallmark_take < <(compgen -W "$choices" -- "$cur")
  elif [[ " $with_value " == *" $prev "* ]]; then
    _hallmark_take < <(compgen -f -- "$cur")
  elif [[ $cur == -* ]]; then
    _hallmark_take < <(compgen -W "$flags" -- "$cur")
  elif [ -n "$words" ]; then
    _hallmark_take < <(compgen -W "$words" -- "$cur")
  else
    _hallmark_take < <(compgen -f -- "$cur")
  fi
}
complete -o filenames -F _hallmark hallmark)";
  return text;
}

std::string zsh_completion(const CommandTree& root) {
  // zsh runs the same function through its emulation of bash's completion.
  const std::string bash = bash_completion(root);
  return "#compdef hallmark\n# zsh completion for hallmark: source it from ~/.zshrc, after compinit\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash.substr(bash.find('\n') + 1);
}

std::string fish_completion(const CommandTree& root) {
  std::string text = "# fish completion for hallmark: put it into ~/.config/fish/completions/hallmark.fish\n";
  for (const Path& path : paths_of(root)) {
    const bool is_root = path.spellings.front().empty();
    std::vector<std::string> own_words = words_after(*path.command);
    for (const std::string& spelling : path.spellings) {
      std::string condition;
      for (std::size_t at = 0; at < spelling.size();) {
        const std::size_t end = std::min(spelling.find(' ', at), spelling.size());
        condition +=
            (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + spelling.substr(at, end - at));
        at = end + 1;
      }
      if (is_root) condition = "__fish_use_subcommand";
      const std::string start = "complete -c hallmark -n " + single_quoted(condition, "\\'");
      for (const CommandTree& child : path.command->commands)
        for (const std::string& name : child.names)
          text += start + " -f -a " + name + " -d " + single_quoted(child.summary, "\\'") + "\n";
      for (const std::string& word : path.command->words) text += start + " -f -a " + word + "\n";
      for (const CommandTree::Option& option : path.command->options) {
        text += start;
        for (const std::string& name : option.names)
          text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (!option.value.empty())
          text += option.choices.empty() ? " -r" : " -x -a " + single_quoted(joined(option.choices), "\\'");
        text += " -d " + single_quoted(option.help, "\\'") + "\n";
      }
    }
  }
  text.pop_back();
  return text;
}

void add_completion(Command& root, Context& context, const CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  Command& command = root.add("completion", "Print a completion script for a shell");
  command.examples({"source <(hallmark completion bash)", "hallmark completion zsh > ~/.zfunc/_hallmark",
                    "hallmark completion fish > ~/.config/fish/completions/hallmark.fish"});
  command.positional({.names = "SHELL",
                      .value = "",
                      .help = "bash, zsh or fish",
                      .choices = {"bash", "zsh", "fish"},
                      .required = true},
                     *shell);
  command.action([&context, &line, shell] {
    const CommandTree tree = line.tree();
    context.output.result(*shell == "bash"  ? bash_completion(tree)
                          : *shell == "zsh" ? zsh_completion(tree)
                                            : fish_completion(tree));
    return 0;
  });
}

}  // namespace hallmark::cmd
