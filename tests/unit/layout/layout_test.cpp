#include "hallmark/layout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "oci/image_walk.h"
#include "support/image_maker.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;

namespace {

std::unique_ptr<LayoutStore> writer(const std::filesystem::path& path) {
  return must(open_layout(path, OpenMode::write));
}
std::unique_ptr<LayoutStore> reader(const std::filesystem::path& path) {
  return must(open_layout(path, OpenMode::read));
}
std::filesystem::path blob_path(const std::filesystem::path& layout, const Digest& digest) {
  return layout / "blobs" / std::string(digest.algorithm_name()) / digest.hex();
}

struct Bad {
  std::string file;
  std::string content;
  std::string reason;
};

}  // namespace

TEST_CASE("an image written to a layout is read back by tag and by digest") {
  const TemporaryFolder folder;
  const auto path = folder / "image";
  const auto image = put_image(*writer(path), "amd64", "1.4");
  const auto store = reader(path);
  CHECK(store->name() == "oci:" + path.string());
  CHECK(must(store->resolve("1.4")).digest == image.digest);
  CHECK(must(store->manifest("1.4")).descriptor.digest == image.digest);
  CHECK(must(store->manifest(image.digest)).descriptor.media_type == oci::media_type::kManifest);
  CHECK(must(store->has_manifest(image.digest)));
  CHECK(must(store->tags()) == std::vector<std::string>{"1.4"});
  CHECK(must(store->only_image()).digest == image.digest);
  CHECK(oci::check_content(*store, image.digest));
  CHECK(text_of(path / "oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
}

TEST_CASE("digests of every registered algorithm have their own folder") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha384, DigestAlgorithm::sha512}) {
    const Descriptor blob{"text/plain", Digest::of(as_bytes("x"), algorithm), 1};
    CHECK_FALSE(must(store->has_blob(blob)));
    REQUIRE(store->put_blob(blob, as_bytes("x")));
    CHECK(must(store->has_blob(blob)));
    CHECK(must(store->blob(blob, 1)) == to_bytes("x"));
    CHECK(std::filesystem::exists(blob_path(folder / "l", blob.digest)));
  }
}

TEST_CASE("a tag moves, and names only the newest") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto first = put_image(*store, "amd64", "latest");
  const auto second = put_image(*store, "arm64", "latest");
  CHECK(must(store->resolve("latest")).digest == second.digest);
  CHECK(must(store->tags()).size() == 1);
  CHECK(must(store->has_manifest(first.digest)));
}

TEST_CASE("an index takes its children off the list of images") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto amd = put_image(*store, "amd64");
  const auto arm = put_image(*store, "arm64");
  CHECK(store->only_image().error().kind() == Outcome::usage);
  const auto index = put_index(*store, {amd, arm});
  CHECK(must(store->only_image()).digest == index.digest);
  put_index(*store, {amd, arm}, "1");
  CHECK(must(store->only_image()).digest == index.digest);
  CHECK(must(oci::walk_image(*store, index.digest)).size() == 3);
}

TEST_CASE("the only image is not asked of a layout that holds none or several") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  CHECK_THAT(store->only_image().error().message(), Catch::Contains("holds no image"));
  put_image(*store, "amd64", "a");
  const auto second = put_image(*store, "arm64", "b");
  const auto several = store->only_image();
  CHECK_THAT(several.error().message(), Catch::Contains("holds 2 images; its tags are: a, b"));
  CHECK_THAT(several.error().hint(), Catch::Contains(":TAG"));
}

TEST_CASE("signatures beside an image do not hide which image is meant") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto image = put_image(*store, "amd64", "1");
  put_image(*store, "sig", image.digest.tag() + ".sig");
  must(store->attach(note_on(*store, image, "a"), image));
  CHECK(must(store->only_image()).digest == image.digest);
  CHECK_THAT(store->resolve("2").error().message(), Catch::Contains("there are: 1") && !Catch::Contains(".sig"));
}

TEST_CASE("what refers to an image is found by its subject") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto image = put_image(*store, "amd64", "1");
  const auto other = put_image(*store, "arm64", "2");
  CHECK(must(store->referrers(image.digest, "")).descriptors.empty());
  const auto note = note_on(*store, image, "a");
  const auto attached = must(store->attach(note, image));
  CHECK(attached.artifact_type == kNoteType);
  const auto found = must(reader(folder / "l")->referrers(image.digest, ""));
  REQUIRE(found.descriptors.size() == 1);
  CHECK(found.descriptors[0].digest == note.descriptor.digest);
  CHECK(found.descriptors[0].artifact_type == kNoteType);
  CHECK(found.descriptors[0].annotations.at("word") == "a");
  CHECK_FALSE(found.incomplete);
  CHECK(must(store->referrers(other.digest, "")).descriptors.empty());
  CHECK(must(store->tags()) == std::vector<std::string>{"1", "2"});
  // The same again changes nothing.
  must(store->attach(note, image));
  CHECK(must(store->referrers(image.digest, "")).descriptors.size() == 1);
}

TEST_CASE("a referrer that names another subject is not attached") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto image = put_image(*store, "amd64", "1");
  const auto other = put_image(*store, "arm64", "2");
  CHECK_THAT(store->attach(note_on(*store, image, "a"), other).error().message(), Catch::Contains("does not refer to"));
}

TEST_CASE("referrers in the fallback tag are found, and stay found when it is rewritten") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto image = put_image(*store, "amd64", "1");
  const auto listed = must(store->attach(note_on(*store, image, "listed"), image));
  // A manifest that only the fallback tag lists: its blob is there, index.json does not name it.
  const auto hidden = note_on(*store, image, "hidden");
  REQUIRE(store->put_blob(hidden.descriptor, hidden.bytes));
  put_index(*store, {hidden.descriptor, listed}, image.digest.tag());
  const auto found = must(store->referrers(image.digest, ""));
  CHECK(found.descriptors.size() == 2);
}

TEST_CASE("a referrer that cannot be read makes the listing incomplete") {
  const TemporaryFolder folder;
  const auto image = put_image(*writer(folder / "l"), "amd64", "1");
  const auto note = note_on(*writer(folder / "l"), image, "a");
  must(writer(folder / "l")->attach(note, image));
  const auto file = blob_path(folder / "l", note.descriptor.digest);
  SECTION("missing") { std::filesystem::remove(file); }
  SECTION("changed") { folder.put("l/blobs/sha256/" + note.descriptor.digest.hex(), "{}"); }
  const auto found = must(reader(folder / "l")->referrers(image.digest, ""));
  CHECK(found.descriptors.empty());
  CHECK(found.incomplete);
}

TEST_CASE("a layout whose manifests are too much to look through says so [attack 20]") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto image = put_image(*store, "amd64", "1");
  must(store->attach(note_on(*store, image, "first"), image));
  for (int i = 0; i < 17; ++i) {
    std::string text = image_of(*store, "filler" + std::to_string(i)).to_json();
    text.resize(limits::manifest_bytes, ' ');
    must(store->put_manifest(oci::media_type::kManifest, as_bytes(text), std::nullopt));
  }
  const auto found = must(reader(folder / "l")->referrers(image.digest, ""));
  CHECK(found.descriptors.size() == 1);
  REQUIRE(found.incomplete);
  CHECK(found.incomplete->kind() == Outcome::malformed);
  CHECK_THAT(found.incomplete->message(), Catch::Contains("take more than 64 MiB together"));
}

TEST_CASE("a tag is edited on what it holds") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  const auto first = store->edit_tag("t", [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    CHECK_FALSE(current);
    return TagEdit{std::string(oci::media_type::kManifest), to_bytes(image_of(*store, "amd64").to_json())};
  });
  REQUIRE(first);
  const auto same = store->edit_tag("t", [&](const std::optional<Content>& current) -> Result<std::optional<TagEdit>> {
    CHECK(current->descriptor.digest == first->digest);
    return std::nullopt;
  });
  CHECK(same->digest == first->digest);
  const auto refused = store->edit_tag("t", [](const auto&) -> Result<std::optional<TagEdit>> {
    return fail(Outcome::malformed, "not what was expected");
  });
  CHECK(refused.error().message() == "not what was expected");
  CHECK(must(store->resolve("t")).digest == first->digest);
}

TEST_CASE("a layout opened for reading is not written") {
  const TemporaryFolder folder;
  const auto image = put_image(*writer(folder / "l"), "amd64", "1");
  const auto store = reader(folder / "l");
  const Descriptor blob{"text/plain", Digest::of(as_bytes("x")), 1};
  CHECK(store->put_blob(blob, as_bytes("x")).error().kind() == Outcome::usage);
  CHECK(store->put_manifest(oci::media_type::kManifest, as_bytes("{}"), {}).error().kind() == Outcome::usage);
  CHECK(store->edit_tag("1", [](const auto&) { return std::nullopt; }).error().kind() == Outcome::usage);
}

TEST_CASE("what is missing is not found") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  put_image(*store, "amd64", "1");
  const Descriptor nothing{"text/plain", Digest::of(as_bytes("nothing")), 7};
  CHECK(store->manifest("2").error().kind() == Outcome::not_found);
  CHECK_THAT(store->manifest("2").error().message(), Catch::Contains("no such tag: 2; there are: 1"));
  CHECK(store->manifest(nothing.digest).error().kind() == Outcome::not_found);
  CHECK(store->blob(nothing, 7).error().kind() == Outcome::not_found);
  CHECK_FALSE(must(store->has_blob(nothing)));
}

TEST_CASE("a folder that is no layout is refused with its reason") {
  const TemporaryFolder folder;
  SECTION("missing") {
    const auto store = open_layout(folder / "none", OpenMode::read);
    CHECK(store.error().kind() == Outcome::not_found);
    CHECK_THAT(store.error().message(), Catch::Contains("no such directory"));
  }
  SECTION("a file") {
    const auto store = open_layout(folder.put("file", "x"), OpenMode::read);
    CHECK(store.error().kind() == Outcome::malformed);
    CHECK_THAT(store.error().hint(), Catch::Contains("oci-archive:"));
  }
  SECTION("without its marker") {
    folder.put("l/index.json", "{}");
    CHECK_THAT(open_layout(folder / "l", OpenMode::read).error().message(), Catch::Contains("no file oci-layout"));
  }
  SECTION("somebody's folder is not written into") {
    folder.put("l/letter.txt", "dear");
    const auto store = open_layout(folder / "l", OpenMode::write);
    CHECK(store.error().kind() == Outcome::usage);
    CHECK_THAT(store.error().message(), Catch::Contains("not empty"));
    CHECK_FALSE(std::filesystem::exists(folder / "l/oci-layout"));
  }
  SECTION("broken files") {
    const auto row = GENERATE(values<Bad>({
        {"oci-layout", "{}", "imageLayoutVersion"},
        {"oci-layout", "", "oci-layout"},
        {"oci-layout", R"({"imageLayoutVersion":"2.0.0"})", "layout version 2.0.0"},
        {"oci-layout", std::string(5000, ' '), "at most 4096"},
        {"index.json", "", "index.json"},
        {"index.json", R"({"schemaVersion":1,"manifests":[]})", "schema 1"},
        {"index.json", R"({"schemaVersion":2,"manifests":[],"layers":[]})", "has both"},
        {"index.json", R"({"schemaVersion":2,"manifests":[{"digest":"sha256:../../x"}]})", "manifests[0]"},
    }));
    writer(folder / "l");
    folder.put("l/" + row.file, row.content);
    auto store = open_layout(folder / "l", OpenMode::read);
    const auto error = store ? (*store)->tags().error() : store.error();
    CHECK(error.kind() == Outcome::malformed);
    CHECK_THAT(error.message(), Catch::Contains(row.reason));
  }
  SECTION("without index.json") {
    writer(folder / "l");
    std::filesystem::remove(folder / "l/index.json");
    CHECK_THAT(reader(folder / "l")->tags().error().message(), Catch::Contains("has no index.json"));
  }
}

TEST_CASE("links and special files in a layout are not followed [attack 28]") {
  const TemporaryFolder folder;
  const auto path = folder / "l";
  const auto image = put_image(*writer(path), "amd64", "1");
  const auto file = blob_path(path, image.digest);
  const auto outside = folder.put("outside", text_of(file));

  SECTION("a blob that is a symbolic link") {
    std::filesystem::remove(file);
    std::filesystem::create_symlink(outside, file);
    const auto read = reader(path)->manifest(image.digest);
    CHECK(read.error().kind() == Outcome::malformed);
    CHECK_THAT(read.error().message(), Catch::Contains("symbolic link"));
  }
  SECTION("a blob that is a pipe") {
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK_THAT(reader(path)->manifest(image.digest).error().message(), Catch::Contains("not a regular file"));
  }
  SECTION("a blob that is a folder") {
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    CHECK_THAT(reader(path)->manifest(image.digest).error().message(), Catch::Contains("not a regular file"));
  }
  SECTION("a linked folder of blobs: nothing is read or written through it") {
    const auto elsewhere = folder / "elsewhere";
    std::filesystem::rename(path / "blobs/sha256", elsewhere);
    std::filesystem::create_symlink(elsewhere, path / "blobs/sha256");
    CHECK_THAT(reader(path)->manifest(image.digest).error().message(), Catch::Contains("not followed"));
    const Descriptor blob{"text/plain", Digest::of(as_bytes("x")), 1};
    CHECK(writer(path)->put_blob(blob, as_bytes("x")).error().kind() == Outcome::malformed);
    CHECK_FALSE(std::filesystem::exists(elsewhere / blob.digest.hex()));
  }
  SECTION("a linked index.json") {
    std::filesystem::rename(path / "index.json", folder / "index.json");
    std::filesystem::create_symlink(folder / "index.json", path / "index.json");
    CHECK_THAT(reader(path)->tags().error().message(), Catch::Contains("symbolic link"));
  }
  SECTION("writing over a linked blob replaces the link and leaves its target alone") {
    const auto target = folder.put("target", "precious");
    const Descriptor blob{"text/plain", Digest::of(as_bytes("hello")), 5};
    std::filesystem::create_symlink(target, blob_path(path, blob.digest));
    CHECK_FALSE(writer(path)->put_blob(blob, as_bytes("hello")));
    CHECK(text_of(target) == "precious");
  }
}

TEST_CASE("a changed or cut blob of a layout is malformed [attack 28]") {
  const TemporaryFolder folder;
  const auto path = folder / "l";
  const auto image = put_image(*writer(path), "amd64", "1");
  const auto layer = Digest::of(as_bytes("layer of amd64"));
  const auto* bytes = GENERATE("LAYER of amd64", "layer of", "layer of amd64 and more");
  folder.put("l/blobs/sha256/" + layer.hex(), bytes);
  CHECK(oci::check_content(*reader(path), image.digest).error().kind() == Outcome::malformed);
}

TEST_CASE("a blob that holds other bytes of the same size is not there, and is replaced [attack 28]") {
  const TemporaryFolder folder;
  const auto path = folder / "l";
  const auto image = put_image(*writer(path), "amd64", "1");
  const Descriptor layer{"", Digest::of(as_bytes("layer of amd64")), 14};
  const auto store = writer(path);
  SECTION("a layer") {
    folder.put("l/blobs/sha256/" + layer.digest.hex(), "LAYER of amd64");
    CHECK_FALSE(must(store->has_blob(layer)));
    must(store->put_blob(layer, as_bytes("layer of amd64")));
  }
  SECTION("a manifest") {
    const auto text = text_of(blob_path(path, image.digest));
    folder.put("l/blobs/sha256/" + image.digest.hex(), std::string(text.size(), ' '));
    CHECK_THAT(store->manifest("1").error().message(), Catch::Contains("but its bytes are"));
    must(store->put_manifest(oci::media_type::kManifest, as_bytes(text), "1"));
  }
  CHECK(must(store->has_blob(layer)));
  CHECK(must(store->manifest("1")).descriptor.digest == image.digest);
  CHECK(oci::check_content(*store, image.digest));
}

TEST_CASE("a blob that is whole is not written again") {
  const TemporaryFolder folder;
  const auto store = writer(folder / "l");
  put_image(*store, "amd64", "1");
  const Descriptor layer{"", Digest::of(as_bytes("layer of amd64")), 14};
  const auto number = [&] {
    struct ::stat status{};
    REQUIRE(::stat(blob_path(folder / "l", layer.digest).c_str(), &status) == 0);
    return status.st_ino;
  };
  const auto before = number();
  must(store->put_blob(layer, as_bytes("layer of amd64")));
  CHECK(number() == before);
}

TEST_CASE("a blob that is not what its descriptor says is not written") {
  const TemporaryFolder folder;
  struct Liar final : BlobSource {
    std::string text;
    explicit Liar(std::string t) : text(std::move(t)) {}
    std::uint64_t size() const override { return text.size(); }
    Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
      const auto rest = std::string_view(text).substr(std::min<std::size_t>(offset, text.size()));
      const auto count = std::min(rest.size(), into.size());
      std::copy_n(rest.begin(), count, into.begin());
      return count;
    }
  };
  const auto store = writer(folder / "l");
  const Descriptor blob{"text/plain", Digest::of(as_bytes("hello")), 5};
  for (const std::string text : {"hellO", "hell", "hello!", ""}) {
    Liar liar(text);
    CHECK(store->put_blob(blob, liar).error().kind() == Outcome::malformed);
    CHECK_FALSE(must(store->has_blob(blob)));
  }
  // No temporary file stays behind.
  for (const auto& entry : std::filesystem::directory_iterator(folder / "l")) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".hallmark-"));
  }
}
