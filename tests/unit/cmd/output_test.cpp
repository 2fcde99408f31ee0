#include "cmd/common/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

using namespace hallmark;
using namespace hallmark::cmd;

namespace {

// Puts another file in the place of stdout while it lives.
class Redirected {
 public:
  explicit Redirected(const char* path) : before_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    const int fd = ::open(path, O_WRONLY);
    REQUIRE(fd >= 0);
    ::dup2(fd, STDOUT_FILENO);
    ::close(fd);
  }
  ~Redirected() {
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
    std::clearerr(stdout);
  }

 private:
  int before_;
};

}  // namespace

TEST_CASE("a full disk is noticed at the end [attack 45]") {
  Result<void> written;
  {
    const Redirected full("/dev/full");
    Output output;
    output.result("registry.example/app@sha256:…");
    written = output.finish();
  }
  REQUIRE_FALSE(written);
  CHECK(written.error().kind() == Outcome::internal);
  CHECK_THAT(written.error().message(), Catch::Contains("cannot write to standard output: No space left on device"));
}

TEST_CASE("stdout that takes everything is no error") {
  const Redirected null("/dev/null");
  Output output;
  output.result("line");
  CHECK(output.finish());
}
