#include "cmd/containerd_verifier/reach.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "support/temporary_folder.h"

using namespace hallmark;

namespace {

Repository repository(const char* text) { return Repository::parse(text).value(); }

bool has(const std::vector<std::filesystem::path>& paths, const std::filesystem::path& path) {
  return std::ranges::find(paths, path) != paths.end();
}

}  // namespace

TEST_CASE("the worker may read the settings of every host, and what they name or link to") {
  const test::TemporaryFolder folder;
  folder.put("elsewhere/hosts.toml",
             "ca = \"/opt/corp/ca.pem\"\nclient = [[\"/opt/corp/c.pem\", \"/opt/corp/c.key\"]]\n");
  folder.put("certs.d/tokens.example/hosts.toml", "[host.\"https://mirror.example\"]\n  ca = \"own.pem\"\n");
  folder.put("certs.d/broken.example/hosts.toml", "[");
  std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "certs.d/registry.example");
  RegistryOptions options;
  options.certs_dirs = {folder / "certs.d", folder / "not-there"};
  const cmd::Reach reach(options, {repository("registry.example/shop/api")});
  for (const auto& path :
       {folder / "certs.d", folder / "certs.d/registry.example", folder / "certs.d/registry.example/hosts.toml",
        folder / "certs.d/tokens.example/own.pem", folder / "certs.d/broken.example"})
    CHECK(has(reach.readable(), path));
  for (const char* path : {"/opt/corp/ca.pem", "/opt/corp/c.pem", "/opt/corp/c.key"})
    CHECK(has(reach.readable(), path));
}

TEST_CASE("a login is told of the image's own places alone [attack 33]") {
  const test::TemporaryFolder folder;
  RegistryOptions options;
  options.auth_files = {
      folder.put("auth.json", R"({"auths":{"registry.example":{"auth":"YTpi"},"other.example":{"auth":"YTpi"}}})")};
  std::filesystem::permissions(options.auth_files.front(), std::filesystem::perms::owner_read);
  cmd::Reach reach(options, {repository("registry.example/shop/api")});
  const auto ours = reach.login("registry.example", "shop/api");
  REQUIRE(ours);
  REQUIRE(*ours);
  CHECK((*ours)->user == "a");
  for (const auto& [host, path] :
       {std::pair("other.example", "shop/api"), std::pair("registry.example", "shop/other")}) {
    const auto theirs = reach.login(host, path);
    REQUIRE_FALSE(theirs);
    CHECK(theirs.error().kind() == Outcome::internal);
    CHECK_THAT(theirs.error().message(), Catch::Contains("none of its business"));
  }
}
