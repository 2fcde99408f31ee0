#include "cmd/common/local_stores.h"

#include <catch2/catch.hpp>

#include "support/image_maker.h"
#include "support/temporary_folder.h"

using namespace hallmark;
using namespace hallmark::test;
using hallmark::cmd::ImageName;
using hallmark::cmd::LocalStores;

namespace {

Descriptor write_archive(const std::filesystem::path& file, std::string_view word) {
  const auto archive = must(ArchiveStore::open(file, OpenMode::write));
  const auto image = put_image(*archive, word, "1");
  must(archive->finish());
  return image;
}

}  // namespace

TEST_CASE("images that lie in one archive share it while it is the same") {
  const TemporaryFolder folder;
  const auto first = write_archive(folder / "a.tar", "amd64");
  const auto name = must(ImageName::parse("oci-archive:" + (folder / "a.tar").string() + ":1"));
  const auto again = must(ImageName::parse("oci-archive:" + (folder / "a.tar").string() + "@" + first.digest.text()));
  LocalStores stores;
  const auto store = must(stores.open(name, {}));
  CHECK(must(stores.open(again, {})) == store);
  const auto second = write_archive(folder / "a.tar", "arm64");
  CHECK(must(store->resolve("1")).digest == first.digest);
  const auto newer = must(stores.open(name, {}));
  CHECK(newer != store);
  CHECK(must(newer->resolve("1")).digest == second.digest);
}

TEST_CASE("the last place is kept open until another, or until it is released") {
  const TemporaryFolder folder;
  write_archive(folder / "a.tar", "amd64");
  put_image(*must(open_layout(folder / "l", OpenMode::write)), "amd64", "1");
  const auto archive = must(ImageName::parse("oci-archive:" + (folder / "a.tar").string()));
  const auto layout = must(ImageName::parse("oci:" + (folder / "l").string()));
  LocalStores stores;
  std::weak_ptr<LayoutStore> open = must(stores.open(archive, {}));
  CHECK_FALSE(open.expired());
  std::weak_ptr<LayoutStore> next = must(stores.open(layout, {}));
  CHECK(open.expired());
  CHECK_FALSE(next.expired());
  stores.release();
  CHECK(next.expired());
}

TEST_CASE("what is not there is said each time, and found once it is") {
  const TemporaryFolder folder;
  const auto name = must(ImageName::parse("oci-archive:" + (folder / "a.tar").string()));
  LocalStores stores;
  CHECK(stores.open(name, {}).error().kind() == Outcome::not_found);
  CHECK(stores.open(name, {}).error().kind() == Outcome::not_found);
  write_archive(folder / "a.tar", "amd64");
  CHECK(stores.open(name, {}));
}
