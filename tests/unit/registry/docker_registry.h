// DockerRegistry: Debian's docker-registry on a free loopback port, for as long as the object lives.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/temporary_folder.h"

extern char** environ;

namespace hallmark::test {

class DockerRegistry {
 public:
  static constexpr auto* kProgram = "/usr/bin/docker-registry";
  [[nodiscard]] static bool installed() { return ::access(kProgram, X_OK) == 0; }

  DockerRegistry() {
    for (int tries = 0; tries < 5 && pid_ <= 0; ++tries) start();
    if (pid_ <= 0) throw std::runtime_error("docker-registry does not start");
  }
  DockerRegistry(const DockerRegistry&) = delete;
  DockerRegistry& operator=(const DockerRegistry&) = delete;
  ~DockerRegistry() { stop(); }
  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  static ::sockaddr_in address(int port) {
    ::sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }
  static int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto any = address(0);
    ::socklen_t size = sizeof any;
    ::bind(fd, reinterpret_cast<::sockaddr*>(&any), size);
    ::getsockname(fd, reinterpret_cast<::sockaddr*>(&any), &size);
    ::close(fd);
    return ntohs(any.sin_port);
  }
  [[nodiscard]] bool answers() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = address(port_);
    const bool good = ::connect(fd, reinterpret_cast<const ::sockaddr*>(&at), sizeof at) == 0;
    ::close(fd);
    return good;
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void start() {
    port_ = free_port();
    std::string config = folder_
                             .put("config.yml",
                                  "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                                  "storage: {filesystem: {rootdirectory: " +
                                      (folder_ / "storage").string() + "}}\nhttp: {addr: \"" + authority() + "\"}\n")
                             .string();
    std::string program = kProgram;
    std::string serve = "serve";
    char* arguments[] = {program.data(), serve.data(), config.data(), nullptr};
    ::posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    if (::posix_spawn(&pid_, kProgram, &quiet, nullptr, arguments, environ) != 0) pid_ = 0;
    posix_spawn_file_actions_destroy(&quiet);
    for (int i = 0; pid_ > 0 && i < 1000; ++i) {
      if (answers()) return;
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    stop();
  }

  TemporaryFolder folder_;
  ::pid_t pid_ = 0;
  int port_ = 0;
};

}  // namespace hallmark::test
