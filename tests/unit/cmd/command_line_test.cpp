#include "cmd/hallmark/command_line.h"

#include <catch2/catch.hpp>

#include "cmd/hallmark/completion.h"

using namespace hallmark;
using namespace hallmark::cmd;

namespace {

// A small command line: "do REF… --key KEY… [--format a|b] [--dry]", "key make".
struct Small {
  CommandLine line{"small"};
  std::vector<std::string> references, keys;
  std::string format = "a";
  bool dry = false;

  Small() {
    Command& work = line.root().add("do", "Does it");
    work.alias("perform");
    work.positional({.names = "REF", .value = "", .help = "what", .required = true}, references);
    work.option({.names = "-k,--key", .value = "KEY", .help = "by", .required = true}, keys);
    work.option({.names = "--format", .value = "F", .help = "how", .choices = {"a", "b"}}, format);
    work.option({.names = "--dry", .value = "", .help = "not really"}, dry);
    work.action([] { return 7; });
    Command& key = line.root().add("key", "Keys");
    key.add("make", "Makes one").action([] { return 8; });
  }
  Result<Action> parse(std::vector<const char*> arguments) { return line.parse(arguments); }
};

}  // namespace

TEST_CASE("a repeated flag takes one value each time and leaves the references alone") {
  Small small;
  const auto action = small.parse({"do", "--key", "a.pub", "one", "-k", "b.pub", "two", "--dry"});
  REQUIRE(action);
  CHECK((*action)() == 7);
  CHECK(small.keys == std::vector<std::string>{"a.pub", "b.pub"});
  CHECK(small.references == std::vector<std::string>{"one", "two"});
  CHECK(small.dry);
}

TEST_CASE("nested commands and aliases are found") {
  Small small;
  const auto nested = small.parse({"key", "make"});
  REQUIRE(nested);
  CHECK((*nested)() == 8);
  Small other;
  const auto alias = other.parse({"perform", "--key=k", "one"});
  REQUIRE(alias);
  CHECK((*alias)() == 7);
}

TEST_CASE("a mistake is a usage error that names it and the way out") {
  struct Case {
    std::vector<const char*> arguments;
    std::string message, hint;
  };
  const std::vector<Case> cases = {
      {{}, "hallmark: no command given", "hallmark --help"},
      {{"doo", "x"}, "unknown command 'doo'", "did you mean do?"},
      {{"frobnicate"}, "unknown command 'frobnicate'", "hallmark --help"},
      {{"key"}, "hallmark key: no command given", "hallmark key --help"},
      {{"key", "mak"}, "unknown command 'mak'", "did you mean make?"},
      {{"do", "x", "--key", "k", "--fromat", "b"}, "unknown flag --fromat of hallmark do", "did you mean --format?"},
      {{"do", "x", "--key", "k", "--password=hunter2"},
       "unknown flag --password of hallmark do",
       "never stands on the command line"},
      {{"do", "x", "--key", "k", "--yes"}, "unknown flag --yes of hallmark do", "hallmark asks nothing"},
      {{"do", "x", "--key", "k", "--tlog-upload=false"}, "unknown flag --tlog-upload", "leave it out"},
      {{"do", "x"}, "--key is required", "hallmark do --help"},
      {{"do", "--key", "k"}, "REF is required", "hallmark do --help"},
      {{"do", "x", "--key", "k", "--format", "c"}, "--format: c not in {a,b}", ""},
      {{"do", "x", "--key"}, "--key", "hallmark do --help"},
  };
  for (const auto& [arguments, message, hint] : cases) {
    CAPTURE(message);
    Small small;
    const auto action = small.parse(arguments);
    REQUIRE_FALSE(action);
    CHECK(action.error().kind() == Outcome::usage);
    CHECK_THAT(action.error().message(), Catch::Contains(message));
    CHECK_THAT(action.error().hint(), Catch::Contains(hint));
    CHECK(action.error().message().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("completion scripts name every command, flag and choice") {
  Small small;
  const CommandTree tree = small.line.tree();
  for (const std::string& script : {bash_completion(tree), zsh_completion(tree), fish_completion(tree)})
    for (const char* word : {"do", "perform", "key", "make", "format", "a b"})
      CHECK_THAT(script, Catch::Contains(word));
}
