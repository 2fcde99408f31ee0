#include "cmd/containerd_verifier/reading.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/try.h"

namespace hallmark::cmd {
namespace {

// No folder among them has keys or passwords in it: /etc/ssl/private is not below /etc/ssl/certs.
constexpr std::array kNeeded = {
    // names
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
    "/etc/protocols", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf", "/run/nscd",
    // CAs and OpenSSL's settings
    "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf", "/etc/pki/ca-trust", "/etc/crypto-policies", "/usr/share/crypto-policies",
    // libraries that are loaded late, and the clock
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/usr/share/zoneinfo",
    // randomness, and how many processors there are
    "/dev/urandom", "/dev/random", "/dev/null", "/sys/devices/system/cpu"};

constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kOfFolders = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

Error refused() {
  return Error(Outcome::internal, std::string("locking down: files that may be read: ") + std::strerror(errno));
}

// A rule is of the file or folder that is opened here, whatever lies under its name later.
Result<void> allow(int rules, const std::filesystem::path& place) {
  const base::FileDescriptor opened(::open(place.c_str(), O_PATH | O_CLOEXEC));
  struct ::stat about{};
  if (!opened.valid() || ::fstat(opened.get(), &about) != 0) return {};
  struct ::landlock_path_beneath_attr below{};
  below.allowed_access = S_ISDIR(about.st_mode) ? kOfFolders : kOfFiles;
  below.parent_fd = opened.get();
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0) return fail(refused());
  return {};
}

}  // namespace

Result<void> read_only_below(std::span<const std::filesystem::path> places) {
  struct ::landlock_ruleset_attr handled{};
  handled.handled_access_fs = kOfFolders;
  const base::FileDescriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!rules.valid() && (errno == ENOSYS || errno == EOPNOTSUPP)) return {};
  if (!rules.valid()) return fail(refused());
  for (const char* needed : kNeeded) HM_DO(allow(rules.get(), needed));
  for (const auto& place : places) HM_DO(allow(rules.get(), place));
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return fail(refused());
  return {};
}

}  // namespace hallmark::cmd
