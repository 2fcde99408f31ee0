#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

TEST_CASE("a process that forbade core dumps is not dumpable and has a core limit of 0") {
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    hallmark::base::forbid_core_dumps();
    ::rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    const bool good = ::prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
