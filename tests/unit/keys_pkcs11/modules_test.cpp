#include "keys/pkcs11/modules.h"

#include <sys/stat.h>

#include <fstream>

#include "odd_fixture.h"
#include "support/temporary_folder.h"

namespace hallmark::test {
namespace {

using Catch::Contains;
using keys::token::Kit;
using keys::token::Modules;

TEST_CASE("a module that others could have put there is not loaded") {
  const Kit& kit = **Kit::load();
  const TemporaryFolder folder;
  const auto file = folder.path() / "module.so";
  std::filesystem::copy_file(HALLMARK_ODD_TOKEN, file);
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
  CHECK(Modules::of_file(kit, file));
  SECTION("a file that the group can change") {
    REQUIRE(::chmod(file.c_str(), 0775) == 0);
    CHECK_THAT(Modules::of_file(kit, file).error().message(), Contains("can be changed by others"));
  }
  SECTION("a folder that anybody can change") {
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    CHECK(Modules::of_file(kit, file).error().cause() == Cause::access_denied);
    REQUIRE(::chmod(folder.path().c_str(), 01777) == 0);
    CHECK(Modules::of_file(kit, file));
  }
  SECTION("a link is followed before it is judged") {
    std::filesystem::create_symlink(file, folder.path() / "link.so");
    CHECK(Modules::of_file(kit, folder.path() / "link.so"));
    REQUIRE(::chmod(file.c_str(), 0757) == 0);
    CHECK(!Modules::of_file(kit, folder.path() / "link.so"));
  }
}

TEST_CASE("what is no module is told so") {
  const Kit& kit = **Kit::load();
  const TemporaryFolder folder;
  const auto text = folder.path() / "text.so";
  std::ofstream(text) << "no library";
  REQUIRE(::chmod(text.c_str(), 0644) == 0);
  struct Case {
    std::string path;
    Cause cause;
    const char* says;
  };
  for (const Case& one : {Case{folder.path() / "missing.so", Cause::not_found, "No such file"},
                          Case{folder.path(), Cause::access_denied, "not a regular file"},
                          Case{text, Cause::unsupported, "cannot be loaded"}}) {
    CAPTURE(one.path);
    const auto modules = Modules::of_file(kit, one.path);
    REQUIRE(!modules);
    CHECK(modules.error().cause() == one.cause);
    CHECK_THAT(modules.error().message(), Contains(one.says));
  }
}

TEST_CASE("a module has the name of its file, without affixes and case") {
  const keys::token::Module module{nullptr, "soft", "/usr/lib/softhsm/libsofthsm2.so.1"};
  CHECK(has_name(module, "softhsm2"));
  CHECK(has_name(module, "SoftHSM2"));
  CHECK(has_name(module, "soft"));
  CHECK(!has_name(module, "libsofthsm2"));
  CHECK(!has_name(module, "softhsm"));
}

}  // namespace
}  // namespace hallmark::test
