#include "layout/tar.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "hallmark/layout.h"
#include "support/tar_bytes.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

const std::string kLayout = R"({"imageLayoutVersion":"1.0.0"})";
const std::string kIndex = R"({"schemaVersion":2,"manifests":[]})";
const std::string kHello = Digest::of(as_bytes("hello")).hex();

TarBytes layout_tar() {
  return TarBytes().add({"oci-layout", kLayout}).add({"index.json", kIndex}).add({"blobs/sha256/" + kHello, "hello"});
}

Descriptor hello() { return {"text/plain", *Digest::parse("sha256:" + kHello), 5}; }

Result<std::unique_ptr<ArchiveStore>> open(const TemporaryFolder& folder, std::string_view bytes) {
  return ArchiveStore::open(folder.put("a.tar", bytes), OpenMode::read, {.temp_dir = folder.path()});
}

struct Bad {
  TarEntry entry;
  std::string reason;
};

}  // namespace

TEST_CASE("archives are read as others write them") {
  const TemporaryFolder folder;
  SECTION("plain") { CHECK((*open(folder, layout_tar().text()))->blob(hello(), 5) == to_bytes("hello")); }
  SECTION("with ./ and folders") {
    const auto tar = TarBytes()
                         .add({"./", "", '5'})
                         .add({"./blobs/", "", '5'})
                         .add({"./blobs/sha256/", "", '5', "", 02755})
                         .add({"./blobs/sha256/" + kHello, "hello"})
                         .add({"./index.json", kIndex})
                         .add({"./oci-layout", kLayout})
                         .add({"./manifest.json", "[]"})
                         .add({"./repositories", "{}"});
    CHECK((*open(folder, tar.text()))->blob(hello(), 5) == to_bytes("hello"));
  }
  SECTION("packed with gzip or zstd") {
    const auto pack = GENERATE(Pack::gzip, Pack::zstd);
    CHECK((*open(folder, packed(pack, layout_tar().text())))->blob(hello(), 5) == to_bytes("hello"));
    CHECK(folder.count() == 1);
  }
  SECTION("without the two blocks at the end") {
    CHECK((*open(folder, layout_tar().unfinished()))->blob(hello(), 5) == to_bytes("hello"));
  }
  SECTION("with pax headers before an entry") {
    const std::string pax = "17 comment=hello\n";
    const auto tar = TarBytes()
                         .add({"pax", pax, 'x'})
                         .add({"oci-layout", kLayout})
                         .add({"pax", pax, 'x'})
                         .add({"index.json", kIndex})
                         .add({"pax", pax, 'x'})
                         .add({"blobs/sha256/" + kHello, "hello"});
    CHECK((*open(folder, tar.text()))->blob(hello(), 5) == to_bytes("hello"));
  }
}

TEST_CASE("hostile entries of an archive are refused and nothing is written [attack 28]") {
  const auto row = GENERATE(values<Bad>({
      {{"../evil", "x"}, "\"..\" in its path"},
      {{"blobs/../../evil", "x"}, "\"..\" in its path"},
      {{"blobs/sha256/..", "x"}, "\"..\" in its path"},
      {{"/etc/evil", "x"}, "absolute path"},
      {{"blobs/sha256", "", '2', "/tmp"}, "symbolic link"},
      {{"index.json", "", '2', "../index.json"}, "symbolic link"},
      {{"blobs/sha256/" + std::string(64, 'a'), "", '2', "../../../etc/passwd"}, "symbolic link"},
      {{"blobs/sha256/" + std::string(64, 'a'), "", '1', "oci-layout"}, "hard link"},
      {{"other", "", '1', "/etc/passwd"}, "hard link"},
      {{"dev", "", '3'}, "device"},
      {{"dev", "", '4'}, "device"},
      {{"pipe", "", '6'}, "pipe"},
      {{"program", "x", '0', "", 04755}, "setuid"},
      {{"program", "x", '0', "", 02755}, "setgid"},
      {{"index.json", kIndex}, "two entries of the name index.json"},
      {{"./index.json", kIndex}, "two entries of the name index.json"},
      {{"blobs//sha256/./" + kHello, "HELLO"}, "two entries of the name blobs/sha256/"},
      {{"blobs/sha256/x", "x"}, "no digest"},
      {{"blobs/sha256/" + std::string(64, 'A'), "x"}, "no digest"},
      {{"blobs/sha512/" + std::string(64, 'a'), "x"}, "no digest"},
      {{"blobs/sha256/a/" + std::string(62, 'a'), "x"}, "no digest"},
  }));
  CAPTURE(row.entry.name);
  const TemporaryFolder folder;
  auto tar = layout_tar().add(row.entry);
  const bool gzip = GENERATE(false, true);
  const auto store = open(folder, gzip ? packed(Pack::gzip, tar.text()) : tar.text());
  REQUIRE_FALSE(store);
  CHECK(store.error().kind() == Outcome::malformed);
  CHECK_THAT(store.error().message(), Catch::Contains(row.reason));
  CHECK(folder.count() == 1);
}

TEST_CASE("a blob whose name is not its hash is refused when it is read [attack 28]") {
  const TemporaryFolder folder;
  const auto tar =
      TarBytes().add({"oci-layout", kLayout}).add({"index.json", kIndex}).add({"blobs/sha256/" + kHello, "HELLO"});
  const auto read = (*open(folder, tar.text()))->blob(hello(), 5);
  CHECK(read.error().kind() == Outcome::malformed);
  CHECK_THAT(read.error().message(), Catch::Contains("holds other bytes"));
}

TEST_CASE("an archive that is cut off or no archive is refused") {
  const TemporaryFolder folder;
  const auto whole = TarBytes()
                         .add({"oci-layout", kLayout})
                         .add({"index.json", kIndex})
                         .add({"blobs/sha256/" + kHello, std::string(9000, 'x')})
                         .text();
  const auto refused = [&](std::string_view bytes, const std::string& reason) {
    const auto store = open(folder, bytes);
    REQUIRE_FALSE(store);
    CHECK(store.error().kind() == Outcome::malformed);
    CHECK_THAT(store.error().message(), Catch::Contains(reason));
  };
  refused(whole.substr(0, 3000), "cut off");
  refused(packed(Pack::gzip, whole.substr(0, 3000)), "archive");
  const auto gzip = packed(Pack::gzip, whole);
  refused(gzip.substr(0, gzip.size() / 2), "archive");
  refused("", "archive");
  refused("hello", "no tar archive");
  refused(std::string(4096, '\0'), "no oci-layout");
  refused(TarBytes().add({"oci-layout", kLayout}).text(), "no index.json");
  refused(TarBytes().add({"index.json", kIndex}).text(), "no oci-layout");
  refused(TarBytes().add({"oci-layout", R"({"imageLayoutVersion":"9"})"}).add({"index.json", kIndex}).text(),
          "layout version 9");
  refused(TarBytes().add({"oci-layout", std::string(5000, ' ')}).add({"index.json", kIndex}).text(), "at most 4096");
}

TEST_CASE("an archive of docker save without an index is told apart") {
  const TemporaryFolder folder;
  const auto store = open(folder, TarBytes().add({"manifest.json", "[]"}).add({"abc/layer.tar", "x"}).text());
  REQUIRE_FALSE(store);
  CHECK_THAT(store.error().message(), Catch::Contains("docker save"));
  CHECK_THAT(store.error().hint(), Catch::Contains("OCI archive"));
}

TEST_CASE("bombs are refused at the limit, fast [attack 25]") {
  const TemporaryFolder folder;
  const auto refused = [&](std::string_view bytes, const std::string& reason) {
    const auto store = open(folder, bytes);
    REQUIRE_FALSE(store);
    CHECK(store.error().kind() == Outcome::malformed);
    CHECK_THAT(store.error().message(), Catch::Contains(reason));
    CHECK(folder.count() == 1);
  };
  // A blob of 80 MiB of zeros, packed.
  const auto bomb = [](Pack pack) {
    Packer packer(pack);
    constexpr std::size_t kSize = 80U << 20;
    packer.add(layout_tar().unfinished());
    packer.add(TarBytes().add({"blobs/sha256/" + std::string(64, 'a')}, kSize).unfinished());
    const std::string zeros(1U << 20, '\0');
    for (std::size_t done = 0; done < kSize; done += zeros.size()) packer.add(zeros);
    return packer.finish();
  };
  SECTION("by ratio, gzip") { refused(bomb(Pack::gzip), "times its size"); }
  SECTION("by ratio, zstd") { refused(bomb(Pack::zstd), "times its size"); }
  SECTION("by what is no blob") {
    refused(layout_tar().add({"extra", ""}, 65U << 20).text(), "64 MiB beside its blobs");
  }
  SECTION("by the total that is declared") {
    // Octal of eleven digits: 8 GiB less a byte for each.
    auto tar = layout_tar();
    for (int i = 0; i < 9; ++i) {
      tar.add({"blobs/sha256/" + std::string(63, 'a') + std::to_string(i)}, (8ULL << 30) - 1);
    }
    const auto store = open(folder, tar.text());
    REQUIRE_FALSE(store);
    CHECK(store.error().kind() == Outcome::malformed);
  }
  SECTION("by packing twice") {
    refused(packed(Pack::gzip, packed(Pack::gzip, layout_tar().text())), "more than once");
  }
  SECTION("by the number of entries") {
    auto tar = layout_tar();
    std::string many = tar.unfinished();
    for (std::size_t i = 0; i < limits::archive_entries; ++i) {
      many += TarBytes().add({"f" + std::to_string(i)}).unfinished();
    }
    refused(packed(Pack::zstd, many), "more than 100000 entries");
  }
}
