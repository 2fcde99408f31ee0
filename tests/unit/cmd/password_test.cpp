#include "cmd/common/password.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <fstream>

#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::cmd;
using hallmark::test::TemporaryFolder;

namespace {
std::string file_with(const TemporaryFolder& folder, std::string_view text) {
  const auto file = folder.path() / "password";
  std::ofstream(file, std::ios::binary) << text;
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  return file.string();
}
}  // namespace

TEST_CASE("a password file gives its text without one line end") {
  struct Case {
    std::string text, password;
  };
  const auto [text, password] = GENERATE(values<Case>({{"hunter2\n", "hunter2"},
                                                       {"hunter2\r\n", "hunter2"},
                                                       {"hunter2", "hunter2"},
                                                       {" two words \n\n", " two words \n"},
                                                       {"", ""}}));
  const TemporaryFolder folder;
  Output output;
  const auto read = read_password_file(file_with(folder, text), output);
  REQUIRE(read);
  CHECK(read->text() == password);
}

TEST_CASE("the file comes before the environment, and the environment before asking") {
  const TemporaryFolder folder;
  Output output;
  Environment environment({});
  environment.set_password(Secret::copy_of("from the environment"));
  Passwords both(file_with(folder, "from the file"), environment, output);
  CHECK(both.existing("k")->text() == "from the file");
  Passwords one("", environment, output);
  CHECK(one.existing("k")->text() == "from the environment");
  CHECK(one.fresh("k")->text() == "from the environment");
}

TEST_CASE("a password that cannot be had is an error of the key") {
  Output output;
  const Environment environment({});
  Passwords missing("/no/such/file", environment, output);
  const auto password = missing.existing("release.key");
  REQUIRE_FALSE(password);
  CHECK(password.error().kind() == Outcome::key);
  CHECK_THAT(password.error().message(), Catch::Contains("cannot be opened"));
}

TEST_CASE("a password longer than the limit is refused") {
  const TemporaryFolder folder;
  Output output;
  const auto read = read_password_file(file_with(folder, std::string(5000, 'x')), output);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind() == Outcome::key);
  CHECK_THAT(read.error().message(), Catch::Contains("limit of 4096 bytes"));
}

TEST_CASE("a pipe is read once, however many keys need its password") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], "pw\n", 3) == 3);
  REQUIRE(::close(ends[1]) == 0);
  Output output;
  const Environment environment({});
  Passwords passwords("/dev/fd/" + std::to_string(ends[0]), environment, output);
  CHECK(passwords.existing("a.key")->text() == "pw");
  CHECK(passwords.existing("b.key")->text() == "pw");
  CHECK(::close(ends[0]) == 0);
}

TEST_CASE("an empty file opens a key, and is no password for a new one") {
  const TemporaryFolder folder;
  Output output;
  const Environment environment({});
  Passwords passwords(file_with(folder, GENERATE("", "\n")), environment, output);
  CHECK(passwords.existing("k")->empty());
  const auto fresh = passwords.fresh("k");
  REQUIRE_FALSE(fresh);
  CHECK(fresh.error().kind() == Outcome::key);
  CHECK_THAT(fresh.error().message(), Catch::Contains("is empty: that is no password for a new key"));
}

TEST_CASE("an empty variable is a password for a new key, as it is for cosign") {
  Output output;
  output.configure({.quiet = true});
  Environment environment({});
  environment.set_password(Secret());
  const auto fresh = Passwords("", environment, output).fresh("k");
  REQUIRE(fresh);
  CHECK(fresh->empty());
}
