#include "cmd/containerd_verifier/lockdown.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "crypto/hash.h"
#include "support/temporary_folder.h"

using namespace hallmark;

namespace {

// How a process ends that does this, locked down.
int ended(const std::function<bool()>& act, const std::vector<std::filesystem::path>& readable = {}) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    if (!cmd::lock_down(readable)) ::_exit(99);
    ::_exit(act() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

bool killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

}  // namespace

TEST_CASE("what verification needs goes on after the lockdown") {
  const test::TemporaryFolder folder;
  const auto file = folder.put("file", "text");
  CHECK(ended([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC) >= 0; }, {folder.path()}) == 0);
  CHECK(ended([] { return crypto::random_bytes(16).size() == 16 && crypto::sha256(as_bytes("x")).size() == 32; }) == 0);
  CHECK(ended([] {
          bool done = false;
          std::thread([&] { done = true; }).join();
          return done;
        }) == 0);
  CHECK(ended([] { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0; }) == 0);
  CHECK(ended([] { return ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }) == 0);
}

TEST_CASE("no file can be read but those that were named and what connections need [attack 45]") {
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
    WARN("SKIPPED: this kernel has no Landlock");
    return;
  }
  const test::TemporaryFolder folder;
  const auto named = folder.put("certs.d/ca.crt", "text");
  const auto secret = folder.put("auth.json", "secret");
  std::filesystem::create_symlink(secret, folder.path() / "certs.d/link");
  const auto reads = [](const std::filesystem::path& path) {
    return [path] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0; };
  };
  const auto refused = [](const std::filesystem::path& path) {
    return [path] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES; };
  };
  const std::vector<std::filesystem::path> readable = {folder.path() / "certs.d", folder.path() / "not-there"};
  CHECK(ended(reads(named), readable) == 0);
  CHECK(ended(reads("/etc/hosts"), readable) == 0);
  CHECK(ended(refused(secret), readable) == 0);
  CHECK(ended(refused(folder.path() / "certs.d/link"), readable) == 0);
  CHECK(ended(refused(folder.path() / "certs.d/../auth.json"), readable) == 0);
  CHECK(ended(refused("/etc/passwd"), readable) == 0);
  CHECK(ended(refused("/proc/self/environ"), readable) == 0);
  CHECK(ended(refused("/"), readable) == 0);
  CHECK(ended(reads(named), {named}) == 0);
}

TEST_CASE("a forbidden call ends the process [attack 45]") {
  const test::TemporaryFolder folder;
  const auto file = folder.put("file", "text");
  const std::string path = file.string();
  const std::string other = path + "2";
  struct Case {
    const char* name;
    std::function<bool()> act;
  };
  for (const auto& [name, act] : std::vector<Case>{
           {"execve", [] { return ::execl("/bin/true", "true", nullptr) == 0; }},
           {"fork", [] { return ::fork() >= 0; }},
           {"vfork by system()", [] { return std::system("true") == 0; }},  // NOLINT(cert-env33-c): that is the test
           {"open to write", [&] { return ::open(path.c_str(), O_WRONLY) >= 0; }},
           {"open to read and write", [&] { return ::open(path.c_str(), O_RDWR) >= 0; }},
           {"open to create", [&] { return ::open(other.c_str(), O_RDONLY | O_CREAT, 0600) >= 0; }},
           {"open to truncate", [&] { return ::open(path.c_str(), O_RDONLY | O_TRUNC) >= 0; }},
           {"unlink", [&] { return ::unlink(path.c_str()) == 0; }},
           {"rename", [&] { return ::rename(path.c_str(), other.c_str()) == 0; }},
           {"chmod", [&] { return ::chmod(path.c_str(), 0777) == 0; }},
           {"mkdir", [&] { return ::mkdir(other.c_str(), 0777) == 0; }},
           {"symlink", [&] { return ::symlink(path.c_str(), other.c_str()) == 0; }},
           {"kill", [] { return ::kill(::getppid(), 0) == 0; }},
           {"ptrace", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; }},
           {"a raw packet socket", [] { return ::socket(AF_PACKET, SOCK_RAW, 0) >= 0; }},
           {"listen", [] { return ::listen(::socket(AF_INET, SOCK_STREAM, 0), 1) == 0; }},
           {"memfd_create", [] { return ::memfd_create("x", 0) >= 0; }},
           {"setuid", [] { return ::setuid(0) == 0; }},
           {"a raw socket", [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0; }},
           {"netfilter's netlink", [] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0; }},
           {"a datagram pair, which sendto could aim elsewhere",
            [] {
              std::array<int, 2> ends{};
              return ::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) == 0;
            }},
           {"a signal to another process", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0) == 0; }},
           {"ioctl on a terminal", [] { return ::ioctl(0, TIOCSTI, "x") == 0; }},
       }) {
    INFO(name);
    CHECK(killed(ended(act)));
  }
  CHECK(std::filesystem::exists(file));
  CHECK_FALSE(std::filesystem::exists(other));
}

TEST_CASE("services of this machine cannot be reached, and no capability is left [attack 45]") {
  CHECK(ended([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EAFNOSUPPORT; }) == 0);
  CHECK(ended([] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) >= 0; }) == 0);
  const auto has_none = [] {
    const int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    std::array<char, 8192> text{};
    const ::ssize_t size = ::read(fd, text.data(), text.size());
    const std::string_view status(text.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
    return status.find("CapEff:\t0000000000000000") != std::string_view::npos &&
           status.find("CapPrm:\t0000000000000000") != std::string_view::npos;
  };
  CHECK(ended(has_none, {"/proc"}) == 0);
}

TEST_CASE("memory is bounded after the lockdown") {
  CHECK(ended([] {
          return ::mmap(nullptr, 8ull << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
        }) == 0);
}
