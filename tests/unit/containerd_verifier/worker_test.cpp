#include "cmd/containerd_verifier/worker.h"

#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <new>
#include <thread>

#include "cmd/common/system_clock.h"
#include "cmd/containerd_verifier/packet.h"

using namespace hallmark;
using namespace std::chrono_literals;

namespace {

const cmd::SystemClock kClock;

Result<Decision> run(const cmd::Work& work, const LoginLookup& logins = {}, std::chrono::milliseconds time = 20s) {
  return cmd::run_worker({work, {}}, logins, kClock, kClock.steady() + time);
}

// No process of ours is left, running or dead.
bool no_child_is_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("the worker's decision comes back as it was made") {
  const Decision made{Outcome::untrusted, true, false, "no signature by a trusted key", "ask the release team"};
  const auto decision = run([&](const LoginLookup&) { return made; });
  REQUIRE(decision);
  CHECK(decision->outcome == made.outcome);
  CHECK(decision->admitted);
  CHECK_FALSE(decision->enforced);
  CHECK(decision->reason == made.reason);
  CHECK(decision->hint == made.hint);
  CHECK(no_child_is_left());
}

TEST_CASE("the worker asks for logins and never sees where they come from") {
  std::string asked;
  const auto decision = run(
      [](const LoginLookup& logins) {
        const auto known = logins("registry.example", "shop/api");
        const auto unknown = logins("other.example", "x");
        const auto failed = logins("broken.example", "x");
        const bool right = known && *known && (*known)->user == "robot" &&
                           as_text((*known)->password.view()) == "pass word" && unknown && !*unknown && !failed &&
                           failed.error().kind() == Outcome::unauthorized &&
                           failed.error().message() == "helper failed" && failed.error().hint() == "try it by hand";
        return Decision{.outcome = right ? Outcome::verified : Outcome::internal, .admitted = right};
      },
      [&](const std::string& registry, const std::string& repository) -> Result<std::optional<RegistryLogin>> {
        asked += registry + " " + repository + "\n";
        if (registry == "broken.example")
          return fail(Error(Outcome::unauthorized, "helper failed").with_hint("try it by hand"));
        if (registry != "registry.example") return std::nullopt;
        RegistryLogin login;
        login.user = "robot";
        login.password = Secret::copy_of(as_bytes("pass word"));
        return login;
      });
  REQUIRE(decision);
  CHECK(decision->admitted);
  CHECK(asked == "registry.example shop/api\nother.example x\nbroken.example x\n");
}

TEST_CASE("a forbidden call ends the worker, and that is a refusal [attack 45]") {
  const auto decision = run([](const LoginLookup&) {
    ::execl("/bin/true", "true", nullptr);
    return Decision{.outcome = Outcome::verified, .admitted = true};
  });
  REQUIRE_FALSE(decision);
  CHECK(decision.error().kind() == Outcome::internal);
  CHECK_THAT(decision.error().message(), Catch::Contains("a call that it may not make"));
  CHECK(no_child_is_left());
}

TEST_CASE("a worker that is not done in time is ended [attack 44]") {
  const auto begin = kClock.steady();
  const auto decision = run(
      [](const LoginLookup&) {
        std::this_thread::sleep_for(60s);
        return Decision{.outcome = Outcome::verified, .admitted = true};
      },
      {}, 200ms);
  REQUIRE_FALSE(decision);
  CHECK(decision.error().kind() == Outcome::unreachable);
  CHECK_THAT(decision.error().message(), Catch::Contains("not verified in time"));
  CHECK(kClock.steady() - begin < 30s);
  CHECK(no_child_is_left());
}

TEST_CASE("a worker that dies without an answer is a refusal [attack 45]") {
  struct Case {
    const char* name;
    cmd::Work work;
  };
  for (const auto& [name, work] : std::vector<Case>{
           {"exit", [](const LoginLookup&) -> Decision { ::_exit(0); }},
           {"abort",
            [](const LoginLookup&) -> Decision {
              (void)std::signal(SIGABRT, SIG_DFL);  // not the test program's report
              std::abort();
            }},
           {"exception", [](const LoginLookup&) -> Decision { throw std::bad_alloc(); }},
           {"too much memory",
            [](const LoginLookup&) {
              std::vector<char> much(4ull << 30, 'x');
              return Decision{.outcome = Outcome::verified, .admitted = !much.empty()};
            }},
       }) {
    INFO(name);
    const auto decision = run(work);
    REQUIRE_FALSE(decision);
    CHECK(decision.error().kind() == Outcome::internal);
    CHECK(no_child_is_left());
  }
}

TEST_CASE("a long reason is cut, never the decision") {
  const auto decision = run([](const LoginLookup&) {
    return Decision{
        .outcome = Outcome::denied, .reason = std::string(1u << 20, 'x'), .hint = std::string(1u << 20, 'y')};
  });
  REQUIRE(decision);
  CHECK(decision->outcome == Outcome::denied);
  CHECK(decision->reason.size() == 8u << 10);
}
