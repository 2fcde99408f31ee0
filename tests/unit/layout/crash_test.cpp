// Writers that are killed, and writers at the same time: each in a process of its own.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "base/try.h"
#include "hallmark/layout.h"
#include "oci/image_walk.h"
#include "support/image_maker.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

// Runs `work` in a child; its end is the exit code.
template <class Work>
pid_t in_child(Work work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = 1;
  try {
    work();
    code = 0;
  } catch (...) {
  }
  ::_exit(code);
}

int exit_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Everything that is listed is there and whole.
void check_sound(const std::filesystem::path& path) {
  const auto store = open_layout(path, OpenMode::read);
  REQUIRE(store);
  const auto tags = (*store)->tags();
  REQUIRE(tags);
  for (const auto& tag : *tags) {
    CAPTURE(tag);
    const auto image = (*store)->manifest(tag);
    REQUIRE(image);
    CHECK(oci::check_content(**store, image->descriptor.digest));
    CHECK_FALSE(must((*store)->referrers(image->descriptor.digest, "")).incomplete);
  }
}

}  // namespace

TEST_CASE("a writer killed at any instant leaves the layout as before or after") {
  const TemporaryFolder folder;
  const auto path = folder / "l";
  std::mt19937 random(20261122);  // the same instants every time, as far as the scheduler lets them be
  std::size_t most = 0;
  for (int round = 0; round < 50; ++round) {
    // The clock runs from the child's first step, however busy the machine is.
    int started[2] = {-1, -1};
    REQUIRE(::pipe(started) == 0);
    const pid_t child = in_child([&] {
      if (::write(started[1], "x", 1) != 1) return;
      for (int i = round;; ++i) {
        const auto store = must(open_layout(path, OpenMode::write));
        const auto word = std::to_string(round) + "-" + std::to_string(i % 5);
        const auto image = put_image(*store, word, "t" + std::to_string(i % 7));
        must(store->attach(note_on(*store, image, word), image));
      }
    });
    char byte = 0;
    CHECK(::read(started[0], &byte, 1) == 1);
    ::close(started[0]);
    ::close(started[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(child, SIGKILL);
    exit_of(child);
    if (!std::filesystem::exists(path / "oci-layout")) continue;  // killed while it was made: no layout yet
    check_sound(path);
    most = std::max(most, must(must(open_layout(path, OpenMode::read))->tags()).size());
  }
  CHECK(most > 0);  // some rounds did get to the end of a write
  // What killed writers left is swept by the next one.
  must(open_layout(path, OpenMode::write));
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".hallmark-"));
  }
}

TEST_CASE("sixteen writers at once lose nothing") {
  constexpr int kWriters = 16;
  const TemporaryFolder folder;
  const auto path = folder / "l";
  const auto image = put_image(*must(open_layout(path, OpenMode::write)), "amd64", "1");
  const auto signatures = image.digest.tag() + ".sig";
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    children.push_back(in_child([&, i] {
      const auto store = must(open_layout(path, OpenMode::write));
      const auto word = std::to_string(i);
      must(store->attach(note_on(*store, image, word), image));
      put_image(*store, word, "tag" + word);
      must(store->edit_tag(signatures, [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
        auto manifest = current ? must(oci::Manifest::parse(*current)) : image_of(*store, "signatures");
        manifest.layers.push_back(put_text(*store, "text/plain", "signature " + word));
        return TagEdit{std::string(oci::media_type::kManifest), to_bytes(manifest.to_json())};
      }));
    }));
  }
  for (const pid_t child : children) CHECK(exit_of(child) == 0);
  const auto store = must(open_layout(path, OpenMode::read));
  CHECK(must(store->referrers(image.digest, "")).descriptors.size() == kWriters);
  CHECK(must(oci::Manifest::parse(must(store->manifest(signatures)))).layers.size() == kWriters + 1);
  CHECK(must(store->tags()).size() == kWriters + 2);
  check_sound(path);
}

TEST_CASE("writers of one archive take turns and lose nothing") {
  constexpr int kWriters = 8;
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    children.push_back(in_child([&, i] {
      const auto store = must(ArchiveStore::open(file, OpenMode::write));
      put_image(*store, std::to_string(i), "tag" + std::to_string(i));
      must(store->finish());
    }));
  }
  for (const pid_t child : children) CHECK(exit_of(child) == 0);
  CHECK(must(must(ArchiveStore::open(file, OpenMode::read))->tags()).size() == kWriters);
  CHECK(folder.count() == 1);  // neither locks nor folders are left
}

TEST_CASE("a writer of an archive killed at any instant leaves it as before or after") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  {
    const auto store = must(ArchiveStore::open(file, OpenMode::write));
    put_image(*store, "amd64", "1");
    must(store->finish());
  }
  std::mt19937 random(20261122);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = in_child([&] {
      for (int i = 0;; ++i) {
        const auto store = must(ArchiveStore::open(file, OpenMode::write));
        put_image(*store, std::to_string(i), "t" + std::to_string(i % 3));
        must(store->finish());
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 20'000));
    ::kill(child, SIGKILL);
    exit_of(child);
    const auto store = ArchiveStore::open(file, OpenMode::read);
    REQUIRE(store);
    const auto found = must((*store)->tags());
    for (const auto& tag : found) {
      CHECK(oci::check_content(**store, must((*store)->resolve(tag)).digest));
    }
  }
  must(must(ArchiveStore::open(file, OpenMode::write))->finish());
  CHECK(folder.count() == 1);
}

TEST_CASE("a writer of an archive killed while it collects leaves an empty lock file, and no content") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  int ready[2] = {-1, -1};
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = in_child([&] {
    const auto store = must(ArchiveStore::open(file, OpenMode::write));
    put_image(*store, "amd64", "1");
    if (::write(ready[1], "x", 1) == 1) ::pause();
  });
  char byte = 0;
  CHECK(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  ::close(ready[1]);
  ::kill(child, SIGKILL);
  exit_of(child);
  CHECK(folder.count() == 1);
  CHECK(std::filesystem::file_size(folder / "a.tar.lock") == 0);
  must(must(ArchiveStore::open(file, OpenMode::write))->finish());
  CHECK(folder.count() == 1);  // the archive
}
