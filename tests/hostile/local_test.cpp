// Layouts and archives that were made to cost: the program's answer comes within 10 seconds and 256 MiB.
#include <catch2/catch.hpp>
#include <map>

#include "hallmark/outcome.h"
#include "hostile/bounds.h"
#include "hostile/stage.h"
#include "support/tar_bytes.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using namespace std::chrono_literals;

namespace {

// A layout as text: entries of index.json, and blobs by their digest.
class Layout {
 public:
  std::string entry_of(const std::string& blob, std::string_view type, const std::string& annotations = {}) {
    const auto digest = Digest::of(as_bytes(blob));
    blobs_.emplace(digest.hex(), blob);
    return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + digest.text() + R"(","size":)" +
           std::to_string(blob.size()) + R"(,"annotations":{)" + annotations + "}}";
  }
  void list(const std::string& entry) { entries_ += (entries_.empty() ? "" : ",") + entry; }
  // An index of as many images as that, under the tag "1"; their manifests.
  std::vector<std::string> add_images(std::size_t count) {
    const std::string empty = entry_of("{}", "application/vnd.oci.empty.v1+json");
    std::vector<std::string> images;
    std::string children;
    for (std::size_t i = 0; i < count; ++i) {
      images.push_back(R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) + R"(","config":)" + empty +
                       R"(,"layers":[],"annotations":{"n":")" + std::to_string(i) + "\"}}");
      children += (i == 0 ? "" : ",") + entry_of(images.back(), kManifestType);
    }
    list(entry_of(index_of(children), kIndexType, R"("org.opencontainers.image.ref.name":"1")"));
    return images;
  }
  static std::string index_of(const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[)" + entries + "]}";
  }

  void write_folder(const TemporaryFolder& folder) const {
    for (const auto& [name, text] : files()) folder.put("layout/" + name, text);
  }
  void write_archive(const TemporaryFolder& folder) const {
    TarBytes tar;
    for (const auto& [name, text] : files()) tar.add({name, text});
    folder.put("layout.tar", tar.text());
    folder.put("layout.tar.gz", packed(Pack::gzip, tar.text()));
    folder.put("layout.tar.zst", packed(Pack::zstd, tar.text()));
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files{{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
                                             {"index.json", index_of(entries_)}};
    for (const auto& [hex, text] : blobs_) files["blobs/sha256/" + hex] = text;
    return files;
  }
  std::map<std::string, std::string> blobs_;
  std::string entries_;
};

// Of 4,096 entries and nearly 4 MiB, each naming one of few manifests: it packs into little.
void fill_index(Layout& layout, const std::vector<std::string>& images) {
  const auto padding = "\"padding\":\"" + std::string(700, 'x') + "\"";
  for (std::size_t i = 1; i < 4'096; ++i)
    layout.list(layout.entry_of(images[i % images.size()], kManifestType, padding));
}

// Runs the program over a layout, as a folder and packed.
class Scene {
 public:
  explicit Scene(const Layout& layout) {
    if (!program_) return;
    layout.write_folder(folder_);
    layout.write_archive(folder_);
    key_ = folder_.put("release.pub", TestSigner::generate().public_key().pem()).string();
  }
  [[nodiscard]] bool ready() const {
    if (!program_) WARN("SKIPPED: the program hallmark was not built");
    return program_.has_value();
  }
  // Every command that looks for what refers to images; `outcome` and `words` are what verify says.
  void check_all(const std::string& place, Outcome outcome, const std::string& words) {
    const auto prefix = place == "layout" ? "oci:" : "oci-archive:";
    const auto image = prefix + (folder_ / place).string() + ":1";
    check_refused(run({"verify", "--recursive", "--key", key_, image}), outcome, words);
    std::string list;
    for (int i = 0; i < 20; ++i) list += image + "\n";
    check_refused(run({"verify", "--key", key_, "--from-file", folder_.put("list", list).string()}), outcome, words);
    check_bounded(run({"tree", image}));
    check_bounded(run({"inspect", "-o", "json", image}));
  }
  void check_late(const std::string& command) {
    std::vector<std::string> arguments{command, "--timeout", "1ms", "oci:" + (folder_ / "layout").string() + ":1"};
    if (command == "verify") arguments.insert(arguments.end(), {"--key", key_});
    if (command == "copy") arguments.push_back("oci:" + (folder_ / "copied").string());
    check_refused(run(arguments), Outcome::unreachable, "reading it takes longer than 1 ms");
  }

 private:
  ProgramRun run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), *program_);
    CAPTURE(arguments);
    return run_program(arguments, {.environment = {{"HOME", folder_.path().string()}}});
  }
  void check_refused(const ProgramRun& run, Outcome outcome, const std::string& words) {
    check_bounded(run);
    CHECK(run.exit_code == exit_code(outcome));
    CHECK_THAT(run.err.substr(0, 1'000), Catch::Contains(words));
  }

  TemporaryFolder folder_;
  std::string key_;
  std::optional<std::string> program_ = built_hallmark();
};

const char* any_place() {
  if (sanitized) return "layout.tar.zst";
  return GENERATE("layout", "layout.tar", "layout.tar.gz", "layout.tar.zst");
}

}  // namespace

TEST_CASE("an index.json at its limits is no work for each of thousands of manifests [attack 20][attack 25]") {
  Layout layout;
  fill_index(layout, layout.add_images(2'000));
  Scene scene(layout);
  if (!scene.ready()) return;
  scene.check_all(any_place(), Outcome::unsigned_, "nothing signed this digest");
}

TEST_CASE("an index.json over its limits is refused at once [attack 20]") {
  Layout layout;
  const auto images = layout.add_images(10);
  for (std::size_t i = 0; i < 10'000; ++i) layout.list(layout.entry_of(images[i % 10], kManifestType));
  Scene scene(layout);
  if (!scene.ready()) return;
  scene.check_all(any_place(), Outcome::malformed, "more than 4096 manifests");
}

TEST_CASE("one long listing under the fallback tags of a thousand manifests is read once [attack 20]") {
  Layout layout;
  const auto images = layout.add_images(1'000);
  std::string entries;
  for (std::size_t i = 0; i < 4'000; ++i)
    entries += (i == 0 ? "" : ",") +
               layout.entry_of(images[i % images.size()], kManifestType, "\"p\":\"" + std::string(700, 'x') + "\"");
  for (const auto& image : images)
    layout.list(layout.entry_of(Layout::index_of(entries), kIndexType,
                                R"("org.opencontainers.image.ref.name":")" + Digest::of(as_bytes(image)).tag() + "\""));
  Scene scene(layout);
  if (!scene.ready()) return;
  scene.check_all(any_place(), Outcome::unsigned_, "nothing signed this digest");
}

TEST_CASE("manifests full of annotations are refused before they fill the memory [attack 20][attack 25]") {
  Layout layout;
  const auto images = layout.add_images(100);
  std::string annotations;
  for (int i = 0; i < 150'000; ++i) annotations += "\"" + std::to_string(i) + "\":\"\",";
  for (int i = 0; i < 20; ++i) {
    const auto& image = images[static_cast<std::size_t>(i)];
    const auto at = image.find("\"n\"");
    layout.list(layout.entry_of(image.substr(0, at) + annotations + image.substr(at), kManifestType));
  }
  Scene scene(layout);
  if (!scene.ready()) return;
  scene.check_all(any_place(), Outcome::malformed, "take more than 64 MiB together");
}

TEST_CASE("a layout that is not read through within --timeout ends every command [attack 25]") {
  Layout layout;
  fill_index(layout, layout.add_images(500));
  Scene scene(layout);
  if (!scene.ready()) return;
  for (const auto* command : {"verify", "inspect", "tree", "copy"}) {
    CAPTURE(command);
    scene.check_late(command);
  }
}
