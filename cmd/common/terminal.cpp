#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/file.h"
#include "base/limits.h"
#include "cmd/common/password.h"

namespace hallmark::cmd {

namespace {

volatile std::sig_atomic_t caught_signal = 0;
extern "C" void note_signal(int number) { caught_signal = number; }

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// While it lives the terminal does not echo, and a signal waits until it does again. The signals are let in only while
// wait_for_input() waits: one that came a moment before would be noted, and nothing would break off the wait.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    caught_signal = 0;
    ::sigset_t held{};
    (void)::sigemptyset(&held);
    for (const int number : kSignals) (void)::sigaddset(&held, number);
    (void)::pthread_sigmask(SIG_BLOCK, &held, &mask_);
    struct sigaction action{};
    action.sa_handler = note_signal;
    for (std::size_t i = 0; i < kSignals.size(); ++i) (void)::sigaction(kSignals[i], &action, &actions_[i]);
    silent_ = ::tcgetattr(terminal_, &before_) == 0;
    if (!silent_) return;
    struct termios quiet = before_;
    quiet.c_lflag &= ~static_cast<::tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    silent_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  ~Silence() {
    if (silent_) (void)::tcsetattr(terminal_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) (void)::sigaction(kSignals[i], &actions_[i], nullptr);
    (void)::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    if (caught_signal != 0) (void)::raise(caught_signal);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  [[nodiscard]] bool silent() const { return silent_; }

  // Whether there is something to read; not after one of the signals.
  [[nodiscard]] bool wait_for_input() const {
    struct pollfd waiting{.fd = terminal_, .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
      ready = ::ppoll(&waiting, 1, nullptr, &mask_);
    } while (ready < 0 && errno == EINTR && caught_signal == 0);
    return ready > 0 && caught_signal == 0;
  }

 private:
  int terminal_;
  bool silent_ = false;
  struct termios before_{};
  ::sigset_t mask_{};
  std::array<struct sigaction, kSignals.size()> actions_{};
};

void show(int terminal, std::string_view text) {
  if (::write(terminal, text.data(), text.size()) < 0) return;  // a prompt that is not seen is still answered
}

// One line, byte by byte, so that nothing of it stays in a buffer.
Result<Secret> read_line(int terminal, const Silence& silence) {
  Secret line(limits::password_bytes);
  std::size_t size = 0;
  for (;;) {
    std::uint8_t byte = 0;
    const bool ready = silence.wait_for_input();
    const ::ssize_t count = ready ? ::read(terminal, &byte, 1) : -1;
    if (!ready || (count <= 0 && size == 0)) return fail(Outcome::key, "no password was typed");
    if (count <= 0 || byte == '\n') break;
    if (size == line.size()) return fail(Outcome::key, "the password is longer than 4096 bytes");
    line.writable()[size++] = byte;
  }
  line.shrink(size);
  return line;
}

}  // namespace

Result<std::optional<Secret>> ask_password(const std::string& prompt) {
  const base::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.valid()) return std::nullopt;
  Result<Secret> line = fail(Outcome::key, "the terminal cannot hide what is typed");
  {
    const Silence silence(terminal.get());
    if (silence.silent()) {
      show(terminal.get(), prompt);
      line = read_line(terminal.get(), silence);
      show(terminal.get(), "\n");
    }
  }
  if (!line) return fail(std::move(line).error());
  return *std::move(line);
}

}  // namespace hallmark::cmd
