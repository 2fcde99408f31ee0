// 32 processes write at once; every write that was reported done is there afterwards.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "unit/registry/docker_registry.h"
#include "unit/registry/fixture.h"
#include "unit/registry/writers.h"

using namespace hallmark;
using test::content_of;
using test::DockerRegistry;
using test::manifest_text;
using test::repository;

namespace {

constexpr int kWriters = 32;
constexpr auto* kTag = "sha256-aa.sig";

struct Machines {
  std::string name;
  int count;  // each with locks of its own; 0: no locks at all
};

std::unique_ptr<ContentStore> open(RegistryClient& client, const std::string& registry) {
  return client.open(*Repository::parse(registry + "/shop/api"));
}

// Forks the writers and lets them all start at one instant. How many said that they are done.
int run(const std::string& registry, const Machines& machines, const std::filesystem::path& folder,
        const std::function<Result<Descriptor>(ContentStore&, int)>& write) {
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<::pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const ::pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::close(gate[1]);
      char byte = 0;
      (void)!::read(gate[0], &byte, 1);
      RegistryOptions options;
      options.timeout = std::chrono::seconds(60);
      if (machines.count > 0) options.lock_dir = folder / ("machine" + std::to_string(i % machines.count));
      auto client = RegistryClient::create(options, test::kClock);
      const auto written = client ? write(*open(**client, registry), i) : Result<Descriptor>(fail(client.error()));
      if (!written) std::cerr << "writer " << i << ": " << written.error().message() << "\n";
      ::_exit(written ? 0 : 1);
    }
    children.push_back(pid);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  int done = 0;
  for (const ::pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    done += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  return done;
}

Machines machines() {
  return GENERATE(values<Machines>({{"one machine", 1}, {"two machines", 2}, {"32 machines", 0}}));
}

}  // namespace

TEST_CASE("32 processes edit one tag on docker-registry at once and none is lost [attack 50]") {
  if (!DockerRegistry::installed()) {
    WARN("SKIPPED: docker-registry is not installed");
    return;
  }
  const DockerRegistry registry;
  const test::TemporaryFolder folder;
  const auto setting = machines();
  {
    const auto client = RegistryClient::create({}, test::kClock);
    REQUIRE(open(**client, registry.authority())->put_blob({"a/b", Digest::of(as_bytes("{}")), 2}, as_bytes("{}")));
  }
  const int done = run(registry.authority(), setting, folder.path(), [](ContentStore& store, int i) {
    return store.edit_tag(kTag, test::adding("w" + std::to_string(i)));
  });
  const auto client = RegistryClient::create({}, test::kClock);
  const auto now = open(**client, registry.authority())->manifest(kTag);
  REQUIRE(now);
  const auto there = test::writers_in(as_text(now->bytes)).size();
  std::cerr << "tag, " << setting.name << ": " << done << " of " << kWriters << " done, " << there << " there\n";
  CHECK(done == kWriters);
  CHECK(there == kWriters);
}

TEST_CASE("32 processes attach to one image on docker-registry at once and none is lost [attack 50]") {
  if (!DockerRegistry::installed()) {
    WARN("SKIPPED: docker-registry is not installed");
    return;
  }
  const DockerRegistry registry;
  const test::TemporaryFolder folder;
  const auto setting = machines();
  const auto image = content_of(manifest_text("image"));
  {
    const auto client = RegistryClient::create({}, test::kClock);
    const auto store = open(**client, registry.authority());
    REQUIRE(store->put_blob({"a/b", Digest::of(as_bytes("{}")), 2}, as_bytes("{}")));
    REQUIRE(store->put_manifest(image.descriptor.media_type, image.bytes, "1.4"));
  }
  const int done = run(registry.authority(), setting, folder.path(), [&](ContentStore& store, int i) {
    const auto sig = content_of(manifest_text("w" + std::to_string(i), image.descriptor.digest.text()));
    return store.attach(sig, image.descriptor);
  });
  const auto client = RegistryClient::create({}, test::kClock);
  const auto found = open(**client, registry.authority())->referrers(image.descriptor.digest, "");
  REQUIRE(found);
  std::cerr << "attach, " << setting.name << ": " << done << " of " << kWriters << " done, "
            << found->descriptors.size() << " there\n";
  CHECK(done == kWriters);
  CHECK(found->descriptors.size() == kWriters);
}
