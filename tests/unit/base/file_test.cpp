#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::base;
using hallmark::test::TemporaryFolder;
using hallmark::test::text_of;

namespace {

::mode_t mode_of(const std::filesystem::path& path) {
  struct ::stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

template <class T>
void check_error(const Result<T>& result, Outcome kind, const std::string& words) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == kind);
  CHECK_THAT(result.error().message(), Catch::Contains(words));
}

}  // namespace

TEST_CASE("a file is read whole, up to its limit and not beyond") {
  const TemporaryFolder folder;
  const auto file = folder.put("a", std::string(5000, 'x'));
  CHECK(read_file(file, 5000, Outcome::config).value().size() == 5000);
  check_error(read_file(file, 4999, Outcome::config), Outcome::config, "more than the limit of 4999 bytes");
  CHECK(read_secret_file(file, 5000, Outcome::key).value().size() == 5000);
  check_error(read_secret_file(file, 4999, Outcome::key), Outcome::key, "more than the limit of 4999 bytes");
  CHECK(read_file(folder.put("empty", ""), 10, Outcome::key).value().empty());
}

TEST_CASE("a file that does not tell its size is bounded all the same") {
  CHECK_FALSE(read_file("/proc/self/status", 1u << 20, Outcome::config).value().empty());
  check_error(read_file("/proc/self/status", 10, Outcome::config), Outcome::config, "more than the limit of 10 bytes");
}

TEST_CASE("what cannot be read says what and why, in the kind of its user") {
  const TemporaryFolder folder;
  check_error(read_file(folder / "none", 10, Outcome::key), Outcome::key, "none: no such file");
  check_error(read_file(folder.path(), 10, Outcome::config), Outcome::config, "is a directory");
  check_error(read_file("/dev/zero", 10, Outcome::malformed), Outcome::malformed, "not a regular file");
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  check_error(read_secret_file(folder / "fifo", 10, Outcome::key), Outcome::key, "not a regular file");
  check_error(read_file(folder / "a\nb", 10, Outcome::key), Outcome::key, "a\\x0ab: no such file");
}

TEST_CASE("a pipe is read to its end, bounded") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  FileDescriptor in(ends[0]);
  {
    const FileDescriptor out(ends[1]);
    REQUIRE(::write(out.get(), "password", 8) == 8);
  }
  CHECK(read_secret(in.get(), 8, "standard input", Outcome::key).value().text() == "password");
  check_error(read_secret(-1, 8, "standard input", Outcome::key), Outcome::key, "standard input: cannot be read");
  REQUIRE(::pipe(ends) == 0);
  in = FileDescriptor(ends[0]);
  const FileDescriptor out(ends[1]);
  REQUIRE(::write(out.get(), "password", 8) == 8);
  check_error(read_secret(in.get(), 7, "standard input", Outcome::key), Outcome::key, "more than the limit of 7 bytes");
}

TEST_CASE("writing gives the file its mode, and replaces or refuses as told") {
  const TemporaryFolder folder;
  const auto file = folder / "a.key";
  REQUIRE(write_file(file, as_bytes("one"), {.mode = 0600, .overwrite = false}));
  CHECK(text_of(file) == "one");
  CHECK(mode_of(file) == 0600);
  check_error(write_file(file, as_bytes("two"), {.mode = 0600, .overwrite = false}), Outcome::usage, "exists already");
  CHECK(text_of(file) == "one");
  REQUIRE(write_file(file, as_bytes("three"), {.mode = 0600}));
  CHECK(text_of(file) == "three");
  CHECK(folder.count() == 1);
}

TEST_CASE("a symbolic link is replaced and what it points at stays") {
  const TemporaryFolder folder;
  const auto target = folder.put("target", "untouched");
  std::filesystem::create_symlink(target, folder / "link");
  REQUIRE(write_file(folder / "link", as_bytes("new")));
  CHECK(text_of(target) == "untouched");
  CHECK(text_of(folder / "link") == "new");
  std::filesystem::create_symlink(folder / "nowhere", folder / "dangling");
  check_error(write_file(folder / "dangling", as_bytes("x"), {.overwrite = false}), Outcome::usage, "exists already");
  CHECK_FALSE(std::filesystem::exists(folder / "nowhere"));
}

TEST_CASE("a write that fails leaves the old file and no other [attack 45]") {
  const TemporaryFolder folder;
  const auto file = folder.put("a", "old");
  check_error(write_file(folder / "none" / "a", as_bytes("x")), Outcome::usage, "cannot be written");
  std::filesystem::create_directories(folder / "dir" / "below");
  check_error(write_file(folder / "dir", as_bytes("x")), Outcome::usage, "cannot be written");
  // A disk that is full in the middle: in a child, because the limit is the process's.
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    ::_exit(write_file(file, Bytes(5000, 'x')) ? 1 : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(text_of(file) == "old");
  CHECK(folder.count() == 2);
}

TEST_CASE("a process killed while it writes leaves the old file or a new one, never half of one") {
  const TemporaryFolder folder;
  const auto file = folder.put("state", std::string(300'000, 'a'));
  for (int round = 0; round < 30; ++round) {
    const ::pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (char c = 'b';; c = c == 'z' ? 'b' : static_cast<char>(c + 1))
        (void)write_file(file, Bytes(300'000, static_cast<std::uint8_t>(c)));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200 + 371 * round));
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const std::string text = text_of(file);
    REQUIRE(text.size() == 300'000);
    REQUIRE(text.find_first_not_of(text[0]) == std::string::npos);
  }
}
