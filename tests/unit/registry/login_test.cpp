#include "hallmark/login.h"

#include <sys/stat.h>

#include <chrono>

#include "registry/credential_source.h"
#include "unit/registry/fixture.h"

using namespace hallmark;
using registry::CredentialHelper;
using test::TemporaryFolder;
using test::text_of;

namespace {

// A helper in shell that keeps what it is given in a file beside it.
constexpr auto* kHelper = R"(#!/bin/sh
store=$STORE_FILE
case "$1" in
  store) cat > "$store" ;;
  get) read -r server
       [ -f "$store" ] || { echo "credentials not found in native keychain"; exit 1; }
       cat "$store" ;;
  erase) rm -f "$store" ;;
esac
)";

std::filesystem::path helper(const TemporaryFolder& folder, const std::string& name, std::string_view script) {
  auto file = folder.put("bin/docker-credential-" + name, script);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

LoginOptions options_in(const TemporaryFolder& folder) {
  LoginOptions options;
  options.auth_file = folder / "docker/config.json";
  options.helper_path = (folder / "bin").string() + ":/usr/bin:/bin";
  options.helper_environment = {{"STORE_FILE", (folder / "kept").string()}};
  return options;
}

registry::HelperOptions helper_options(const TemporaryFolder& folder, std::chrono::milliseconds patience) {
  const auto login = options_in(folder);
  return {login.helper_path, login.helper_environment, patience};
}

std::string found(const LoginOptions& login, const std::string& host) {
  RegistryOptions options;
  options.auth_files = {login.auth_file};
  options.helper_path = login.helper_path;
  options.helper_environment = login.helper_environment;
  const auto source = registry::CredentialSource::open(options);
  REQUIRE(source);
  const auto credential = source->find(host, "shop/api");
  REQUIRE(credential);
  if (!*credential) return "nothing";
  return (*credential)->user + "/" + std::string((*credential)->password.text());
}

}  // namespace

TEST_CASE("login keeps user and password where the peers look, and logout forgets them") {
  const TemporaryFolder folder;
  auto options = options_in(folder);
  options.helper_path.clear();
  folder.put("docker/config.json",
             R"({"auths":{"other.example":{"auth":"x","x-extra":[1,2]}},"HttpHeaders":{"A":"b"},"proxies":{"n":1}})");
  const auto place = store_login("registry.example:5000", "alice", Secret::copy_of("s:3cret"), options);
  REQUIRE(place);
  CHECK(place->plain_text);
  CHECK(place->text == options.auth_file.string());
  struct ::stat info{};
  REQUIRE(::stat(options.auth_file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(found(options, "registry.example:5000") == "alice/s:3cret");
  CHECK(found(options, "registry.example") == "nothing");
  CHECK_THAT(text_of(options.auth_file), Catch::Contains("x-extra") && Catch::Contains("HttpHeaders"));
  CHECK(erase_login("registry.example:5000", options) == true);
  CHECK(found(options, "registry.example:5000") == "nothing");
  CHECK(erase_login("registry.example:5000", options) == false);
  CHECK_THAT(text_of(options.auth_file), Catch::Contains("other.example"));
}

TEST_CASE("login makes the file and its folder, and writes Docker Hub as docker does") {
  const TemporaryFolder folder;
  auto options = options_in(folder);
  options.helper_path.clear();
  REQUIRE(store_login("registry-1.docker.io", "alice", Secret::copy_of("pw"), options));
  CHECK_THAT(text_of(options.auth_file), Catch::Contains("\"https://index.docker.io/v1/\""));
  CHECK(found(options, "docker.io") == "alice/pw");
  REQUIRE(store_login("docker.io", "bob", Secret::copy_of("pw"), options));
  CHECK(found(options, "index.docker.io") == "bob/pw");
  CHECK(erase_login("docker.io", options) == true);
  CHECK(found(options, "docker.io") == "nothing");
}

TEST_CASE("login through a credential helper leaves no password in the file") {
  const TemporaryFolder folder;
  const auto options = options_in(folder);
  helper(folder, "test", kHelper);
  folder.put("docker/config.json", R"({"credsStore":"test","auths":{"r.example":{"auth":"b2xkOm9sZA=="}}})");
  CHECK(found(options, "r.example") == "old/old");
  const auto place = store_login("r.example", "alice", Secret::copy_of("s3cret"), options);
  REQUIRE(place);
  CHECK(place->text == "docker-credential-test");
  CHECK_FALSE(place->plain_text);
  CHECK_THAT(text_of(options.auth_file), !Catch::Contains("b2xkOm9sZA"));
  CHECK(text_of(folder / "kept") == R"({"ServerURL":"r.example","Username":"alice","Secret":"s3cret"})");
  CHECK(found(options, "r.example") == "alice/s3cret");
  CHECK(erase_login("r.example", options) == true);
  CHECK(found(options, "r.example") == "nothing");
}

TEST_CASE("what cannot be a login is a usage error, and a broken file is left as it is") {
  const TemporaryFolder folder;
  auto options = options_in(folder);
  options.helper_path.clear();
  const Secret password = Secret::copy_of("pw");
  CHECK(store_login("https://r.example", "a", password, options).error().kind() == Outcome::usage);
  CHECK(store_login("r.example/shop", "a", password, options).error().kind() == Outcome::usage);
  CHECK(store_login("", "a", password, options).error().kind() == Outcome::usage);
  CHECK(store_login("r.example", "a:b", password, options).error().kind() == Outcome::usage);
  CHECK(store_login("r.example", "", password, options).error().kind() == Outcome::usage);
  CHECK(store_login("r.example", "a", Secret(), options).error().kind() == Outcome::usage);
  folder.put("docker/config.json", "{broken");
  CHECK(store_login("r.example", "a", password, options).error().kind() == Outcome::config);
  CHECK(text_of(options.auth_file) == "{broken");
}

TEST_CASE("a link to the file stays a link") {
  const TemporaryFolder folder;
  auto options = options_in(folder);
  options.helper_path.clear();
  folder.put("real.json", "{}");
  std::filesystem::create_directories(folder / "docker");
  std::filesystem::create_symlink(folder / "real.json", options.auth_file);
  REQUIRE(store_login("r.example", "a", Secret::copy_of("pw"), options));
  CHECK(std::filesystem::is_symlink(options.auth_file));
  CHECK_THAT(text_of(folder / "real.json"), Catch::Contains("r.example"));
}

TEST_CASE("a helper is bounded in time, output and what it may be called [attack 33]") {
  using namespace std::chrono_literals;
  const TemporaryFolder folder;
  const auto get = [&](const std::string& script, std::chrono::milliseconds patience = 5s) {
    helper(folder, "test", "#!/bin/sh\n" + script + "\n");
    return CredentialHelper::find("test", helper_options(folder, patience))->get("r.example");
  };
  CHECK_THAT(get("sleep 30", 200ms).error().message(), Catch::Contains("did not answer in time"));
  CHECK_THAT(get("exec >&-; sleep 30", 200ms).error().message(), Catch::Contains("did not end in time"));
  CHECK_THAT(get("yes | head -c 1000000").error().message(), Catch::Contains("more than is allowed"));
  CHECK_THAT(get("exit 3").error().message(), Catch::Contains("exit code 3"));
  CHECK_THAT(get("kill -9 $$").error().message(), Catch::Contains("exit code 137"));
  CHECK_THAT(get("echo '[]'").error().message(), Catch::Contains("not a JSON object"));
  CHECK_THAT(get("echo '{\"Username\":1}'").error().message(), Catch::Contains("no Username and Secret"));
  CHECK(get("exit 3").error().kind() == Outcome::unauthorized);
  CHECK_FALSE(get("echo 'credentials not found in native keychain'; exit 1")->has_value());
  CHECK((*get(R"(echo '{"Username":"<token>","Secret":"refresh"}')"))->identity_token.text() == "refresh");
  CHECK((*get(R"(echo "{\"Username\":\"$HOME-$STORE_FILE-x\",\"Secret\":\"$(cat)\"}")"))->user ==
        "-" + (folder / "kept").string() + "-x");  // no HOME, no inherited environment
  for (const auto* name : {"", "../x", "a/b", "-x", ".x", "a b", "a;b"}) {
    CAPTURE(name);
    CHECK(CredentialHelper::find(name, helper_options(folder, 1s)).error().kind() == Outcome::config);
  }
  CHECK_THAT(CredentialHelper::find("absent", helper_options(folder, 1s)).error().message(),
             Catch::Contains("docker-credential-absent is not in PATH"));
  CHECK_FALSE(CredentialHelper::find("test", {"bin:.:", {}, 1s}));  // relative folders are not searched
}
