#include "cmd/containerd_verifier/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "support/temporary_folder.h"

using namespace hallmark;
using cmd::check_trusted;

namespace {

// A folder that only its owner can write, whatever lies above: /tmp itself is everybody's.
struct Home {
  test::TemporaryFolder folder{"/var/lib"};
  std::filesystem::path file = folder.put("policy.d/policy.yaml", "version: 1\n");
  Home() {
    ::chmod((folder / "policy.d").c_str(), 0755);
    ::chmod(file.c_str(), 0644);
  }
};

}  // namespace

TEST_CASE("a file that only root can change is trusted") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: needs root");
    return;
  }
  const Home home;
  const auto trusted = check_trusted(home.file);
  INFO((trusted ? "" : trusted.error().message()));
  CHECK(trusted);
  CHECK(check_trusted(home.folder / "policy.d"));
}

TEST_CASE("a file that another can change or replace is not [attack 44]") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: needs root");
    return;
  }
  const Home home;
  const auto refusal = [&](const std::filesystem::path& path) {
    const auto trusted = check_trusted(path);
    REQUIRE_FALSE(trusted);
    CHECK(trusted.error().kind() == Outcome::config);
    return trusted.error().message() + " | " + trusted.error().hint();
  };
  SECTION("writable by its group") {
    ::chmod(home.file.c_str(), 0664);
    CHECK_THAT(refusal(home.file), Catch::Contains("may be written by others") && Catch::Contains("chmod go-w"));
  }
  SECTION("writable by everybody") {
    ::chmod(home.file.c_str(), 0646);
    CHECK_THAT(refusal(home.file), Catch::Contains("may be written by others"));
  }
  SECTION("reached through a link of another's, though it ends in a file of root's") {
    const auto theirs = home.folder / "theirs";
    std::filesystem::create_directory(theirs);
    std::filesystem::create_symlink(home.file, theirs / "current");
    REQUIRE(::lchown((theirs / "current").c_str(), 12'345, 12'345) == 0);
    const auto named = home.folder / "policy.d/named.yaml";
    std::filesystem::create_symlink(theirs / "current", named);
    CHECK_THAT(refusal(named), Catch::Contains("current belongs to user 12345"));
  }
  SECTION("links in a circle") {
    std::filesystem::create_symlink(home.folder / "b", home.folder / "a");
    std::filesystem::create_symlink(home.folder / "a", home.folder / "b");
    CHECK_THAT(refusal(home.folder / "a"), Catch::Contains("lead nowhere"));
  }
  SECTION("of another owner") {
    REQUIRE(::chown(home.file.c_str(), 12'345, 12'345) == 0);
    CHECK_THAT(refusal(home.file), Catch::Contains("belongs to user 12345"));
  }
  SECTION("in a folder that others can write") {
    ::chmod((home.folder / "policy.d").c_str(), 0777);
    CHECK_THAT(refusal(home.file), Catch::Contains("policy.d may be written"));
  }
  SECTION("in a folder of another owner, further up") {
    REQUIRE(::chown(home.folder.path().c_str(), 12'345, 12'345) == 0);
    CHECK_THAT(refusal(home.file), Catch::Contains("belongs to user 12345"));
  }
  SECTION("behind a link that leads to such a place") {
    const test::TemporaryFolder open;
    const auto target = open.put("policy.yaml", "version: 1\n");
    ::chmod(open.path().c_str(), 0777);
    const auto link = home.folder / "policy.d" / "link.yaml";
    std::filesystem::create_symlink(target, link);
    CHECK_THAT(refusal(link), Catch::Contains("may be written by others"));
  }
  SECTION("not there") { CHECK_THAT(refusal(home.folder / "none"), Catch::Contains("No such file")); }
}
