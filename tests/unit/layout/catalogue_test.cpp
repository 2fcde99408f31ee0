#include "layout/catalogue.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace hallmark;
using layout::Catalogue;
using layout::EditableCatalogue;

namespace {

std::string digest(char digit) { return "sha256:" + std::string(64, digit); }

std::string entry(char digit, std::string_view annotations) {
  return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest(digit) +
         R"(","size":2,"urls":["https://registry.example/x"],"annotations":{)" + std::string(annotations) + "}}";
}

std::string named(char digit, std::string_view name) {
  return entry(digit, R"("org.opencontainers.image.ref.name":")" + std::string(name) + "\"");
}

EditableCatalogue catalogue(std::string_view entries) {
  const auto text = R"({"schemaVersion":2,"manifests":[)" + std::string(entries) + R"(],"annotations":{"kept":"yes"}})";
  auto parsed = EditableCatalogue::parse(as_bytes(text), "index.json");
  REQUIRE(parsed);
  return *std::move(parsed);
}

std::string found(const Catalogue& catalogue, std::string_view tag) {
  const auto entry = catalogue.find(tag);
  if (!entry) return entry.error().message();
  return *entry ? (*entry)->digest.hex().substr(0, 1) : "nothing";
}

}  // namespace

TEST_CASE("a tag is the name, the end of a full reference, or what containerd wrote") {
  const auto listed =
      catalogue(named('a', "1.4") + "," + named('b', "registry.example:5000/app:1.5") + "," +
                named('c', "registry.example/app:1.6@" + digest('c')) + "," +
                entry('d', R"("io.containerd.image.name":"docker.io/library/app:1.7")") + "," + named('e', "a/b:c/d"));
  CHECK(found(listed, "1.4") == "a");
  CHECK(found(listed, "1.5") == "b");
  CHECK(found(listed, "1.6") == "c");
  CHECK(found(listed, "1.7") == "d");
  CHECK(found(listed, "5000") == "nothing");
  CHECK(found(listed, "1") == "nothing");
  CHECK(listed.tags() == std::vector<std::string>{"1.4", "1.5", "1.6", "1.7"});
}

TEST_CASE("the very name stands before the end of a reference") {
  const auto listed = catalogue(named('a', "registry.example/app:1") + "," + named('b', "1"));
  CHECK(found(listed, "1") == "b");
}

TEST_CASE("a tag that names two manifests is refused") {
  CHECK_THAT(found(catalogue(named('a', "1") + "," + named('b', "1")), "1"),
             Catch::Contains("names several manifests"));
  CHECK_THAT(found(catalogue(named('a', "x/y:1") + "," + named('b', "z/y:1")), "1"),
             Catch::Contains("names several manifests"));
  CHECK(found(catalogue(named('a', "1") + "," + named('a', "1")), "1") == "a");
}

TEST_CASE("the entries of cosign save are told apart by their kind") {
  const auto of = [](std::string_view kind) {
    return R"("kind":"dev.cosignproject.cosign/)" + std::string(kind) +
           R"(","org.opencontainers.image.ref.name":"registry.example/app:1")";
  };
  const auto listed = catalogue(entry('a', of("image")) + "," + entry('b', of("sigs")) + "," + entry('c', of("atts")));
  CHECK(found(listed, "1") == "a");
  CHECK(found(listed, "sha256-" + std::string(64, 'a') + ".sig") == "b");
  CHECK(found(listed, "sha256-" + std::string(64, 'a') + ".att") == "c");
  CHECK(found(listed, "sha256-" + std::string(64, 'a') + ".sbom") == "nothing");
  CHECK(found(listed, "sha256-" + std::string(64, 'b') + ".sig") == "nothing");
  CHECK(listed.made_by_cosign());
  CHECK(listed.tags() == std::vector<std::string>{"1"});
}

TEST_CASE("an entry without a kind is nobody's signature") {
  const auto listed = catalogue(named('a', "1") + "," + entry('b', ""));
  for (const std::string suffix : {".sig", ".att", ".sbom", ".other", "."}) {
    CHECK(found(listed, "sha256-" + std::string(64, 'a') + suffix) == "nothing");
  }
}

TEST_CASE("what others wrote is kept when a tag is set") {
  auto listed = catalogue(named('a', "1") + "," + named('b', "2"));
  listed.set_tag({"application/vnd.oci.image.manifest.v1+json", *Digest::parse(digest('c')), 3}, "2");
  const auto text = listed.dump();
  REQUIRE(text);
  CHECK_THAT(*text, Catch::Contains(R"("urls":["https://registry.example/x"])") && Catch::Contains(R"("kept":"yes")"));
  const auto again = Catalogue::parse(as_bytes(*text), "index.json");
  REQUIRE(again);
  CHECK(found(*again, "1") == "a");
  CHECK(found(*again, "2") == "c");
  CHECK(again->entries().size() == 2);
}

TEST_CASE("entries without a name are added once and dropped when covered") {
  auto listed = catalogue(named('a', "1") + "," + entry('b', ""));
  const Descriptor fresh{"application/vnd.oci.image.manifest.v1+json", *Digest::parse(digest('c')), 3};
  listed.add(fresh);
  listed.add(fresh);
  CHECK(listed.entries().size() == 3);
  listed.drop_unnamed({*Digest::parse(digest('a')), *Digest::parse(digest('b')), fresh.digest});
  REQUIRE(listed.entries().size() == 1);
  CHECK(found(listed, "1") == "a");
}

TEST_CASE("an entry without a name gets one instead of a second entry") {
  auto listed = catalogue(entry('b', ""));
  listed.set_tag({"application/vnd.oci.image.manifest.v1+json", *Digest::parse(digest('b')), 2}, "1");
  CHECK(listed.entries().size() == 1);
  CHECK(found(listed, "1") == "b");
}

TEST_CASE("a layout holds no more manifests than its readers take") {
  auto listed = catalogue("");
  for (std::size_t i = 0; i <= limits::index_manifests; ++i) {
    const auto text = std::to_string(i);
    listed.add({"application/vnd.oci.image.manifest.v1+json", Digest::of(as_bytes(text)), 1});
  }
  CHECK(listed.dump().error().kind() == Outcome::usage);
}
