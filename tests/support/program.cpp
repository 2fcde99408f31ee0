#include "support/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/temporary_folder.h"

namespace hallmark::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

void redirect(int fd, const std::filesystem::path& file) {
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  if (opened < 0 || ::dup2(opened, fd) < 0) ::_exit(126);
}

[[noreturn]] void become(std::vector<std::string> arguments, const ProgramOptions& options,
                         const TemporaryFolder& folder) {
  std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  redirect(STDOUT_FILENO, options.standard_output.empty() ? folder / "out" : options.standard_output);
  redirect(STDERR_FILENO, folder / "err");
  if (options.close_standard_output) ::close(STDOUT_FILENO);
  if (options.address_space != 0) {
    const ::rlimit limit{options.address_space, options.address_space};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  // Nothing of the parent's: sockets above all, which would keep its servers open.
  for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) ::close(fd);
  ::execve(arguments[0].c_str(), pointers(arguments).data(), pointers(environment).data());
  ::_exit(127);
}

}  // namespace

ProgramRun run_program(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  const TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const ::pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(arguments, options, folder);
  int status = 0;
  ::rusage usage{};
  bool killed = false;
  while (::wait4(child, &status, WNOHANG, &usage) == 0) {
    if (!killed && std::chrono::steady_clock::now() - start > options.patience) {
      killed = true;
      ::kill(child, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ProgramRun run;
  run.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  run.out = text_of(folder / "out");
  run.err = text_of(folder / "err");
  run.peak_kib = static_cast<std::size_t>(usage.ru_maxrss);
  return run;
}

std::optional<std::string> built_hallmark() {
  const char* build = std::getenv("HALLMARK_BUILD");
  if (build == nullptr) return std::nullopt;
  const auto program = std::filesystem::path(build) / "cmd/hallmark/hallmark";
  if (!std::filesystem::exists(program)) return std::nullopt;
  return program.string();
}

}  // namespace hallmark::test
