#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/try.h"

namespace hallmark::base {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

std::unexpected<Error> system_failure(std::string_view doing, int error) {
  return fail(Outcome::unauthorized, "cannot " + std::string(doing) + ": " + std::strerror(error));
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("make a pipe", errno);
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// Kills and reaps, unless the child was waited for: no error path leaves a process behind.
class Child {
 public:
  explicit Child(::pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait(0);
  }
  // The exit status, or -1 while it still runs.
  int wait(int flags) {
    int status = 0;
    ::pid_t got = 0;
    do {
      got = ::waitpid(pid_, &status, flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return -1;
    pid_ = 0;
    if (got < 0) return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  ::pid_t pid_;
};

class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  void redirect(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void discard(int fd) { posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_WRONLY, 0); }
  void default_signals() {
    ::sigset_t set;
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Result<::pid_t> spawn(const std::string& file, const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment, int in, int out) {
  SpawnSetup setup;
  setup.redirect(in, STDIN_FILENO);
  setup.redirect(out, STDOUT_FILENO);
  setup.discard(STDERR_FILENO);
  setup.default_signals();
  std::vector<std::string> argument_texts = {file};
  argument_texts.insert(argument_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment_texts;
  for (const auto& [name, value] : environment) environment_texts.push_back(name + "=" + value);
  ::pid_t pid = 0;
  const int error = ::posix_spawn(&pid, file.c_str(), setup.actions(), setup.attributes(),
                                  pointers(argument_texts).data(), pointers(environment_texts).data());
  if (error != 0) return system_failure("run " + file, error);
  return pid;
}

int left_until(SteadyTime deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
}

// Writes what fits; closes the pipe when all is said or the child does not listen. SIGPIPE is blocked by the caller.
void feed(FileDescriptor& to, BytesView& input) {
  while (!input.empty()) {
    const ::ssize_t written = ::write(to.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written <= 0) break;
    input = input.subspan(static_cast<std::size_t>(written));
  }
  to = FileDescriptor();
}

// Bytes now in `buffer` beyond `used`; false at the end of file.
Result<bool> drain(int from, Secret& buffer, std::size_t& used) {
  const ::ssize_t got = ::read(from, buffer.writable().data() + used, buffer.size() - used);
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) return true;
    return system_failure("read from the program", errno);
  }
  used += static_cast<std::size_t>(got);
  if (used == buffer.size()) return fail(Outcome::unauthorized, "it answers more than is allowed");
  return got > 0;
}

Result<void> converse(FileDescriptor& in, int out, BytesView input, Secret& buffer, std::size_t& used,
                      SteadyTime deadline) {
  while (true) {
    std::array<::pollfd, 2> set = {::pollfd{out, POLLIN, 0}, ::pollfd{in.get(), POLLOUT, 0}};
    const int ready = ::poll(set.data(), in.valid() ? 2 : 1, left_until(deadline));
    if (ready < 0 && errno != EINTR) return system_failure("wait for the program", errno);
    if (ready == 0) return fail(Outcome::unauthorized, "it did not answer in time");
    if (ready < 0) continue;
    if (in.valid() && set[1].revents != 0) feed(in, input);
    if (set[0].revents == 0) continue;
    HM_TRY(const bool more, drain(out, buffer, used));
    if (!more) return {};
  }
}

// A child that closes stdin early must not end us; per thread, so that other threads' handling stays theirs.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    ::sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;
  ~SigpipeBlocked() {
    ::sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const ::timespec none{};
    if (sigismember(&before_, SIGPIPE) == 0) {
      while (sigtimedwait(&pipe, nullptr, &none) > 0) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  ::sigset_t before_{};
};

Result<int> exit_of(Child& child, SteadyTime deadline) {
  while (true) {
    const int status = child.wait(WNOHANG);
    if (status >= 0) return status;
    if (left_until(deadline) == 0) return fail(Outcome::unauthorized, "it did not end in time");
    ::usleep(1'000);
  }
}

}  // namespace

Result<ChildResult> run_child(const std::string& file, const std::vector<std::string>& arguments, BytesView input,
                              const ChildOptions& options) {
  const SteadyTime patient = std::chrono::steady_clock::now() + options.patience;
  const SteadyTime deadline = options.deadline ? std::min(patient, *options.deadline) : patient;
  const SigpipeBlocked guard;
  HM_TRY(Pipe in, make_pipe());
  HM_TRY(Pipe out, make_pipe());
  HM_TRY(const ::pid_t pid, spawn(file, arguments, options.environment, in.read.get(), out.write.get()));
  Child child(pid);
  in.read = FileDescriptor();
  out.write = FileDescriptor();
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  ChildResult result;
  result.output = Secret(options.most_output + 1);
  std::size_t used = 0;
  if (input.empty()) in.write = FileDescriptor();
  HM_DO(converse(in.write, out.read.get(), input, result.output, used, deadline));
  result.output.shrink(used);
  HM_TRY(result.exit_code, exit_of(child, deadline));
  return result;
}

}  // namespace hallmark::base
