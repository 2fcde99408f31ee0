#include "keys/pkcs11/pin.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "support/key_services.h"
#include "support/temporary_folder.h"

namespace hallmark::keys::token {
namespace {

using Catch::Contains;

TokenUri uri_with(const std::string& query) {
  return *TokenUri::parse(**Kit::load(), "pkcs11:token=t;object=o" + (query.empty() ? "" : "?" + query));
}

std::string write(const test::TemporaryFolder& folder, const std::string& text, ::mode_t mode = 0600) {
  const std::string path = (folder.path() / "pin").string();
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

TEST_CASE("a PIN is looked for in the reference, its file, and two variables, in this order") {
  test::KeyServices world;
  const auto services = world.services();
  const test::TemporaryFolder folder;
  CHECK(!*pin_at_hand(uri_with(""), services));
  world.variables["COSIGN_PKCS11_PIN"] = "theirs";
  CHECK((*pin_at_hand(uri_with(""), services))->value.text() == "theirs");
  world.variables["HALLMARK_PIN"] = "ours";
  CHECK((*pin_at_hand(uri_with(""), services))->value.text() == "ours");
  const auto file = pin_at_hand(uri_with("pin-source=file:" + write(folder, "of the file\n")), services);
  CHECK((*file)->value.text() == "of the file");
  CHECK((*pin_at_hand(uri_with("pin-value=given"), services))->value.text() == "given");
}

TEST_CASE("a PIN's file that others can read, or that is none, is refused") {
  test::KeyServices world;
  const auto services = world.services();
  const test::TemporaryFolder folder;
  struct Case {
    std::string text;
    ::mode_t mode;
    const char* says;
  };
  const auto [text, mode, says] = GENERATE(values<Case>({
      {"hush", 0644, "others can read it"},
      {"hush", 0640, "others can read it"},
      {"", 0600, "empty"},
      {"\n", 0600, "empty"},
      {std::string(5000, 'h'), 0600, "4096"},
  }));
  CAPTURE(mode, text.size());
  const auto pin = pin_at_hand(uri_with("pin-source=file:" + write(folder, text, mode)), services);
  REQUIRE(!pin);
  CHECK(pin.error().cause() == Cause::no_credentials);
  CHECK_THAT(pin.error().message(), Contains(says) && !Contains("hush"));
}

TEST_CASE("a PIN's file that is not there, or a folder, is told by its name") {
  test::KeyServices world;
  const auto services = world.services();
  const test::TemporaryFolder folder;
  CHECK_THAT(pin_at_hand(uri_with("pin-source=file:/nowhere/pin"), services).error().message(),
             Contains("/nowhere/pin") && Contains("No such file"));
  CHECK_THAT(pin_at_hand(uri_with("pin-source=" + folder.path().string()), services).error().message(),
             Contains("not a regular file"));
}

TEST_CASE("where nobody can be asked, the message says where was looked") {
  test::KeyServices world;
  auto services = world.services();
  const auto nobody = ask_for_pin("token \"t\"", services);
  REQUIRE(!nobody);
  CHECK(nobody.error().cause() == Cause::no_credentials);
  CHECK_THAT(nobody.error().message(),
             Contains("pin-source") && Contains("HALLMARK_PIN") && Contains("COSIGN_PKCS11_PIN"));
  services.password = [](std::string_view) -> Result<Secret> { return fail(Outcome::key, "there is no terminal"); };
  CHECK_THAT(ask_for_pin("token \"t\"", services).error().message(), Contains("there is no terminal"));
  services.password = [](std::string_view) -> Result<Secret> { return Secret(); };
  CHECK_THAT(ask_for_pin("token \"t\"", services).error().message(), Contains("empty PIN"));
}

}  // namespace
}  // namespace hallmark::keys::token
