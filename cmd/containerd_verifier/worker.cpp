#include "cmd/containerd_verifier/worker.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <mutex>

#include "base/file.h"
#include "base/try.h"
#include "cmd/containerd_verifier/lockdown.h"
#include "cmd/containerd_verifier/packet.h"

namespace hallmark::cmd {
namespace {

using std::chrono::milliseconds;

// Kinds of packets.
constexpr char kLogin = 'L';     // the worker asks: registry, repository
constexpr char kKnown = 'K';     // user, password, identity token, source
constexpr char kUnknown = 'U';   // no login
constexpr char kFailed = 'F';    // kind, message, hint
constexpr char kDecision = 'D';  // outcome, flags, reason, hint

constexpr std::size_t kMostText = 8u << 10;  // of a reason: containerd shows 32 KiB, people read a line

std::string number_of(Outcome outcome) { return std::to_string(static_cast<unsigned>(outcome)); }

Result<Outcome> outcome_in(std::string_view text) {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number > static_cast<unsigned>(Outcome::config))
    return fail(Outcome::internal, "an outcome that there is not");
  return static_cast<Outcome>(number);
}

Result<Error> error_in(Packet& packet) {
  HM_TRY(const auto kind, packet.next());
  HM_TRY(const Outcome outcome, outcome_in(kind));
  HM_TRY(const auto message, packet.next());
  Error error(outcome, std::string(message));
  HM_TRY(const auto hint, packet.next());
  return error.with_hint(std::string(hint));
}

// -- in the worker

class RemoteLogins {
 public:
  explicit RemoteLogins(int socket) : socket_(socket) {}

  Result<std::optional<RegistryLogin>> find(const std::string& registry, const std::string& repository) {
    const std::lock_guard lock(mutex_);
    HM_DO(Packet(kLogin).add(registry).add(repository).send(socket_));
    HM_TRY(Packet answer, Packet::receive(socket_));
    if (answer.kind() == kUnknown) return std::nullopt;
    if (answer.kind() == kKnown) return login_in(answer);
    HM_TRY(Error error, error_in(answer));
    return fail(std::move(error));
  }

 private:
  static Result<std::optional<RegistryLogin>> login_in(Packet& packet) {
    RegistryLogin login;
    HM_TRY(const auto user, packet.next());
    login.user = user;
    HM_TRY(const auto password, packet.next());
    login.password = Secret::copy_of(as_bytes(password));
    HM_TRY(const auto token, packet.next());
    login.identity_token = Secret::copy_of(as_bytes(token));
    HM_TRY(const auto source, packet.next());
    login.source = source;
    return login;
  }

  int socket_;
  std::mutex mutex_;
};

// Never returns: what it has to say is in the socket, or nothing is.
[[noreturn]] void be_worker(int socket, const WorkerTask& task, ::pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it was gone before the line above
  try {
    RemoteLogins logins(socket);
    const auto locked = lock_down(task.readable);
    const Decision decision = locked ? task.work([&](const std::string& registry, const std::string& repository) {
      return logins.find(registry, repository);
    })
                                     : Decision{.outcome = Outcome::internal, .reason = locked.error().message()};
    const auto sent = Packet(kDecision)
                          .add(number_of(decision.outcome))
                          .add(decision.admitted ? "admitted" : "refused")
                          .add(decision.enforced ? "enforced" : "warned")
                          .add(std::string_view(decision.reason).substr(0, kMostText))
                          .add(std::string_view(decision.hint).substr(0, kMostText))
                          .send(socket);
    ::_exit(sent ? 0 : 1);
  } catch (...) {
    ::_exit(1);  // out of memory, or a bug: no answer is a refusal
  }
}

// -- in the process that started it

// Owns the worker: it does not outlive this.
class Child {
 public:
  explicit Child(::pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { (void)end(); }

  // Its wait status.
  int end() {
    if (pid_ < 0) return status_;
    (void)::kill(pid_, SIGKILL);
    return reap();
  }
  int reap() {
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status_;
  }

 private:
  ::pid_t pid_;
  int status_ = 0;
};

Error why_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
    return Error(Outcome::internal, "the verifying process was ended for a call that it may not make")
        .with_hint("what the registry sent made it do so, or hallmark has a bug: please report it");
  }
  if (WIFSIGNALED(status))
    return {Outcome::internal, "the verifying process was ended by signal " + std::to_string(WTERMSIG(status))};
  return {Outcome::internal, "the verifying process ended without an answer"};
}

Result<void> answer_login(int socket, Packet& question, const LoginLookup& logins) {
  HM_TRY(const auto registry, question.next());
  const std::string registry_name(registry);
  HM_TRY(const auto repository, question.next());
  const auto login = logins(registry_name, std::string(repository));
  if (!login) {
    const Error& error = login.error();
    return Packet(kFailed).add(number_of(error.kind())).add(error.message()).add(error.hint()).send(socket);
  }
  if (!*login) return Packet(kUnknown).send(socket);
  const RegistryLogin& known = **login;
  return Packet(kKnown)
      .add(known.user)
      .add(as_text(known.password.view()))
      .add(as_text(known.identity_token.view()))
      .add(known.source)
      .send(socket);
}

Result<Decision> decision_in(Packet& packet) {
  HM_TRY(const auto number, packet.next());
  HM_TRY(const Outcome outcome, outcome_in(number));
  HM_TRY(const auto admitted, packet.next());
  HM_TRY(const auto enforced, packet.next());
  HM_TRY(const auto reason, packet.next());
  HM_TRY(const auto hint, packet.next());
  return Decision{outcome, admitted == "admitted", enforced != "warned", std::string(reason), std::string(hint)};
}

Result<void> wait_for(int socket, const Clock& clock, std::chrono::steady_clock::time_point deadline) {
  struct ::pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.steady());
    const int ready = left.count() <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready == 0) {
      return fail(Error(Outcome::unreachable, "not verified in time")
                      .with_hint("the registry, or a credential helper, took too long: pull again"));
    }
    if (errno != EINTR) return fail(Outcome::internal, "cannot wait for the verifying process");
  }
}

}  // namespace

Result<Decision> run_worker(const WorkerTask& task, const LoginLookup& logins, const Clock& clock,
                            std::chrono::steady_clock::time_point deadline) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(Outcome::internal, "no socket for the verifying process");
  base::FileDescriptor ours(ends[0]);
  base::FileDescriptor theirs(ends[1]);
  const ::pid_t self = ::getpid();
  const ::pid_t pid = ::fork();
  if (pid < 0) return fail(Outcome::internal, "no verifying process could be started");
  if (pid == 0) {
    ours = base::FileDescriptor();
    be_worker(theirs.get(), task, self);
  }
  theirs = base::FileDescriptor();
  Child child(pid);
  for (;;) {
    HM_DO(wait_for(ours.get(), clock, deadline));
    auto packet = Packet::receive(ours.get());
    if (!packet) return fail(why_it_ended(child.reap()));
    if (packet->kind() == kDecision) return decision_in(*packet);
    if (packet->kind() != kLogin) return fail(Outcome::internal, "the verifying process said what nobody asked");
    HM_DO(answer_login(ours.get(), *packet, logins));
  }
}

}  // namespace hallmark::cmd
