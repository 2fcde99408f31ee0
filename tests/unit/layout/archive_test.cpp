#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "hallmark/layout.h"
#include "oci/image_walk.h"
#include "support/image_maker.h"
#include "support/tar_bytes.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

std::unique_ptr<ArchiveStore> open(const std::filesystem::path& file, OpenMode mode) {
  return must(ArchiveStore::open(file, mode));
}

Descriptor write_image(const std::filesystem::path& file, std::string_view word, const std::string& tag) {
  const auto store = open(file, OpenMode::write);
  const auto image = put_image(*store, word, tag);
  must(store->attach(note_on(*store, image, word), image));
  must(store->finish());
  return image;
}

}  // namespace

TEST_CASE("an image written to an archive is read back, packed or not") {
  const TemporaryFolder folder;
  const auto* name = GENERATE("a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "archive");
  CAPTURE(name);
  const auto file = folder / name;
  const auto image = write_image(file, "amd64", "1.4");
  const auto store = open(file, OpenMode::read);
  CHECK(store->name() == "oci-archive:" + file.string());
  CHECK(must(store->manifest("1.4")).descriptor.digest == image.digest);
  CHECK(must(store->only_image()).digest == image.digest);
  CHECK(must(store->referrers(image.digest, "")).descriptors.size() == 1);
  CHECK(oci::check_content(*store, image.digest));
  CHECK(folder.count() == 1);
}

TEST_CASE("the suffix of an archive decides how it is packed") {
  const TemporaryFolder folder;
  write_image(folder / "a.tar", "amd64", "1");
  write_image(folder / "a.tar.gz", "amd64", "1");
  write_image(folder / "a.tar.zst", "amd64", "1");
  CHECK_THAT(text_of(folder / "a.tar"), Catch::StartsWith("blobs/"));
  CHECK_THAT(text_of(folder / "a.tar.gz"), Catch::StartsWith("\x1f\x8b"));
  CHECK_THAT(text_of(folder / "a.tar.zst"), Catch::StartsWith("\x28\xb5\x2f\xfd"));
}

TEST_CASE("the same content gives the same archive") {
  const TemporaryFolder folder;
  const std::string suffix = GENERATE(".tar", ".tar.gz", ".tar.zst");
  for (const std::string name : {"a", "b"}) write_image(folder / (name + suffix), "amd64", "1");
  CHECK(text_of(folder / ("a" + suffix)) == text_of(folder / ("b" + suffix)));
}

TEST_CASE("an archive is added to") {
  const TemporaryFolder folder;
  const auto* name = GENERATE("a.tar", "a.tar.gz");
  const auto file = folder / name;
  const auto first = write_image(file, "amd64", "1");
  const auto second = write_image(file, "arm64", "2");
  const auto store = open(file, OpenMode::read);
  CHECK(must(store->resolve("1")).digest == first.digest);
  CHECK(must(store->resolve("2")).digest == second.digest);
  CHECK(oci::check_content(*store, first.digest));
  CHECK(oci::check_content(*store, second.digest));
  CHECK(must(store->referrers(first.digest, "")).descriptors.size() == 1);
}

TEST_CASE("without finish an archive stays as it was") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  {
    const auto store = open(file, OpenMode::write);
    put_image(*store, "amd64", "1");
  }
  CHECK(folder.count() == 0);
  write_image(file, "amd64", "1");
  const auto before = text_of(file);
  {
    const auto store = open(file, OpenMode::write);
    put_image(*store, "arm64", "1");
    // What is new is seen by its writer already.
    CHECK(must(store->tags()).size() == 1);
  }
  CHECK(text_of(file) == before);
  CHECK(folder.count() == 1);
}

TEST_CASE("an archive being read is not disturbed by one that replaces it") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  const auto first = write_image(file, "amd64", "1");
  const auto old = open(file, OpenMode::read);
  write_image(file, "arm64", "1");
  CHECK(must(old->resolve("1")).digest == first.digest);
  CHECK(oci::check_content(*old, first.digest));
}

TEST_CASE("an archive opened for reading is not written") {
  const TemporaryFolder folder;
  write_image(folder / "a.tar", "amd64", "1");
  const auto store = open(folder / "a.tar", OpenMode::read);
  CHECK(store->finish().error().kind() == Outcome::usage);
  CHECK(store->edit_tag("1", [](const auto&) { return std::nullopt; }).error().kind() == Outcome::usage);
}

TEST_CASE("a file that is no archive is not overwritten") {
  const TemporaryFolder folder;
  const auto file = folder.put("letter.tar", "dear reader, this is no archive");
  CHECK(ArchiveStore::open(file, OpenMode::write).error().kind() == Outcome::malformed);
  CHECK(text_of(file) == "dear reader, this is no archive");
  CHECK(ArchiveStore::open(folder / "none.tar", OpenMode::read).error().kind() == Outcome::not_found);
  CHECK_THAT(ArchiveStore::open(folder.path(), OpenMode::read).error().message(),
             Catch::Contains("not a regular file"));
  CHECK(ArchiveStore::open(folder / "no/such/a.tar", OpenMode::write).error().kind() == Outcome::usage);
}

TEST_CASE("blobs of an archive are collected side by side, and a broken one takes nothing from the others") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  const auto store = open(file, OpenMode::write);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        const std::string text(static_cast<std::size_t>(1000 + 37 * k), static_cast<char>('a' + i));
        put_text(*store, "text/plain", text);
        struct Liar final : BlobSource {
          [[nodiscard]] std::uint64_t size() const override { return INT64_MAX; }
          Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
            if (offset > 0) return 0;
            std::ranges::fill(into, std::uint8_t{'!'});
            return into.size();
          }
        } liar;
        const Descriptor promised{"text/plain", Digest::of(as_bytes(text + "!")), INT64_MAX};
        if (static_cast<ContentStore&>(*store).put_blob(promised, liar)) std::abort();
      }
    });
  }
  threads.clear();
  put_image(*store, "amd64", "1");
  must(store->finish());
  const auto written = open(file, OpenMode::read);
  for (int i = 0; i < 8; ++i) {
    for (int k = 0; k < 20; ++k) {
      const std::string text(static_cast<std::size_t>(1000 + 37 * k), static_cast<char>('a' + i));
      const Descriptor blob{"text/plain", Digest::of(as_bytes(text)), text.size()};
      CHECK(must(written->blob(blob, 10'000)) == to_bytes(text));
    }
  }
  CHECK(std::filesystem::file_size(file) < 1'000'000);
}

TEST_CASE("a blob of an archive that holds other bytes of the same size is replaced [attack 28]") {
  const TemporaryFolder folder;
  const auto file = folder / "a.tar";
  const Descriptor layer{"", Digest::of(as_bytes("layer of amd64")), 14};
  folder.put("a.tar", TarBytes()
                          .add({"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"})
                          .add({"index.json", R"({"schemaVersion":2,"manifests":[]})"})
                          .add({"blobs/sha256/" + layer.digest.hex(), "LAYER of amd64"})
                          .text());
  const auto store = open(file, OpenMode::write);
  CHECK_FALSE(must(store->has_blob(layer)));
  const auto image = put_image(*store, "amd64", "1");
  CHECK(must(store->has_blob(layer)));
  must(store->finish());
  CHECK(oci::check_content(*open(file, OpenMode::read), image.digest));
}
