#include "cmd/containerd_verifier/lockdown.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/limits.h"
#include "base/try.h"
#include "cmd/containerd_verifier/reading.h"

namespace hallmark::cmd {
namespace {

struct ReleaseFilter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// What OpenSSL, libcurl, SQLite's reads, the resolver and the C library need between a request and its answer.
constexpr std::array kAllowed = {
    // memory and threads
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(membarrier),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    // signals; sending one: below
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    // who and when
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getppid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getcwd),
    // reading files
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fadvise64),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    // writing to what is open: sockets, pipes, standard error
    SCMP_SYS(write),
    SCMP_SYS(writev),
    // connections
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd),
    SCMP_SYS(eventfd2),
    // waiting
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
};

// Refused with an error that libraries take as "an older kernel" and go another way.
constexpr std::array kUnknown = {SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(epoll_pwait2), SCMP_SYS(io_uring_setup)};

constexpr unsigned kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
constexpr unsigned kTypeMask = 0xf;  // of a socket, without SOCK_CLOEXEC and SOCK_NONBLOCK

// The library's own macros are C.
constexpr struct ::scmp_arg_cmp equals(unsigned argument, unsigned long value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
constexpr struct ::scmp_arg_cmp masked(unsigned argument, unsigned mask, unsigned value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

Error refused(int code, const char* what) {
  return Error(Outcome::internal, std::string("locking down: ") + what + ": " + std::strerror(code < 0 ? -code : code));
}

int add_rules(void* filter) {
  int code = 0;
  const auto add = [&](std::uint32_t action, int call, std::initializer_list<struct scmp_arg_cmp> when = {}) {
    if (code == 0)
      code = ::seccomp_rule_add_array(filter, action, call, static_cast<unsigned>(when.size()), when.begin());
  };
  for (const int call : kAllowed) add(SCMP_ACT_ALLOW, call);
  for (const int call : kUnknown) add(SCMP_ACT_ERRNO(ENOSYS), call);
  add(SCMP_ACT_ALLOW, SCMP_SYS(open), {masked(1, kWriting, 0)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(openat), {masked(2, kWriting, 0)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {masked(0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)});
  // A signal to itself: how abort ends.
  add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {equals(0, static_cast<unsigned>(::getpid()))});
  add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {equals(1, FIONREAD)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {equals(1, FIONBIO)});
  add(SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), {equals(1, TCGETS)});
  for (const unsigned family : {unsigned{AF_INET}, unsigned{AF_INET6}}) {
    for (const unsigned type : {SOCK_STREAM, SOCK_DGRAM})
      add(SCMP_ACT_ALLOW, SCMP_SYS(socket), {equals(0, family), masked(1, kTypeMask, type)});
  }
  // Which addresses this machine has; nothing that changes any, and no other netlink.
  add(SCMP_ACT_ALLOW, SCMP_SYS(socket), {equals(0, AF_NETLINK), equals(2, NETLINK_ROUTE)});
  // The sockets of this machine's services (containerd's own among them) are not to be reached: a pair that is
  // connected with itself is all there is of that family.
  add(SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), {equals(0, AF_UNIX)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(socketpair), {equals(0, AF_UNIX), masked(1, kTypeMask, SOCK_STREAM)});
  // prctl names threads and says how it is dumped; prlimit64 only asks.
  add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {equals(0, PR_SET_NAME)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {equals(0, PR_SET_DUMPABLE)});
  add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {equals(2, 0)});
  return code;
}

// Root without capabilities is the owner of its files and nothing more.
Result<void> drop_capabilities() {
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  struct ::__user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<struct ::__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return fail(refused(errno, "capabilities"));
  return {};
}

Result<void> bound(int resource, ::rlim_t most, const char* what) {
  struct ::rlimit limit{};
  if (::getrlimit(static_cast<::__rlimit_resource_t>(resource), &limit) != 0) return fail(refused(errno, what));
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  if (::setrlimit(static_cast<::__rlimit_resource_t>(resource), &limit) != 0) return fail(refused(errno, what));
  return {};
}

}  // namespace

Result<void> lock_down(std::span<const std::filesystem::path> readable) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(refused(errno, "no new privileges"));
  (void)::prctl(PR_SET_DUMPABLE, 0);
  HM_DO(bound(RLIMIT_CORE, 0, "core dumps"));
  HM_DO(bound(RLIMIT_FSIZE, 0, "file size"));
  HM_DO(bound(RLIMIT_CPU, static_cast<::rlim_t>(limits::verifier_cpu.count()), "CPU time"));
  HM_DO(bound(RLIMIT_AS, limits::verifier_memory, "memory"));
  HM_DO(bound(RLIMIT_NOFILE, limits::verifier_files, "open files"));
  HM_DO(read_only_below(readable));
  HM_DO(drop_capabilities());
  const Filter filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return fail(refused(ENOMEM, "seccomp"));
  if (const int code = add_rules(filter.get()); code != 0) return fail(refused(code, "seccomp"));
  if (const int code = ::seccomp_load(filter.get()); code != 0) return fail(refused(code, "seccomp"));
  return {};
}

}  // namespace hallmark::cmd
