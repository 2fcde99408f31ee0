#include "keys/kms/aws_settings.h"

#include "unit/keys_aws/aws_fixture.h"

using namespace hallmark;
using keys::aws::Settings;
using test::check_failure;

namespace {

struct Fixture {
  test::TemporaryFolder home;
  test::KeyServices world;
  keys::Services services = world.services();
  Fixture() { services.home = home.path(); }
  Settings load() {
    auto settings = Settings::load(services);
    REQUIRE(settings);
    return *std::move(settings);
  }
};

}  // namespace

TEST_CASE("without variables and files the defaults hold") {
  Fixture f;
  const Settings settings = f.load();
  CHECK(settings.profile == "default");
  CHECK(settings.region.empty());
  CHECK(settings.kms.override.empty());
  CHECK_FALSE(settings.kms.fips);
  CHECK(settings.metadata.endpoint == "http://169.254.169.254");
  CHECK_FALSE(settings.metadata.disabled);
  CHECK(settings.tls().ca_files.empty());
  f.services.home.clear();
  CHECK(f.load().files.text() == "no shared files, as there is no home folder");
}

TEST_CASE("a profile sets what no variable does") {
  Fixture f;
  f.home.put(".aws/config",
             "[profile release]\nregion = eu-north-1\nuse_fips_endpoint = true\nca_bundle = /etc/corp.pem\n"
             "services = ours\nendpoint_url = https://all.corp.example\nec2_metadata_service_endpoint_mode = IPv6\n"
             "[services ours]\nkms =\n  endpoint_url = https://kms.corp.example\n");
  f.world.variables = {{"AWS_PROFILE", "release"}};
  Settings settings = f.load();
  CHECK(settings.region == "eu-north-1");
  CHECK(settings.kms.fips);
  CHECK(settings.sts.fips);
  CHECK(settings.kms.override == "https://kms.corp.example");
  CHECK(settings.sts.override == "https://all.corp.example");
  CHECK(settings.metadata.endpoint == "http://[fd00:ec2::254]");
  CHECK(settings.tls().ca_files == std::vector<std::filesystem::path>{"/etc/corp.pem"});
  f.world.variables.insert({{"AWS_REGION", "us-east-1"},
                            {"AWS_DEFAULT_REGION", "us-west-1"},
                            {"AWS_USE_FIPS_ENDPOINT", "FALSE"},
                            {"AWS_USE_DUALSTACK_ENDPOINT", "True"},
                            {"AWS_ENDPOINT_URL", "https://all.example"},
                            {"AWS_ENDPOINT_URL_STS", "https://sts.example"},
                            {"AWS_EC2_METADATA_DISABLED", "TRUE"},
                            {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/"}});
  settings = f.load();
  CHECK(settings.region == "us-east-1");
  CHECK_FALSE(settings.kms.fips);
  CHECK(settings.kms.dual_stack);
  CHECK(settings.kms.override == "https://all.example");
  CHECK(settings.sts.override == "https://sts.example");
  CHECK(settings.metadata.disabled);
  CHECK(settings.metadata.endpoint == "http://127.0.0.1:1338");
}

TEST_CASE("the shared files may lie elsewhere") {
  Fixture f;
  f.home.put("a/config", "[default]\nregion = eu-north-1\n");
  f.home.put("b/credentials", "[default]\nregion = eu-west-1\n");
  f.world.variables = {{"AWS_CONFIG_FILE", "~/a/config"}};
  CHECK(f.load().region == "eu-north-1");
  f.world.variables["AWS_SHARED_CREDENTIALS_FILE"] = (f.home / "b/credentials").string();
  CHECK(f.load().region == "eu-west-1");
  f.world.variables["AWS_CONFIG_FILE"] = "/nowhere/config";
  CHECK(f.load().region == "eu-west-1");
}

TEST_CASE("settings that cannot be followed are named") {
  Fixture f;
  SECTION("a profile that is nowhere") {
    f.world.variables = {{"AWS_PROFILE", "release"}};
    check_failure(Settings::load(f.services).error(), Cause::no_credentials, "the profile release is not in");
  }
  SECTION("a switch that is neither") {
    f.world.variables = {{"AWS_USE_FIPS_ENDPOINT", "yes"}};
    check_failure(Settings::load(f.services).error(), Cause::unsupported, "neither true nor false but yes");
  }
  SECTION("a file that cannot be read") {
    std::filesystem::create_directories(f.home / ".aws/config");
    check_failure(Settings::load(f.services).error(), Cause::no_credentials, "config");
  }
  SECTION("a file that is no such file") {
    f.home.put(".aws/credentials", "[default]\nhush\n");
    check_failure(Settings::load(f.services).error(), Cause::no_credentials, "line 2");
  }
  SECTION("a file that is too large") {
    f.home.put(".aws/config", std::string((1u << 20) + 1, '#'));
    check_failure(Settings::load(f.services).error(), Cause::no_credentials, "config");
  }
}
