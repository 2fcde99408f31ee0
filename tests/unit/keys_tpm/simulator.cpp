#include "unit/keys_tpm/simulator.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/file.h"

namespace hallmark::test {
namespace {

constexpr const char* kProgram = "/usr/bin/swtpm";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// The port that was bound; 0: it is taken.
int bound_port(const base::FileDescriptor& socket, int port) {
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

// Two ports in a row that nobody listens on: swtpm's driver takes the second for the control channel.
int two_free_ports() {
  for (int i = 0; i < 100; ++i) {
    const base::FileDescriptor first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const base::FileDescriptor second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int port = bound_port(first, 0);
    if (port != 0 && port < 65535 && bound_port(second, port + 1) != 0) return port;
  }
  throw std::runtime_error("no two free ports in a row");
}

bool listens(int port) {
  const base::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

bool Simulator::is_there() {
  if (::access(kProgram, X_OK) == 0) return true;
  const char* const everything = std::getenv("CI");
  if (everything != nullptr && std::string(everything) == "true")
    throw std::runtime_error("swtpm is not installed, and CI=true");
  return false;
}

Simulator::Simulator() : port_(two_free_ports()) {
  const std::string state = "dir=" + state_.path().string();
  const std::string server = "type=tcp,port=" + std::to_string(port_);
  const std::string control = "type=tcp,port=" + std::to_string(port_ + 1);
  process_ = ::fork();
  if (process_ == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);
    ::execl(kProgram, "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--server", server.c_str(), "--ctrl",
            control.c_str(), "--flags", "startup-clear,not-need-init", nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 2000; ++i) {
    if (listens(port_ + 1)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  stop();
  throw std::runtime_error("swtpm does not listen");
}

Simulator::~Simulator() { stop(); }

void Simulator::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace hallmark::test
